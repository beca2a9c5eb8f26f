// The colour of each grid as the screen keeps it: fill, stripes, border, and what is chosen.
const EMPTY = [0, 0, 0, 0];
const CHOSEN = 0.42; // share of white in the fill of what is chosen
const pen = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
const read = new Map();

// Any colour that CSS knows, as [red, green, blue, alpha] from 0 to 255.
export function parse(css) {
  if (!css) return EMPTY;
  if (!read.has(css)) {
    pen.canvas.width = 1;
    pen.fillStyle = css;
    pen.fillRect(0, 0, 1, 1);
    read.set(css, Array.from(pen.getImageData(0, 0, 1, 1).data));
  }
  return read.get(css);
}

export const packed = ([red, green, blue, alpha]) => ((alpha << 24) | (blue << 16) | (green << 8) | red) >>> 0;
const mixed = ([red, green, blue, alpha], [r, g, b], share) => [
  Math.round(red + (r - red) * share), Math.round(green + (g - green) * share), Math.round(blue + (b - blue) * share), alpha,
];
const WHITE = [255, 255, 255];
const INK = [22, 35, 47];

function shades(css, hatched) {
  const colour = parse(css);
  const light = mixed(colour, WHITE, CHOSEN);
  const stripe = (of) => packed(hatched ? mixed(of, INK, 0.38) : of);
  return {
    plain: packed(colour), striped: stripe(colour), edge: packed(mixed(colour, INK, 0.3)),
    chosenPlain: packed(light), chosenStriped: stripe(light), chosenEdge: packed(mixed(light, INK, 0.3)),
  };
}

// Arrays begin with an entry for "no grid", so that grid i is at i + 1.
export class Looks {
  constructor(ground) {
    const { n } = ground;
    this.n = n;
    this.plain = new Uint32Array(n + 1);
    this.striped = new Uint32Array(n + 1);
    this.edge = new Uint32Array(n + 1);
    this.chosen = new Uint8Array(n + 1);
    this.group = new Int32Array(n + 1).fill(-1);
    this.group.set(ground.parent, 1);
    this.outline = packed([...INK, 255]);
    this.number = new Uint16Array(n);
    this.palette = [shades("#dfe6ea", false)];
  }

  // A colour for each grid, or a class for each grid and a palette.
  paint(fill) {
    if (typeof fill === "function") {
      const known = new Map();
      for (let i = 0; i < this.n; i += 1) {
        const css = fill(i);
        if (!known.has(css)) known.set(css, known.size);
        this.number[i] = known.get(css);
      }
      this.palette = Array.from(known.keys(), (css) => shades(css, false));
    } else {
      this.number.set(fill.classes.subarray(0, this.n));
      this.palette = fill.palette.map((css, k) => shades(css, fill.hatch?.[k] ?? false));
    }
    this.settle();
  }

  choose(indices) {
    this.chosen.fill(0);
    for (const i of indices) this.chosen[i + 1] = 1;
    this.settle();
  }

  settle() {
    const { palette, number, chosen, plain, striped, edge } = this;
    for (let i = 0; i < this.n; i += 1) {
      const look = palette[number[i]] ?? palette[0];
      const on = chosen[i + 1];
      plain[i + 1] = on ? look.chosenPlain : look.plain;
      striped[i + 1] = on ? look.chosenStriped : look.striped;
      edge[i + 1] = on ? look.chosenEdge : look.edge;
    }
  }
}
