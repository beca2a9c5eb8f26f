// The map of the phone: our own grids, roads, points and compounds, drawn from what was stored. No tiles.
import { make } from "../desk/elements.js";
import { linesOf, polygonsOf } from "./locate.js";
import { say } from "../desk/words.js";

const { L } = window;
const LOOKS = {
  community: { color: "#465666", weight: 3, dashArray: "8 5", fill: false },
  other: { color: "#8696a3", weight: 1, fillColor: "#ffffff", fillOpacity: 1 },
  mine: { color: "#10375c", weight: 3, fillColor: "#a9cfe8", fillOpacity: 1 },
  compound: { color: "#7d8b97", weight: 1, dashArray: "3 3", fillColor: "#e2d7c5", fillOpacity: 0.7 },
  casing: { color: "#5c6b78", weight: 7, opacity: 1 },
  road: { color: "#ffffff", weight: 5, opacity: 1 },
  mineRoad: { color: "#c2410c", weight: 6, opacity: 0.95 },
  walked: { color: "#1f6f54", weight: 6, opacity: 1 },
  point: { radius: 7, color: "#465666", weight: 2, fillColor: "#ffffff", fillOpacity: 1 },
  minePoint: { radius: 9, color: "#ffffff", weight: 2, fillColor: "#10375c", fillOpacity: 1 },
  duePoint: { radius: 10, color: "#ffffff", weight: 2.5, fillColor: "#c2410c", fillOpacity: 1 },
  accuracy: { color: "#1467c8", weight: 1, fillColor: "#1467c8", fillOpacity: 0.16 },
  me: { radius: 9, color: "#ffffff", weight: 3, fillColor: "#1467c8", fillOpacity: 1 },
  pinned: { radius: 6, color: "#ffffff", weight: 2, fillColor: "#a63a08", fillOpacity: 1 },
};
const SHOWN_FROM = { grid: 14.5, road: 15.5, compound: 16.5, point: 16 };
const LABELS = 60;
const ROOM = { x: 84, y: 30 };
const CLOSE = 17;

const flip = ([lon, lat]) => [lat, lon];
const still = (geometry) => geometry && { type: "Feature", geometry, properties: {} };

function middle(geometry) {
  if (geometry.type === "Point") return geometry.coordinates;
  const rings = geometry.type.endsWith("Polygon") ? polygonsOf(geometry).map(([outer]) => outer) : linesOf(geometry);
  const longest = rings.reduce((most, ring) => (ring.length > most.length ? ring : most));
  if (!geometry.type.endsWith("Polygon")) return longest.length > 2 ? longest[Math.floor(longest.length / 2)] : [0, 1].map((axis) => (longest[0][axis] + longest[1][axis]) / 2);
  const box = (axis, pick) => pick(...longest.map((corner) => corner[axis]));
  return [0, 1].map((axis) => (box(axis, Math.min) + box(axis, Math.max)) / 2);
}

export class FieldMap {
  constructor(element, { controls = true } = {}) {
    this.map = L.map(element, {
      attributionControl: false, zoomControl: false, zoomSnap: 0.5, maxZoom: 20, minZoom: 8,
      renderer: L.canvas({ padding: 0.4, tolerance: 12 }), fadeAnimation: false,
    });
    this.map.setView([36, 104], 4);
    if (controls) L.control.scale({ imperial: false, position: "topleft" }).addTo(this.map);
    this.layers = L.layerGroup().addTo(this.map);
    this.walked = L.layerGroup().addTo(this.map);
    this.labels = L.layerGroup().addTo(this.map);
    this.me = L.layerGroup().addTo(this.map);
    this.named = [];
    this.map.on("moveend zoomend resize", () => this.label());
    this.observer = new ResizeObserver(() => this.resized());
    this.observer.observe(element);
  }

  draw(pack) {
    this.layers.clearLayers();
    const add = (collection, look) => {
      for (const { geometry, properties } of collection.features) if (geometry) this.add(geometry, look(properties));
    };
    add({ features: pack.grids.features.filter(({ properties }) => !properties.mine) }, () => LOOKS.other);
    add({ features: pack.grids.features.filter(({ properties }) => properties.mine) }, () => LOOKS.mine);
    add(pack.compounds, () => LOOKS.compound);
    add(pack.communities, () => LOOKS.community);
    add(pack.roads, () => LOOKS.casing);
    add(pack.roads, ({ mine }) => (mine?.length ? LOOKS.mineRoad : LOOKS.road));
    add(pack.points, ({ mine, due }) => (mine ? (due ? LOOKS.duePoint : LOOKS.minePoint) : LOOKS.point));
    this.named = this.namesOf(pack);
    this.pack = pack;
    this.overview();
    this.label();
  }

  resized() {
    this.map.invalidateSize({ pan: false });
    this.overview();
  }

  // Whoever has the phone next does not see whose ground it was.
  clear() {
    for (const layer of [this.layers, this.walked, this.labels, this.me]) layer.clearLayers();
    this.named = [];
    this.pack = null;
    this.shown = false;
  }

  add(geometry, look) {
    L.geoJSON(still(geometry), {
      interactive: false, style: () => look, pointToLayer: (_, at) => L.circleMarker(at, { ...look, interactive: false }),
    }).addTo(this.layers);
  }

  // One's own grids, else the whole ground; once, and not before there is room for them.
  overview() {
    const { pack } = this;
    if (this.shown || !pack || !this.map.getSize().x) return;
    const own = pack.grids.features.filter(({ properties }) => properties.mine);
    const shown = L.geoJSON((own.length ? own : pack.grids.features).map(({ geometry }) => still(geometry)));
    const box = shown.getBounds();
    if (!box.isValid()) return;
    this.shown = true;
    this.map.fitBounds(box.pad(0.08), { animate: false, maxZoom: 18 });
  }

  namesOf({ grids, roads, points, compounds }) {
    const named = (kind, collection, text) => collection.features
      .filter(({ geometry }) => geometry)
      .map(({ geometry, properties }) => ({ kind, at: middle(geometry), mine: Boolean(properties.mine?.length ?? properties.mine), ...text(properties) }));
    return [
      ...named("grid", grids, ({ name, code, mine, unit_name: unit }) => ({ text: name || code, under: mine ? "" : unit || say("nobody") })),
      ...named("point", points, ({ name }) => ({ text: name })),
      ...named("road", roads, ({ name }) => ({ text: name })),
      ...named("compound", compounds, ({ name }) => ({ text: name })),
    ].sort((a, b) => b.mine - a.mine);
  }

  // Names of what is in sight, one's own first, none over another.
  label() {
    this.labels.clearLayers();
    const [zoom, box] = [this.map.getZoom(), this.map.getBounds()];
    const taken = [];
    for (const { kind, at, text, under, mine } of this.named) {
      if (taken.length >= LABELS) return;
      if (zoom < SHOWN_FROM[kind] || !text || !box.contains(flip(at))) continue;
      const spot = this.beside(this.map.latLngToContainerPoint(flip(at)).add([0, kind === "point" ? 20 : 0]));
      if (taken.some((other) => Math.abs(other.x - spot.x) < ROOM.x && Math.abs(other.y - spot.y) < ROOM.y)) continue;
      const html = make("span", {}, text, under ? make("small", {}, under) : null);
      const icon = L.divIcon({ html, className: `field-name ${kind}${mine ? " mine" : ""}`, iconSize: [0, 0] });
      const marker = L.marker(this.map.containerPointToLatLng(spot), { icon, interactive: false, keyboard: false }).addTo(this.labels);
      const { left, right, top, bottom } = html.getBoundingClientRect(); // how long a name is, only the browser knows
      if (taken.some((other) => left < other.right && other.left < right && top < other.bottom && other.top < bottom)) this.labels.removeLayer(marker);
      else taken.push({ x: spot.x, y: spot.y, left, right, top, bottom });
    }
  }

  // A name makes room for the one who stands there.
  beside(spot) {
    if (!this.here) return spot;
    const me = this.map.latLngToContainerPoint(flip(this.here));
    const over = Math.abs(me.x - spot.x) < ROOM.x / 2 && Math.abs(me.y - spot.y) < ROOM.y / 2;
    return over ? spot.add([0, ROOM.y]) : spot;
  }

  // Where the phone is, with the circle of its accuracy.
  showMe(now) {
    this.me.clearLayers();
    this.here = now ? [now.lon, now.lat] : null;
    if (!now) return;
    const at = flip([now.lon, now.lat]);
    L.circle(at, { ...LOOKS.accuracy, radius: now.accuracy, interactive: false }).addTo(this.me);
    L.circleMarker(at, { ...LOOKS.me, interactive: false }).addTo(this.me);
  }

  showWalked(lines) {
    this.walked.clearLayers();
    if (lines.length) L.polyline(lines.map((line) => line.map(flip)), { ...LOOKS.walked, interactive: false }).addTo(this.walked);
  }

  goTo(place, { close = true } = {}) {
    if (close) this.shown = true;
    else if (!this.shown) return;
    this.map.setView(flip(place), close ? Math.max(this.map.getZoom(), CLOSE) : this.map.getZoom(), { animate: false });
  }

  get centre() {
    const { lng, lat } = this.map.getCenter();
    return [lng, lat];
  }

  remove() {
    this.observer.disconnect();
    this.map.off();
    this.map.remove();
  }

  onDrag(heard) {
    this.map.on("dragend", heard);
  }
}
