// Which grids lie under a point, in a box, in a lasso. Positions are world pixels about the origin.
export class Hits {
  constructor(ground) {
    this.ground = ground;
    this.borders = ground.borders;
    const [west, north, east, south] = ground.box;
    this.west = west;
    this.north = north;
    this.side = Math.max(1, Math.ceil(Math.sqrt(ground.n)));
    this.stepX = (east - west) / this.side || 1;
    this.stepY = (south - north) / this.side || 1;
    const first = new Uint32Array(this.side * this.side + 1);
    this.each((bin) => { first[bin + 1] += 1; });
    for (let k = 1; k < first.length; k += 1) first[k] += first[k - 1];
    const next = first.slice();
    this.first = first;
    this.grids = new Uint32Array(first[first.length - 1]);
    this.each((bin, i) => {
      this.grids[next[bin]] = i;
      next[bin] += 1;
    });
  }

  column(x) {
    return Math.min(this.side - 1, Math.max(0, Math.floor((x - this.west) / this.stepX)));
  }

  row(y) {
    return Math.min(this.side - 1, Math.max(0, Math.floor((y - this.north) / this.stepY)));
  }

  each(told) {
    const { gridBox, n } = this.borders;
    for (let i = 0; i < n; i += 1) {
      if (!(gridBox[4 * i] <= gridBox[4 * i + 2])) continue;
      const [west, east] = [this.column(gridBox[4 * i]), this.column(gridBox[4 * i + 2])];
      const south = this.row(gridBox[4 * i + 3]);
      for (let row = this.row(gridBox[4 * i + 1]); row <= south; row += 1) {
        for (let column = west; column <= east; column += 1) told(row * this.side + column, i);
      }
    }
  }

  near(x, y) {
    const bin = this.row(y) * this.side + this.column(x);
    return this.grids.subarray(this.first[bin], this.first[bin + 1]);
  }

  // The grid at a place, the first of several; null where there is none.
  at(x, y) {
    const { gridBox } = this.borders;
    for (const i of this.near(x, y)) {
      if (x < gridBox[4 * i] || x > gridBox[4 * i + 2] || y < gridBox[4 * i + 1] || y > gridBox[4 * i + 3]) continue;
      if (this.borders.contains(i, x, y)) return i;
    }
    return null;
  }

  // Grids whose middle lies in a ring; where the ring is so small that it has none, those it touches.
  within(ring) {
    const { middles, n } = this.ground;
    const lasso = new Slabs(ring);
    const found = [];
    for (let i = 0; i < n; i += 1) if (lasso.contains(middles[2 * i], middles[2 * i + 1])) found.push(i);
    if (found.length) return found;
    const touched = new Set(ring.map(([x, y]) => this.at(x, y)));
    touched.delete(null);
    return [...touched].sort((one, other) => one - other);
  }

  // The border nearest to a place, and how far it is; null within `most`.
  border(x, y, most) {
    const { borders } = this;
    let best = null;
    let least = most;
    for (const i of this.near(x, y)) {
      for (let k = borders.first[i]; k < borders.first[i + 1]; k += 1) {
        const distance = lineDistance(borders, borders.arcs[k], x, y);
        if (distance < least) {
          least = distance;
          best = borders.arcs[k];
        }
      }
    }
    return best;
  }
}

// A ring cut into slabs, so that a point is compared with the few edges at its height.
class Slabs {
  constructor(ring) {
    const heights = ring.map((place) => place[1]);
    this.top = Math.min(...heights);
    this.bottom = Math.max(...heights);
    this.west = Math.min(...ring.map((place) => place[0]));
    this.east = Math.max(...ring.map((place) => place[0]));
    this.count = Math.max(1, Math.min(512, ring.length));
    this.step = (this.bottom - this.top) / this.count || 1;
    this.slabs = Array.from({ length: this.count }, () => []);
    ring.forEach(([x1, y1], k) => {
      const [x0, y0] = ring[(k + ring.length - 1) % ring.length];
      const last = this.slab(Math.max(y0, y1));
      for (let slab = this.slab(Math.min(y0, y1)); slab <= last; slab += 1) this.slabs[slab].push([x0, y0, x1, y1]);
    });
  }

  slab(y) {
    return Math.min(this.count - 1, Math.max(0, Math.floor((y - this.top) / this.step)));
  }

  contains(x, y) {
    if (y < this.top || y > this.bottom || x < this.west || x > this.east) return false;
    let inside = false;
    for (const [x0, y0, x1, y1] of this.slabs[this.slab(y)]) {
      if (y0 > y !== y1 > y && x < x0 + ((y - y0) * (x1 - x0)) / (y1 - y0)) inside = !inside;
    }
    return inside;
  }
}

export function lineDistance({ x, y, offsets }, line, px, py) {
  let least = Infinity;
  for (let v = offsets[line] + 1; v < offsets[line + 1]; v += 1) {
    const dx = x[v] - x[v - 1];
    const dy = y[v] - y[v - 1];
    const squared = dx * dx + dy * dy;
    const along = squared ? Math.min(1, Math.max(0, ((px - x[v - 1]) * dx + (py - y[v - 1]) * dy) / squared)) : 0;
    least = Math.min(least, Math.hypot(px - x[v - 1] - along * dx, py - y[v - 1] - along * dy));
  }
  return least;
}

// The road or point nearest to a place, as a position in its list; null within `most`.
export function nearestRoad({ roadLines }, x, y, most) {
  const { box, count } = roadLines;
  let best = null;
  let least = most;
  for (let i = 0; i < count; i += 1) {
    if (x < box[4 * i] - least || x > box[4 * i + 2] + least || y < box[4 * i + 1] - least || y > box[4 * i + 3] + least) continue;
    const distance = lineDistance(roadLines, i, x, y);
    if (distance < least) {
      least = distance;
      best = i;
    }
  }
  return best;
}

export function nearestPoint({ spots, points }, x, y, most) {
  let best = null;
  let least = most;
  for (let i = 0; i < points.length; i += 1) {
    const distance = Math.hypot(spots.x[i] - x, spots.y[i] - y);
    if (distance < least) {
      least = distance;
      best = i;
    }
  }
  return best;
}
