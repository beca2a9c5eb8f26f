// Whose ground this is: which grid a place lies in, how far its border is, and what else it might be.
const METRES_A_DEGREE = 111_320;
const WGS84 = { a: 6378137, e2: 0.00669437999014 };

// Local metres around a place: east and north, true to some millimetres within a city.
export function plane([lon, lat]) {
  const phi = (lat * Math.PI) / 180;
  const w2 = 1 - WGS84.e2 * Math.sin(phi) ** 2;
  const kx = ((WGS84.a / Math.sqrt(w2)) * Math.cos(phi) * Math.PI) / 180;
  const ky = ((WGS84.a * (1 - WGS84.e2)) / w2 ** 1.5) * (Math.PI / 180);
  return ([x, y]) => [(x - lon) * kx, (y - lat) * ky];
}

export const polygonsOf = (geometry) => {
  if (!geometry) return [];
  return geometry.type === "MultiPolygon" ? geometry.coordinates : [geometry.coordinates];
};
export const linesOf = (geometry) => {
  if (!geometry) return [];
  return geometry.type === "MultiLineString" ? geometry.coordinates : [geometry.coordinates];
};

// A place on a border that two grids share belongs to just one of them: edges count at their southern end.
function within([x, y], ring) {
  let inside = false;
  for (let k = 1; k < ring.length; k += 1) {
    const [[ax, ay], [bx, by]] = [ring[k - 1], ring[k]];
    if (ay > y !== by > y && x < ax + ((y - ay) * (bx - ax)) / (by - ay)) inside = !inside;
  }
  return inside;
}

// Holes are rings like any other: a place in a hole is crossed out twice.
export const contains = (place, geometry) =>
  polygonsOf(geometry).some((rings) => rings.reduce((inside, ring) => inside !== within(place, ring), false));

export function toSegment([x, y], [ax, ay], [bx, by]) {
  const [dx, dy] = [bx - ax, by - ay];
  const square = dx * dx + dy * dy;
  const along = square ? Math.max(0, Math.min(1, ((x - ax) * dx + (y - ay) * dy) / square)) : 0;
  return { distance: Math.hypot(x - ax - along * dx, y - ay - along * dy), along: along * Math.sqrt(square) };
}

export function toBorder(place, geometry) {
  const metres = plane(place);
  let least = Infinity;
  for (const rings of polygonsOf(geometry)) {
    for (const ring of rings) {
      for (let k = 1; k < ring.length; k += 1) {
        least = Math.min(least, toSegment([0, 0], metres(ring[k - 1]), metres(ring[k])).distance);
      }
    }
  }
  return least;
}

export function boxOf(geometry) {
  const box = [Infinity, Infinity, -Infinity, -Infinity];
  for (const [x, y] of polygonsOf(geometry).flat(2)) {
    box[0] = Math.min(box[0], x);
    box[1] = Math.min(box[1], y);
    box[2] = Math.max(box[2], x);
    box[3] = Math.max(box[3], y);
  }
  return box;
}

// The ground, with the box of each grid, so that a city of grids is asked in no time.
export const groundOf = (grids) =>
  grids.features.map(({ geometry, properties }) => ({ geometry, properties, box: boxOf(geometry) }));

const near = ([x, y], box, reach) => {
  const north = reach / METRES_A_DEGREE;
  const east = north / Math.max(0.01, Math.cos((y * Math.PI) / 180));
  return x >= box[0] - east && x <= box[2] + east && y >= box[1] - north && y <= box[3] + north;
};

// `grid` is the one the place lies in, or null; `candidates` are others within the accuracy, nearest first;
// `nearestMine` tells, outside one's own grids, how far the nearest of them is.
export function whereIs(ground, place, accuracy = 0) {
  const grid = ground.find((one) => near(place, one.box, 0) && contains(place, one.geometry)) ?? null;
  const candidates = ground
    .filter((one) => one !== grid && near(place, one.box, accuracy))
    .map((one) => ({ ...one, distance: toBorder(place, one.geometry) }))
    .filter(({ distance }) => distance <= accuracy)
    .sort((a, b) => a.distance - b.distance);
  const mine = ground.filter(({ properties }) => properties.mine);
  const away = mine.filter((one) => one !== grid).map((one) => toBorder(place, one.geometry));
  const inside = Boolean(grid?.properties.mine);
  return {
    grid,
    inside,
    border: grid ? toBorder(place, grid.geometry) : null,
    candidates,
    nearestMine: inside || !mine.length ? null : Math.min(...away),
  };
}
