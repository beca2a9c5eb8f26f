// Maps of issues: the ground below, and points whose shape and colour both say the light.
const L = window.L;
const GRID = { color: "#9db9cb", weight: 1, fillColor: "#e3edf3", fillOpacity: 0.8 };
const ROAD = { color: "#ffffff", weight: 2, opacity: 0.95 };
const CLOSED = ["closed_out", "refused", "merged"];
export const COLOURS = { green: "#2b8a68", yellow: "#e0a100", red: "#c2310c" };

// What is closed or has no running clock is hollow; red is a diamond, yellow a triangle.
L.Canvas.include({
  _drawIssue(layer) {
    const ctx = this._ctx;
    const { x, y } = layer._point;
    const r = layer._radius;
    const { light, hollow, looked } = layer.options;
    ctx.beginPath();
    if (light === "red") {
      for (const [dx, dy] of [[0, -1.25], [1.25, 0], [0, 1.25], [-1.25, 0]]) ctx.lineTo(x + dx * r, y + dy * r);
    } else if (light === "yellow") {
      for (const [dx, dy] of [[0, -1.3], [1.25, 0.9], [-1.25, 0.9]]) ctx.lineTo(x + dx * r, y + dy * r);
    } else {
      ctx.arc(x, y, r, 0, 2 * Math.PI);
    }
    ctx.closePath();
    ctx.fillStyle = hollow ? "#ffffff" : COLOURS[light] || "#6a7885";
    ctx.fill();
    ctx.lineWidth = looked ? 4 : 1.6;
    ctx.strokeStyle = looked ? "#10375c" : hollow ? "#6a7885" : "#ffffff";
    ctx.stroke();
  },
});
const IssueMark = L.CircleMarker.extend({
  _updatePath() {
    if (this._renderer._drawing && !this._empty()) this._renderer._drawIssue(this);
  },
});

export function mapIn(holder) {
  const map = L.map(holder, { attributionControl: false, zoomSnap: 0.25, maxZoom: 20, preferCanvas: false });
  L.control.scale({ imperial: false }).addTo(map);
  map.createPane("roads").style.zIndex = 410;
  map.createPane("issues").style.zIndex = 450;
  map.setView([40, 105], 4);
  return map;
}

// Draws grids and roads; returns what they cover.
export function drawGround(map, collection, { mine = () => false } = {}) {
  const renderer = L.canvas({ padding: 0.3 });
  const own = [];
  const kind = (feature) => feature.properties.layer;
  const grids = L.geoJSON(collection, {
    filter: (feature) => kind(feature) === "grids",
    renderer,
    style: (feature) => (mine(feature) ? { ...GRID, color: "#10375c", weight: 2.5, fillColor: "#cfe0eb" } : GRID),
    interactive: false,
    onEachFeature: (feature, shape) => { if (mine(feature)) own.push(shape); },
  }).addTo(map);
  for (const shape of own) shape.bringToFront();
  const roads = L.canvas({ pane: "roads", padding: 0.3 });
  L.geoJSON(collection, {
    filter: (feature) => kind(feature) === "roads",
    renderer: roads,
    pane: "roads",
    style: () => ROAD,
    interactive: false,
  }).addTo(map);
  return grids.getBounds();
}

export function issueMark(point, { renderer, radius = 6 } = {}) {
  const [issueId, lon, lat, number, category, state, light] = point;
  const shown = CLOSED.includes(state) || ["rectified", "reinspected", "suspended", "reported"].includes(state) ? null : light;
  const mark = new IssueMark([lat, lon], {
    renderer,
    pane: "issues",
    radius,
    light: shown,
    hollow: shown === null,
    looked: false,
  });
  mark.issue = { issueId, number, category, state, light: shown };
  return mark;
}

export function redraw(mark, looked) {
  mark.options.looked = looked;
  if (looked) mark.bringToFront();
  mark.redraw();
}

// A popup's words are text, never markup.
export function tip(lines, href, open) {
  const box = document.createElement("div");
  box.className = "tip issue-tip";
  for (const [tag, text] of lines) {
    if (!text) continue;
    const line = document.createElement(tag);
    line.textContent = text;
    box.append(line);
  }
  if (href) {
    const link = document.createElement("a");
    link.href = href;
    link.textContent = open;
    box.append(link);
  }
  return box;
}
