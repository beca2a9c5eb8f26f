// The borders of the grids, each once: whose they are, what lies inside, and the middle of it.
import { boxes, project } from "./world.js";

export class Borders {
  constructor(packed, n, origin) {
    this.n = n;
    this.quantum = packed.facts.quantum;
    this.origin = origin;
    this.left = packed.running("left");
    this.right = packed.run("right");
    this.count = this.left.length;
    for (let a = 0; a < this.count; a += 1) this.right[a] += this.left[a];
    this.loose = packed.run("loose", Uint8Array);
    this.offsets = packed.offsets("size", 1);
    this.lon = packed.running("x");
    this.lat = packed.running("y");
    const { x, y } = project(this.lon, this.lat, this.quantum, origin);
    this.x = x;
    this.y = y;
    this.box = boxes(this.offsets, x, y);
    this.isLoose = new Uint8Array(n);
    for (let a = 0; a < this.count; a += 1) if (this.loose[a]) this.isLoose[this.left[a]] = 1;
    this.gather();
  }

  // Whether the border of an area is made of this arc: a loose area has rings of its own.
  bounds(arc, grid) {
    return grid >= 0 && this.isLoose[grid] === this.loose[arc];
  }

  // Each border is drawn once: between a loose area and another it is among the rings.
  drawn(arc) {
    const right = this.right[arc];
    return this.loose[arc] === 1 || !(this.isLoose[this.left[arc]] || (right >= 0 && this.isLoose[right]));
  }

  // The arcs around each grid, and the box they make.
  gather() {
    const first = new Uint32Array(this.n + 1);
    for (let a = 0; a < this.count; a += 1) {
      if (this.bounds(a, this.left[a])) first[this.left[a] + 1] += 1;
      if (this.bounds(a, this.right[a])) first[this.right[a] + 1] += 1;
    }
    for (let i = 0; i < this.n; i += 1) first[i + 1] += first[i];
    this.first = first;
    this.arcs = new Uint32Array(first[this.n]);
    this.gridBox = new Float32Array(4 * this.n);
    for (let i = 0; i < this.n; i += 1) this.gridBox.set([Infinity, Infinity, -Infinity, -Infinity], 4 * i);
    const next = first.slice();
    for (let a = 0; a < this.count; a += 1) {
      for (const grid of [this.left[a], this.right[a]]) {
        if (!this.bounds(a, grid)) continue;
        this.arcs[next[grid]] = a;
        next[grid] += 1;
        this.widen(4 * grid, 4 * a);
      }
    }
  }

  widen(to, from) {
    const { gridBox, box } = this;
    if (box[from] < gridBox[to]) gridBox[to] = box[from];
    if (box[from + 1] < gridBox[to + 1]) gridBox[to + 1] = box[from + 1];
    if (box[from + 2] > gridBox[to + 2]) gridBox[to + 2] = box[from + 2];
    if (box[from + 3] > gridBox[to + 3]) gridBox[to + 3] = box[from + 3];
  }

  contains(grid, px, py) {
    const { x, y, offsets } = this;
    let inside = false;
    for (let k = this.first[grid]; k < this.first[grid + 1]; k += 1) {
      const end = offsets[this.arcs[k] + 1];
      for (let v = offsets[this.arcs[k]] + 1; v < end; v += 1) {
        if (y[v - 1] > py !== y[v] > py && px < x[v - 1] + ((py - y[v - 1]) * (x[v] - x[v - 1])) / (y[v] - y[v - 1])) inside = !inside;
      }
    }
    return inside;
  }

  // A point inside each grid, in world pixels: the centroid, or the middle of its widest part at that height.
  middles() {
    const sums = this.moments();
    const middle = new Float64Array(2 * this.n);
    for (let i = 0; i < this.n; i += 1) {
      const area = sums[3 * i];
      const box = this.gridBox.subarray(4 * i, 4 * i + 4);
      let mx = (box[0] + box[2]) / 2;
      let my = (box[1] + box[3]) / 2;
      if (area !== 0) {
        mx = sums[3 * i + 1] / (3 * area);
        my = sums[3 * i + 2] / (3 * area);
      }
      if (!this.contains(i, mx, my)) [mx, my] = this.widest(i, mx, my);
      middle[2 * i] = mx;
      middle[2 * i + 1] = my;
    }
    return middle;
  }

  // Twice the area of each grid and six times its first moments (Green), arc by arc.
  moments() {
    const { x, y, offsets } = this;
    const sums = new Float64Array(3 * this.n);
    for (let a = 0; a < this.count; a += 1) {
      let area = 0;
      let mx = 0;
      let my = 0;
      for (let v = offsets[a] + 1; v < offsets[a + 1]; v += 1) {
        const cross = x[v - 1] * y[v] - x[v] * y[v - 1];
        area += cross;
        mx += cross * (x[v - 1] + x[v]);
        my += cross * (y[v - 1] + y[v]);
      }
      for (const [grid, sign] of [[this.left[a], 1], [this.right[a], -1]]) {
        if (!this.bounds(a, grid)) continue;
        sums[3 * grid] += sign * area;
        sums[3 * grid + 1] += sign * mx;
        sums[3 * grid + 2] += sign * my;
      }
    }
    return sums;
  }

  widest(grid, px, py) {
    const cuts = this.cuts(grid, py);
    let best = [px, py];
    let width = 0;
    for (let k = 1; k < cuts.length; k += 2) {
      if (cuts[k] - cuts[k - 1] > width) {
        width = cuts[k] - cuts[k - 1];
        best = [(cuts[k] + cuts[k - 1]) / 2, py];
      }
    }
    return best;
  }

  // Where a line from west to east crosses the border of a grid, in order.
  cuts(grid, py) {
    const { x, y, offsets } = this;
    const found = [];
    for (let k = this.first[grid]; k < this.first[grid + 1]; k += 1) {
      for (let v = offsets[this.arcs[k]] + 1; v < offsets[this.arcs[k] + 1]; v += 1) {
        if (y[v - 1] > py !== y[v] > py) found.push(x[v - 1] + ((py - y[v - 1]) * (x[v] - x[v - 1])) / (y[v] - y[v - 1]));
      }
    }
    return found.sort((one, other) => one - other);
  }

  // The rings of a grid as longitude and latitude, closed; shells and holes alike.
  rings(grid) {
    const open = new Map();
    for (let k = this.first[grid]; k < this.first[grid + 1]; k += 1) {
      const arc = this.arcs[k];
      const line = [];
      for (let v = this.offsets[arc]; v < this.offsets[arc + 1]; v += 1) line.push([this.lon[v], this.lat[v]]);
      if (line.length < 2) continue;
      if (this.left[arc] !== grid) line.reverse();
      const start = line[0].join();
      if (!open.has(start)) open.set(start, []);
      open.get(start).push(line);
    }
    const rings = [];
    for (const lines of open.values()) while (lines.length) rings.push(this.follow(lines.pop(), open));
    return rings;
  }

  follow(ring, open) {
    const start = ring[0].join();
    while (ring[ring.length - 1].join() !== start) {
      const next = open.get(ring[ring.length - 1].join())?.pop();
      if (!next) break;
      ring.push(...next.slice(1));
    }
    return ring.map(([lon, lat]) => [lon * this.quantum, lat * this.quantum]);
  }
}
