// The map of the desk: made once, told what to show, and telling by events what was done on it.
import { Handles } from "./map/handles.js";
import { Hits } from "./map/hits.js";
import { Looks } from "./map/looks.js";
import { Raster } from "./map/raster.js";
import { Scene } from "./map/scene.js";
import { Sketch } from "./map/sketch.js";
import { Stack } from "./map/stack.js";
import { Steer } from "./map/steer.js";
import { Tip } from "./map/tip.js";
import { Tools } from "./map/tools.js";
import { latAt, lonAt, WORLD_ZOOM, worldX, worldY } from "./map/world.js";

const L = window.L;
const CHINA = [[20, 80], [50, 128]];
const OVERLAYS = {
  proposal: { color: "#5b2a86", weight: 2.5, dashArray: "7 5", fillColor: "#5b2a86", fillOpacity: 0.12 },
  stretch: { color: "#c2410c", weight: 7, opacity: 0.9, fillOpacity: 0 },
  change: { color: "#0b6e4f", weight: 3, fillColor: "#0b6e4f", fillOpacity: 0.25 },
};

export class DeskMap extends EventTarget {
  constructor(element, ground, { words = {} } = {}) {
    super();
    this.words = words;
    this.focused = null;
    this.hovered = null;
    this.layers = { roads: false, points: false, compounds: false, labels: true, communities: true };
    this.choices = {
      layers: this.layers, selected: new Set(), focus: null, hover: null, label: null, labelZoom: 15.5, roadPaint: null, pointPaint: null,
    };
    this.map = makeMap(element, words);
    this.raster = new Raster();
    this.take(ground);
    this.stack = new Stack(this.scene, this.raster, { zoom: WORLD_ZOOM, origin: () => this.ground.borders.origin }).addTo(this.map);
    this.stack.once("drawn", () => {
      element.classList.add("ready");
      performance.mark("desk-map-drawn");
    });
    this.overlays = L.layerGroup().addTo(this.map);
    this.handles = new Handles(this);
    this.tip = new Tip(element);
    this.tools = new Tools(this, new Sketch(this));
    this.steer = new Steer(this, this.tools);
    this.setTool("pan");
    this.fit();
  }

  take(ground) {
    this.ground = ground;
    this.looks = new Looks(ground);
    this.scene = new Scene(ground, this.looks, this.choices);
    this.made = null;
    this.choices.label ??= (i) => this.ground.names[i];
  }

  // What answers for a click is built when it is first asked.
  get hits() {
    this.made ??= new Hits(this.ground);
    return this.made;
  }

  emit(name, detail) {
    this.dispatchEvent(new CustomEvent(name, { detail }));
  }

  // paint: (i) => colour, or {classes, palette, hatch}
  setFill(paint) {
    this.paint = paint;
    this.looks.paint(paint);
    this.stack.redraw("fill");
  }

  setLabels(text, minZoom) {
    this.choices.label = text;
    this.choices.labelZoom = minZoom;
    this.stack.redraw("text");
  }

  setSelected(indices) {
    this.choices.selected = new Set(indices);
    this.looks.choose(this.choices.selected);
    this.stack.redraw("fill", "marks");
  }

  setFocus(i) {
    this.focused = i;
    this.choices.focus = i;
    this.tip.tell(i === null ? "" : `${this.ground.names[i]} ${this.ground.codes[i]}`);
    this.stack.redraw("marks");
  }

  setTool(tool) {
    this.handles.clear();
    this.tools.set(tool);
  }

  setLayer(name, on) {
    this.layers[name] = on;
    this.stack.redraw("lines", "text");
  }

  setRoadPaint(paint) {
    this.choices.roadPaint = paint;
    this.stack.redraw("lines");
  }

  setPointPaint(paint) {
    this.choices.pointPaint = paint;
    this.stack.redraw("lines");
  }

  overlay(geojson, { kind = "change" } = {}) {
    const style = { ...OVERLAYS[kind], interactive: false, className: `desk-overlay ${kind}` };
    const pointToLayer = (_, at) => L.circleMarker(at, { ...style, radius: 7 });
    L.geoJSON(geojson, { style: () => style, interactive: false, pointToLayer }).addTo(this.overlays);
  }

  clearOverlay() {
    this.overlays.clearLayers();
  }

  // Show some grids, or everything.
  fit(indices) {
    const { gridBox } = this.ground.borders;
    let box = this.ground.box;
    if (indices && indices.length) {
      box = [Infinity, Infinity, -Infinity, -Infinity];
      for (const i of indices) {
        box = [Math.min(box[0], gridBox[4 * i]), Math.min(box[1], gridBox[4 * i + 1]), Math.max(box[2], gridBox[4 * i + 2]), Math.max(box[3], gridBox[4 * i + 3])];
      }
    }
    const degrees = this.ground.degrees(box);
    if (!degrees) this.map.fitBounds(CHINA, { animate: false });
    else this.map.fitBounds([[degrees[1], degrees[0]], [degrees[3], degrees[2]]], { padding: [18, 18], maxZoom: indices ? 17 : 20, animate: false });
  }

  panTo(i) {
    this.map.panTo([this.ground.centre[2 * i + 1], this.ground.centre[2 * i]], { animate: false });
  }

  keepInView(i) {
    const at = [this.ground.centre[2 * i + 1], this.ground.centre[2 * i]];
    if (!this.map.getBounds().pad(-0.1).contains(at)) this.map.panTo(at, { animate: false });
  }

  // After grids were mended: the view stays, and what was chosen stays by its code.
  replaceGround(ground) {
    const kept = (i) => (i === null ? undefined : ground.indexOf.get(this.ground.codes[i]));
    const selected = [...this.choices.selected].map(kept).filter((i) => i !== undefined);
    const focus = kept(this.focused) ?? null;
    this.take(ground);
    this.stack.scene = this.scene;
    this.choices.hover = null;
    this.hovered = null;
    this.handles.clear();
    if (typeof this.paint === "function") this.looks.paint(this.paint);
    this.setSelected(selected);
    this.setFocus(focus);
    this.stack.redraw("all");
  }

  hover(index, event) {
    this.tip.move(event, index === null ? "" : this.ground.names[index], index === null ? "" : this.ground.codes[index]);
    if (index === this.hovered) return;
    this.hovered = index;
    this.choices.hover = index;
    this.stack.redraw("marks");
    this.emit("hover", { index });
  }

  edit(world) {
    const arc = this.hits.border(...world, this.pixels(12));
    if (arc === null) this.handles.clear();
    else this.handles.open(arc);
  }

  // Between the screen, longitude and latitude, and world pixels about the ground's origin.
  world({ lng, lat }) {
    const [x, y] = this.ground.borders.origin;
    return [worldX(lng) - x, worldY(lat) - y];
  }

  degrees([wx, wy]) {
    const [x, y] = this.ground.borders.origin;
    return [lonAt(wx + x), latAt(wy + y)];
  }

  screen(place) {
    const [lon, lat] = this.degrees(place);
    return this.map.latLngToContainerPoint([lat, lon]);
  }

  pixels(count) {
    return count * 2 ** (WORLD_ZOOM - this.map.getZoom());
  }

  remove() {
    this.map.remove();
  }
}

function makeMap(element, words) {
  const still = window.matchMedia("(prefers-reduced-motion: reduce)").matches;
  const options = { attributionControl: false, zoomControl: false, boxZoom: false, zoomSnap: 0.25, maxZoom: 20, minZoom: 3 };
  const map = L.map(element, { ...options, zoomAnimation: !still, fadeAnimation: false, inertia: !still });
  L.control.zoom({ zoomInTitle: words.zoomIn ?? "+", zoomOutTitle: words.zoomOut ?? "−" }).addTo(map);
  L.control.scale({ imperial: false }).addTo(map);
  map.setView([40, 105], 4);
  element.setAttribute("role", "application");
  if (words.map) element.setAttribute("aria-label", words.map);
  return map;
}
