// The canvases over the map: they move with it, and are drawn anew at most once a frame.
const L = window.L;
const NAMES = ["fill", "lines", "marks", "text"];
const SLOW = 45; // ms of a frame above which a moving map is drawn only now and then

export const Stack = L.Layer.extend({
  initialize(scene, raster, place) {
    this.scene = scene;
    this.raster = raster;
    this.place = place;
    this.stale = new Set(NAMES);
    this.took = 0;
  },

  onAdd(map) {
    this.map = map;
    this.holder = L.DomUtil.create("div", "desk-stack leaflet-zoom-animated", this.getPane());
    this.pens = new Map(NAMES.map((name) => {
      const canvas = L.DomUtil.create("canvas", `desk-${name}`, this.holder);
      return [name, canvas.getContext("2d", { willReadFrequently: name === "fill" })];
    }));
    this.font = window.getComputedStyle(map.getContainer()).fontFamily;
    this.redraw("all");
  },

  onRemove() {
    window.cancelAnimationFrame(this.frame);
    this.holder.remove();
  },

  getEvents() {
    return { move: this.moving, moveend: this.moved, resize: this.moved, viewreset: this.moved, zoomanim: this.zooming };
  },

  moving() {
    if (this.took < SLOW) this.redraw("all");
    else this.late ??= window.setTimeout(() => { this.late = undefined; this.redraw("all"); }, 3 * this.took);
  },

  moved() {
    this.redraw("all");
  },

  // The canvas is stretched while Leaflet zooms, and drawn when it has.
  zooming({ center, zoom }) {
    if (!this.drawnAt) return;
    const scale = this.map.getZoomScale(zoom, this.drawnAt.zoom);
    const corner = this.map._latLngToNewLayerPoint(this.drawnAt.corner, zoom, center);
    L.DomUtil.setTransform(this.holder, corner, scale);
  },

  // What has to be drawn: "all", or names of canvases.
  redraw(...names) {
    for (const name of names[0] === "all" ? ["view", ...NAMES] : names) this.stale.add(name);
    this.frame ??= window.requestAnimationFrame(() => {
      this.frame = undefined;
      this.draw();
    });
  },

  draw() {
    const began = performance.now();
    if (this.stale.has("view") || !this.view) this.look();
    const { scene, view, stale } = this;
    if (stale.has("fill") || stale.has("lines")) scene.plan(view);
    if (stale.has("fill")) scene.fill(this.pens.get("fill"), this.raster, view);
    if (stale.has("lines")) scene.drawLines(this.pens.get("lines"), view);
    if (stale.has("marks")) scene.drawMarks(this.pens.get("marks"), view);
    if (stale.has("text")) scene.drawLabels(this.pens.get("text"), view, this.font);
    const whole = stale.has("view");
    stale.clear();
    if (whole) this.took = performance.now() - began;
    this.fire("drawn", { took: performance.now() - began, whole });
  },

  // Where the map stands: pixel of the device = world * scale + shift.
  look() {
    const { map } = this;
    const ratio = window.devicePixelRatio || 1;
    const size = map.getSize();
    const zoom = map.getZoom();
    const corner = map.getPixelBounds().min;
    const shrink = 2 ** (zoom - this.place.zoom);
    const [x, y] = this.place.origin();
    this.view = {
      zoom,
      ratio,
      width: Math.round(size.x * ratio),
      height: Math.round(size.y * ratio),
      scale: shrink * ratio,
      shiftX: (x * shrink - corner.x) * ratio,
      shiftY: (y * shrink - corner.y) * ratio,
    };
    this.drawnAt = { zoom, corner: map.containerPointToLatLng([0, 0]) };
    L.DomUtil.setTransform(this.holder, map.containerPointToLayerPoint([0, 0]), 1);
    this.fit(size);
    this.raster.resize(this.view.width, this.view.height);
    this.raster.paint(this.scene.ground.borders, this.view);
  },

  fit(size) {
    for (const { canvas } of this.pens.values()) {
      if (canvas.width === this.view.width && canvas.height === this.view.height) continue;
      canvas.width = this.view.width;
      canvas.height = this.view.height;
      canvas.style.width = `${size.x}px`;
      canvas.style.height = `${size.y}px`;
    }
  },
});
