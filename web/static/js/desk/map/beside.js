// Who lies beside whom: from the shared arcs, and from the pairs that share a corner alone.
export class Beside {
  constructor(borders, low, step) {
    const { n, left, right, count } = borders;
    const first = new Uint32Array(n + 1);
    const each = (told) => {
      for (let a = 0; a < count; a += 1) if (right[a] >= 0) told(left[a], right[a]);
      for (let k = 0; k < low.length; k += 1) told(low[k], low[k] + step[k]);
    };
    each((one, other) => {
      first[one + 1] += 1;
      first[other + 1] += 1;
    });
    for (let i = 0; i < n; i += 1) first[i + 1] += first[i];
    const near = new Uint32Array(first[n]);
    const next = first.slice();
    each((one, other) => {
      near[next[one]] = other;
      next[one] += 1;
      near[next[other]] = one;
      next[other] += 1;
    });
    this.first = first;
    this.near = near;
  }

  // Two grids may share several borders; each neighbour is told once, in order.
  of(grid) {
    const all = this.near.slice(this.first[grid], this.first[grid + 1]).sort();
    return all.filter((other, k) => k === 0 || other !== all[k - 1]);
  }
}
