// What is drawn on which canvas, and how finely at which scale.
import { packed, parse } from "./looks.js";
import { writeLabels } from "./labels.js";
import { inView, stroke } from "./strokes.js";

const INK = "#16232f";
const ACCENT = "#10375c";
const GRID_LINE = "rgba(22, 35, 47, 0.42)";
const MANY = 45_000; // vertices that can be stroked within a frame
const SHARP = 9; // pixels of a usual grid from which its border is a line
const VISIBLE = 4; // … and from which it is drawn at all
const COMMUNITY = 14; // pixels of a usual community from which it is outlined
const POINTS = 2500;

export class Scene {
  constructor(ground, looks, choices) {
    this.ground = ground;
    this.looks = looks;
    this.choices = choices;
    this.usual = usualSize(ground.borders.gridBox);
    this.usualCommunity = usualSize(ground.communityBox.flat());
    this.level = borderLevels(ground);
  }

  // How borders are drawn in a view: as lines, as pixels, or not at all.
  plan(view) {
    const { borders } = this.ground;
    const grid = (this.usual * view.scale) / view.ratio;
    const community = (this.usualCommunity * view.scale) / view.ratio;
    this.least = community < COMMUNITY ? 2 : 1;
    this.lines = inView(borders, view, (a) => this.level[a] >= this.least);
    const fine = grid < SHARP ? null : inView(borders, view, (a) => this.level[a] === 0 && borders.drawn(a));
    this.fine = fine && fine.vertices <= MANY ? fine : null;
    this.stroked = this.lines.vertices <= MANY;
    const grids = !this.fine && grid >= VISIBLE;
    const groups = this.stroked ? 0 : packed(parse(ACCENT));
    this.edges = grids || groups || (!this.fine && this.choices.selected.size) ? { grids, groups } : null;
  }

  fill(pen, raster, view) {
    const { width, height } = raster;
    if (!this.image || this.image.width !== width || this.image.height !== height) {
      this.image = new ImageData(width, height);
      this.pixels = new Uint32Array(this.image.data.buffer);
    }
    raster.colour(this.pixels, this.looks, view, this.edges);
    pen.putImageData(this.image, 0, 0);
  }

  drawLines(pen, view) {
    const { ground, choices } = this;
    pen.clearRect(0, 0, view.width, view.height);
    pen.lineJoin = "round";
    pen.lineCap = "round";
    if (choices.layers.compounds) this.drawCompounds(pen, view);
    const size = (this.usual * view.scale) / view.ratio;
    if (this.fine) stroke(pen, ground.borders, this.fine.found, view, [{ colour: GRID_LINE, width: size > 40 ? 1.3 : 0.9 }]);
    if (choices.layers.roads) this.drawRoads(pen, view);
    this.drawOutlines(pen, view);
    if (choices.layers.points) this.drawPoints(pen, view);
  }

  drawOutlines(pen, view) {
    const { borders, outlines } = this.ground;
    const own = inView(outlines, view);
    const dash = [6, 4];
    stroke(pen, outlines, own.found, view, [{ colour: "#ffffff", width: 3.4 }, { colour: ACCENT, width: 1.5, dash }]);
    if (!this.stroked) return;
    const near = this.lines.found.filter((a) => this.level[a] === 1);
    const far = this.lines.found.filter((a) => this.level[a] > 1);
    const casing = "rgba(255, 255, 255, 0.75)";
    const more = view.zoom >= 15 ? 1 : 0; // beside roads and labels
    stroke(pen, borders, near, view, [{ colour: casing, width: 3.2 + more }, { colour: ACCENT, width: 1.5 + more }]);
    stroke(pen, borders, far, view, [{ colour: casing, width: 4.4 + more }, { colour: ACCENT, width: 2.5 + more }]);
  }

  drawRoads(pen, view) {
    const { roadLines, roads } = this.ground;
    const wide = view.zoom >= 16 ? 3 : view.zoom >= 14 ? 2 : 1.2;
    let seen = inView(roadLines, view, undefined, 6 * view.ratio);
    if (seen.vertices > MANY) seen = inView(roadLines, view, undefined, 60 * view.ratio);
    const byColour = new Map();
    for (const i of seen.found) {
      const colour = this.choices.roadPaint?.(roads[i].road_id) ?? "#ffffff";
      if (!byColour.has(colour)) byColour.set(colour, []);
      byColour.get(colour).push(i);
    }
    stroke(pen, roadLines, seen.found, view, [{ colour: "rgba(70, 86, 102, 0.9)", width: wide + 1.6 }]);
    for (const [colour, found] of byColour) stroke(pen, roadLines, found, view, [{ colour, width: colour === "#ffffff" ? wide : wide + 1 }]);
  }

  drawCompounds(pen, view) {
    const { compoundLines } = this.ground;
    const seen = inView(compoundLines, view, undefined, 4 * view.ratio);
    if (seen.vertices > 2 * MANY) return;
    stroke(pen, compoundLines, seen.found, view, [{ colour: "rgba(255, 255, 255, 0.9)", width: 2.4 }, { colour: "#6b4a1f", width: 1, dash: [3, 2] }]);
  }

  drawPoints(pen, view) {
    const { spots, points } = this.ground;
    const seen = [];
    for (let i = 0; i < points.length; i += 1) {
      const x = spots.x[i] * view.scale + view.shiftX;
      const y = spots.y[i] * view.scale + view.shiftY;
      if (x > -8 && y > -8 && x < view.width + 8 && y < view.height + 8) seen.push([x, y, i]);
    }
    const radius = (seen.length > POINTS ? 2 : view.zoom >= 14 ? 5 : 3.4) * view.ratio;
    pen.lineWidth = 1.6 * view.ratio;
    pen.strokeStyle = "#ffffff";
    for (const [x, y, i] of seen) {
      pen.beginPath();
      pen.arc(x, y, radius, 0, 7);
      pen.fillStyle = this.choices.pointPaint?.(points[i].point_id) ?? INK;
      pen.fill();
      pen.stroke();
    }
  }

  // What is chosen, what the keyboard is on, what the pointer is over.
  drawMarks(pen, view) {
    const { borders } = this.ground;
    const { selected, focus, hover } = this.choices;
    pen.clearRect(0, 0, view.width, view.height);
    pen.lineJoin = "round";
    pen.lineCap = "butt";
    if (selected.size) {
      const { chosen } = this.looks;
      const around = inView(borders, view, (a) => chosen[borders.left[a] + 1] !== chosen[borders.right[a] + 1]);
      if (around.vertices <= MANY) {
        const casing = [{ colour: "#ffffff", width: 5.5 }, { colour: INK, width: 3.4 }];
        stroke(pen, borders, around.found, view, [...casing, { colour: "#ffd34d", width: 1.4, dash: [7, 5] }]);
      }
    }
    if (hover !== null) stroke(pen, borders, this.around(hover), view, [{ colour: "#ffffff", width: 3 }, { colour: INK, width: 1.6 }]);
    if (focus !== null) stroke(pen, borders, this.around(focus), view, [{ colour: "#ffffff", width: 7 }, { colour: "#c2410c", width: 4 }]);
  }

  around(i) {
    const { first, arcs } = this.ground.borders;
    return arcs.subarray(first[i], first[i + 1]);
  }

  drawLabels(pen, view, font) {
    pen.clearRect(0, 0, view.width, view.height);
    if (this.choices.layers.labels) writeLabels(pen, this.ground, view, this.choices, font);
  }
}

// The root of the mean of the boxes' areas, in world pixels.
function usualSize(boxes) {
  let sum = 0;
  let count = 0;
  for (let at = 0; at < boxes.length; at += 4) {
    if (!(boxes[at] <= boxes[at + 2])) continue;
    sum += (boxes[at + 2] - boxes[at]) * (boxes[at + 3] - boxes[at + 1]);
    count += 1;
  }
  return count ? Math.sqrt(sum / count) : 0;
}

// 0 within a community, 1 between communities, 2 between subdistricts, 3 on the outside.
function borderLevels({ borders, parent, communities }) {
  const level = new Uint8Array(borders.count);
  for (let a = 0; a < borders.count; a += 1) {
    if (!borders.drawn(a)) continue;
    const one = parent[borders.left[a]];
    const other = borders.right[a] < 0 ? -1 : parent[borders.right[a]];
    if (borders.loose[a]) level[a] = 0;
    else if (other < 0) level[a] = 3;
    else if (communities[one].subdistrict !== communities[other].subdistrict) level[a] = 2;
    else if (one !== other) level[a] = 1;
  }
  return level;
}
