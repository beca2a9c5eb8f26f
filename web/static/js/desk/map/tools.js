// What the pointer does with each tool. Pages hear of it through the events of DeskMap.
import { nearestPoint, nearestRoad } from "./hits.js";

const STEP = 3; // pixels between the vertices of a lasso
const CLICK = 5; // pixels that a hand trembles
const HOLD = 9;

// How a pick changes the selection: the same keys everywhere.
export function modeOf(event, click) {
  if (event.altKey) return "remove";
  if (event.ctrlKey || event.metaKey) return "toggle";
  if (event.shiftKey) return click ? "toggle" : "add";
  return "replace";
}

export class Tools {
  constructor(desk, sketch) {
    this.desk = desk;
    this.sketch = sketch;
    this.tool = "pan";
    this.path = [];
    const { map } = desk;
    const element = map.getContainer();
    map.on("click", (event) => this.clicked(event));
    element.addEventListener("pointerdown", (event) => this.down(event));
    element.addEventListener("pointermove", (event) => this.moved(event));
    element.addEventListener("pointerup", (event) => this.up(event));
    element.addEventListener("pointercancel", () => this.cancel());
    element.addEventListener("pointerleave", () => desk.hover(null));
    map.on("move", () => this.show());
  }

  set(tool) {
    this.cancel();
    this.tool = tool;
    const { map } = this.desk;
    const drags = tool === "box" || tool === "lasso";
    map.dragging[drags ? "disable" : "enable"]();
    map.doubleClickZoom[tool === "pan" ? "enable" : "disable"]();
    map.getContainer().dataset.tool = tool;
  }

  cancel() {
    this.path = [];
    this.start = null;
    this.sketch.clear();
  }

  place(event) {
    const { map } = this.desk;
    const point = map.mouseEventToContainerPoint(event);
    return { point, world: this.desk.world(map.containerPointToLatLng(point)) };
  }

  down(event) {
    if ((this.tool !== "box" && this.tool !== "lasso") || event.button !== 0 || !event.isPrimary) return;
    if (event.target.closest(".leaflet-control")) return;
    event.preventDefault();
    this.desk.map.getContainer().focus({ preventScroll: true });
    this.desk.map.getContainer().setPointerCapture(event.pointerId);
    this.start = this.place(event);
    this.path = [this.start.world];
    this.last = this.start.point;
    this.desk.hover(null);
  }

  moved(event) {
    if (!this.start) {
      if (event.pointerType !== "touch") this.point(event);
      return;
    }
    const { point, world } = this.place(event);
    if (this.tool === "box") this.path = corners(this.path[0], world);
    else if (point.distanceTo(this.last) >= STEP) {
      this.path.push(world);
      this.last = point;
    }
    this.show();
  }

  point(event) {
    const { world } = this.place(event);
    if (this.tool === "draw") {
      this.ahead = world;
      this.show();
    }
    const over = this.tool === "pan" || this.tool === "box" || this.tool === "lasso";
    this.desk.hover(over && !event.buttons && !event.target.closest(".leaflet-control") ? this.desk.hits.at(...world) : null, event);
  }

  up(event) {
    if (!this.start) return;
    const { point, world } = this.place(event);
    const click = point.distanceTo(this.start.point) < CLICK && this.path.length < HOLD;
    const found = this.desk.hits.at(...world);
    const indices = click ? [found].filter((i) => i !== null) : this.desk.hits.within(this.path);
    this.cancel();
    this.desk.emit("pick", { indices, mode: modeOf(event, click) });
  }

  clicked({ latlng, originalEvent }) {
    const world = this.desk.world(latlng);
    if (this.tool === "pan") this.pick(world, originalEvent);
    else if (this.tool === "road") this.onRoad(world, latlng);
    else if (this.tool === "draw") this.add(world);
    else if (this.tool === "edit") this.desk.edit(world);
  }

  pick(world, event) {
    const { ground, hits, layers } = this.desk;
    if (layers.points) {
      const point = nearestPoint(ground, ...world, this.desk.pixels(HOLD));
      if (point !== null) {
        this.desk.emit("pickpoint", { point_id: ground.points[point].point_id });
        return;
      }
    }
    const found = hits.at(...world);
    this.desk.emit("pick", { indices: found === null ? [] : [found], mode: modeOf(event, true) });
  }

  onRoad(world, { lng, lat }) {
    const { ground } = this.desk;
    this.desk.emit("place", { lon: lng, lat });
    const road = nearestRoad(ground, ...world, this.desk.pixels(HOLD));
    if (road !== null) this.desk.emit("pickroad", { road_id: ground.roads[road].road_id });
  }

  // A click on the first vertex closes the line, one on the last ends it.
  add(world) {
    const near = (place) => place && Math.hypot(place[0] - world[0], place[1] - world[1]) < this.desk.pixels(HOLD);
    if (this.path.length > 2 && near(this.path[0])) this.finish(true);
    else if (this.path.length > 1 && near(this.path.at(-1))) this.finish(false);
    else if (!near(this.path.at(-1))) {
      this.path.push(world);
      this.show();
    }
  }

  finish(closed) {
    if (this.path.length < 2) return;
    const line = this.path.map((place) => this.desk.degrees(place));
    this.cancel();
    const geometry = closed ? { type: "Polygon", coordinates: [[...line, line[0]]] } : { type: "LineString", coordinates: line };
    this.desk.emit("drawn", { geometry });
  }

  // Keys of a tool at work; true if one was its own.
  key(event) {
    if (event.key === "Escape" && this.path.length) this.cancel();
    else if (this.tool === "draw" && event.key === "Backspace" && this.path.length) this.path.pop();
    else if (this.tool === "draw" && event.key === "Enter" && this.path.length > 1) this.finish(false);
    else return false;
    this.show();
    return true;
  }

  show() {
    if (!this.path.length) return;
    const open = this.tool === "draw";
    this.sketch.draw(open && this.ahead ? [...this.path, this.ahead] : this.path, { closed: !open, vertices: open ? this.path.length : 0 });
  }
}

function corners([west, north], [east, south]) {
  return [[west, north], [east, north], [east, south], [west, south]];
}
