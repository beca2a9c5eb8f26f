// Moving the shared border of two grids, vertex by vertex, at the precision of the register.
const L = window.L;
const NUDGE = { ArrowUp: [0, -1], ArrowDown: [0, 1], ArrowLeft: [-1, 0], ArrowRight: [1, 0] };

export class Handles {
  constructor(desk) {
    this.desk = desk;
    this.layer = L.layerGroup().addTo(desk.map);
    this.moves = new Map();
  }

  clear() {
    this.asked?.abort();
    this.layer.clearLayers();
    this.moves.clear();
  }

  // Show a handle at every vertex that the two grids of a border share.
  async open(arc) {
    this.clear();
    const { ground } = this.desk;
    const { left, right } = ground.borders;
    const codes = [left[arc], right[arc]].filter((i) => i >= 0).map((i) => ground.codes[i]);
    this.asked = new AbortController();
    try {
      const grids = await Promise.all(codes.map((code) => fetchGrid(code, ground.asOf, this.asked.signal)));
      this.show(shared(grids));
    } catch (error) {
      if (error.name !== "AbortError") this.desk.emit("failed", { error });
    }
  }

  show(places) {
    for (const [lon, lat] of places) {
      const icon = L.divIcon({ className: "desk-handle", html: false, iconSize: [16, 16] });
      const handle = L.marker([lat, lon], { icon, draggable: true, autoPan: true, title: this.desk.words.handle ?? "" }).addTo(this.layer);
      handle.on("dragend", () => this.moved(lon, lat, handle.getLatLng()));
      handle.getElement().addEventListener("keydown", (event) => this.nudge(event, handle, lon, lat));
    }
  }

  nudge(event, handle, lon, lat) {
    const by = NUDGE[event.key];
    if (!by) return;
    event.preventDefault();
    event.stopPropagation();
    const { map } = this.desk;
    handle.setLatLng(map.containerPointToLatLng(map.latLngToContainerPoint(handle.getLatLng()).add(by)));
    this.moved(lon, lat, handle.getLatLng());
  }

  // Every move since the border was opened, from where the register has the vertex to where it is now.
  moved(lon, lat, to) {
    this.moves.set(`${lon} ${lat}`, [lon, lat, round(to.lng), round(to.lat)]);
    this.desk.emit("moved", { moves: [...this.moves.values()] });
  }
}

const round = (degrees) => Math.round(degrees * 1e7) / 1e7;

async function fetchGrid(code, asOf, signal) {
  const query = new URLSearchParams({ as_of: asOf });
  const answer = await fetch(`/api/v1/grids/${encodeURIComponent(code)}?${query}`, { signal, credentials: "same-origin" });
  if (!answer.ok) throw Object.assign(new Error(`${answer.status} ${code}`), { status: answer.status });
  return (await answer.json()).geometry;
}

// The vertices that all of some polygons have, each once.
export function shared(geometries) {
  const lists = geometries.map((geometry) => {
    const polygons = geometry.type === "Polygon" ? [geometry.coordinates] : geometry.coordinates;
    return new Map(polygons.flat(2).map((place) => [place.join(), place]));
  });
  return [...lists[0].entries()].filter(([key]) => lists.every((list) => list.has(key))).map(([, place]) => place);
}
