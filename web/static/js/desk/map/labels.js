// Names on the map: of communities from afar, of grids from near; none over another.
const MOST = 700;
const FEW = 12; // names of grids below which there is still room for those of communities
const LINE = 14;

// Marks which small boxes of the screen are written on already.
class Written {
  constructor(view) {
    this.wide = Math.ceil(view.width / view.ratio / 8) + 1;
    this.high = Math.ceil(view.height / view.ratio / 8) + 1;
    this.taken = new Uint8Array(this.wide * this.high);
  }

  take(x, y, width, height) {
    const west = Math.max(0, Math.floor((x - width / 2) / 8));
    const east = Math.min(this.wide - 1, Math.floor((x + width / 2) / 8));
    const north = Math.max(0, Math.floor((y - height / 2) / 8));
    const south = Math.min(this.high - 1, Math.floor((y + height / 2) / 8));
    for (let row = north; row <= south; row += 1) {
      for (let column = west; column <= east; column += 1) if (this.taken[row * this.wide + column]) return false;
    }
    for (let row = north; row <= south; row += 1) this.taken.fill(1, row * this.wide + west, row * this.wide + east + 1);
    return true;
  }
}

export function writeLabels(pen, ground, view, { label, labelZoom, layers }, font) {
  const written = new Written(view);
  const write = (text, x, y, width, height, style) => {
    if (!text || x < 0 || y < 0 || x > view.width || y > view.height) return false;
    pen.font = `${style.weight} ${style.size * view.ratio}px ${font}`;
    const length = pen.measureText(text).width;
    if (length > width + 8 * view.ratio || height < LINE * view.ratio) return false;
    if (!written.take(x / view.ratio, y / view.ratio, length / view.ratio + 6, style.size + 4)) return false;
    pen.lineWidth = 3.2 * view.ratio;
    pen.strokeStyle = "rgba(255, 255, 255, 0.92)";
    pen.strokeText(text, x, y);
    pen.fillStyle = style.colour;
    pen.fillText(text, x, y);
    return true;
  };
  pen.textAlign = "center";
  pen.textBaseline = "middle";
  pen.lineJoin = "round";
  const grids = view.zoom >= labelZoom ? writeGrids(ground, view, label, write) : 0;
  if (grids < FEW && layers.communities) writeCommunities(ground, view, write);
}

function writeGrids(ground, view, label, write) {
  const { gridBox } = ground.borders;
  const { scale, shiftX, shiftY } = view;
  const style = { weight: 500, size: 12, colour: "#16232f" };
  let count = 0;
  for (let i = 0; i < ground.n && count < MOST; i += 1) {
    const width = (gridBox[4 * i + 2] - gridBox[4 * i]) * scale;
    if (width < 24 * view.ratio) continue;
    const height = (gridBox[4 * i + 3] - gridBox[4 * i + 1]) * scale;
    const x = ground.middles[2 * i] * scale + shiftX;
    const y = ground.middles[2 * i + 1] * scale + shiftY;
    if (x >= 0 && y >= 0 && x <= view.width && y <= view.height && write(label(i), x, y, width, height, style)) count += 1;
  }
  return count;
}

function writeCommunities(ground, view, write) {
  const style = { weight: 600, size: 13, colour: "#10375c" };
  ground.communityBox.forEach(([west, north, east, south], k) => {
    const width = (east - west) * view.scale;
    if (!(width > 30 * view.ratio)) return;
    const x = ((west + east) / 2) * view.scale + view.shiftX;
    const y = ((north + south) / 2) * view.scale + view.shiftY;
    write(ground.communities[k].name, x, y, width, (south - north) * view.scale, style);
  });
}
