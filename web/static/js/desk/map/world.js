// Longitude and latitude to the pixels of zoom 20 (Web Mercator, as Leaflet has it) and back.
export const WORLD_ZOOM = 20;
const SIZE = 256 * 2 ** WORLD_ZOOM;
const RADIAN = Math.PI / 180;

export const worldX = (lon) => (lon / 360 + 0.5) * SIZE;
export const lonAt = (x) => (x / SIZE - 0.5) * 360;
export const latAt = (y) => Math.atan(Math.sinh((1 - (2 * y) / SIZE) * Math.PI)) / RADIAN;

export function worldY(lat) {
  const sine = Math.sin(lat * RADIAN);
  return (0.5 - Math.log((1 + sine) / (1 - sine)) / (4 * Math.PI)) * SIZE;
}

// Lines in single precision about a near origin: 6 mm in a city of 100 km.
export function project(lon, lat, quantum, [originX, originY]) {
  const x = new Float32Array(lon.length);
  const y = new Float32Array(lon.length);
  for (let i = 0; i < lon.length; i += 1) {
    x[i] = worldX(lon[i] * quantum) - originX;
    y[i] = worldY(lat[i] * quantum) - originY;
  }
  return { x, y };
}

// west, north, east, south of each line in world pixels.
export function boxes(offsets, x, y) {
  const n = offsets.length - 1;
  const box = new Float32Array(4 * n);
  for (let i = 0; i < n; i += 1) {
    let west = Infinity;
    let north = Infinity;
    let east = -Infinity;
    let south = -Infinity;
    for (let k = offsets[i]; k < offsets[i + 1]; k += 1) {
      if (x[k] < west) west = x[k];
      if (x[k] > east) east = x[k];
      if (y[k] < north) north = y[k];
      if (y[k] > south) south = y[k];
    }
    box[4 * i] = west;
    box[4 * i + 1] = north;
    box[4 * i + 2] = east;
    box[4 * i + 3] = south;
  }
  return box;
}
