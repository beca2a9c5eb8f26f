// Which grid each pixel of the screen lies in, from borders that are each walked once.
//
// A border that crosses a row of pixels says what lies to the right of it. So each crossing leaves
// its mark at the next pixel, and one sweep along the row carries the marks on: no polygon is put
// together, nothing is sorted, and the work grows with the borders in view and the pixels.
export const NOBODY = -1;
const UNMARKED = -2;
// A row must not pass through a vertex, where several borders cross it at one place; coordinates
// are binary fractions, and this is none of a size that occurs.
const ASIDE = 0.5001234567;

export class Raster {
  resize(width, height) {
    if (width === this.width && height === this.height) return;
    this.width = width;
    this.height = height;
    this.ids = new Int32Array(width * height);
    this.at = new Float64Array(width * height);
  }

  // view: pixel = world * scale + shift
  paint(borders, view) {
    this.ids.fill(UNMARKED);
    const { box, count, left, right, loose, isLoose } = borders;
    const { scale, shiftX, shiftY } = view;
    for (let a = 0; a < count; a += 1) {
      if (loose[a]) continue;
      if (box[4 * a + 1] * scale + shiftY >= this.height || box[4 * a + 3] * scale + shiftY < 0) continue;
      if (box[4 * a] * scale + shiftX >= this.width) continue;
      const down = isLoose[left[a]] ? NOBODY : left[a];
      const up = right[a] < 0 || isLoose[right[a]] ? NOBODY : right[a];
      this.mark(borders, a, view, down, up);
    }
    this.sweep();
    for (let i = 0; i < borders.n; i += 1) if (isLoose[i]) this.fill(borders, i, view);
  }

  mark(borders, arc, { scale, shiftX, shiftY }, down, up) {
    const { x, y, offsets } = borders;
    const { width, height, ids, at } = this;
    const end = offsets[arc + 1];
    let v = offsets[arc];
    let x0 = x[v] * scale + shiftX;
    let y0 = y[v] * scale + shiftY;
    for (v += 1; v < end; v += 1) {
      const x1 = x[v] * scale + shiftX;
      const y1 = y[v] * scale + shiftY;
      const falls = y1 > y0;
      let row = Math.max(0, Math.ceil((falls ? y0 : y1) - ASIDE));
      const last = Math.min(height, Math.ceil((falls ? y1 : y0) - ASIDE));
      if (row < last) {
        const slope = (x1 - x0) / (y1 - y0);
        const beyond = falls ? down : up;
        for (; row < last; row += 1) {
          const cut = x0 + (row + ASIDE - y0) * slope;
          const column = cut <= 0.5 ? 0 : Math.ceil(cut - 0.5);
          if (column >= width) continue;
          const pixel = row * width + column;
          if (ids[pixel] !== UNMARKED && at[pixel] >= cut) continue;
          ids[pixel] = beyond;
          at[pixel] = cut;
        }
      }
      x0 = x1;
      y0 = y1;
    }
  }

  sweep() {
    const { width, height, ids } = this;
    for (let row = 0, pixel = 0; row < height; row += 1) {
      let grid = NOBODY;
      for (let column = 0; column < width; column += 1, pixel += 1) {
        if (ids[pixel] === UNMARKED) ids[pixel] = grid;
        else grid = ids[pixel];
      }
    }
  }

  // A grid that lies over others, by itself.
  fill(borders, grid, { scale, shiftX, shiftY }) {
    const box = borders.gridBox;
    const top = Math.max(0, Math.ceil(box[4 * grid + 1] * scale + shiftY - ASIDE));
    const bottom = Math.min(this.height, Math.ceil(box[4 * grid + 3] * scale + shiftY - ASIDE));
    for (let row = top; row < bottom; row += 1) {
      const cuts = borders.cuts(grid, (row + ASIDE - shiftY) / scale);
      for (let k = 1; k < cuts.length; k += 2) {
        const from = Math.max(0, Math.ceil(cuts[k - 1] * scale + shiftX - 0.5));
        const to = Math.min(this.width, Math.ceil(cuts[k] * scale + shiftX - 0.5));
        if (from < to) this.ids.fill(grid, row * this.width + from, row * this.width + to);
      }
    }
  }

  // Colour the pixels. `looks` is of Looks; with `edges`, borders between pixels are drawn as well.
  colour(pixels, looks, view, edges) {
    const { width, height, ids } = this;
    const { plain, striped, edge, outline, chosen, group } = looks;
    const phase = (((Math.round(-view.shiftX) - Math.round(view.shiftY)) % 8) + 8) % 8;
    for (let row = 0, pixel = 0; row < height; row += 1) {
      for (let column = 0; column < width; column += 1, pixel += 1) {
        const grid = ids[pixel];
        const stripe = (column + row + phase) & 4;
        if (!edges) {
          pixels[pixel] = stripe ? striped[grid + 1] : plain[grid + 1];
          continue;
        }
        const west = column ? ids[pixel - 1] : grid;
        const north = row ? ids[pixel - width] : grid;
        if (west === grid && north === grid) pixels[pixel] = stripe ? striped[grid + 1] : plain[grid + 1];
        else if (chosen[west + 1] !== chosen[grid + 1] || chosen[north + 1] !== chosen[grid + 1]) pixels[pixel] = outline;
        else if (edges.groups && (group[west + 1] !== group[grid + 1] || group[north + 1] !== group[grid + 1])) pixels[pixel] = edges.groups;
        else pixels[pixel] = edges.grids ? edge[grid + 1] : plain[grid + 1];
      }
    }
  }
}
