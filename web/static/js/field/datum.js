// The datum of a phone's position: GCJ-02 is WGS 84 shifted by some 500 m. Formulas as in geodata/crs.py.
const SEMI_MAJOR = 6378245; // Krasovsky 1940, as published
const ECCENTRICITY2 = 0.00669342162296594323;
const CHINA = { west: 72.004, east: 137.8347, south: 0.8293, north: 55.8271 };
const FITS_M = 50; // a person puts the cross-hair where they stand no better than this
const SHIFTED_M = 100;
const METRES_A_DEGREE = 111_320;

const radians = (degrees) => (degrees * Math.PI) / 180;
const inChina = ([lon, lat]) => lon >= CHINA.west && lon <= CHINA.east && lat >= CHINA.south && lat <= CHINA.north;

function offset([lon, lat]) {
  const [x, y] = [lon - 105, lat - 35];
  const root = Math.sqrt(Math.abs(x));
  const { sin, PI } = Math;
  const waves = 20 * sin(6 * x * PI) + 20 * sin(2 * x * PI);
  let north = -100 + 2 * x + 3 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * root + (waves * 2) / 3;
  north += ((20 * sin(y * PI) + 40 * sin((y / 3) * PI)) * 2) / 3;
  north += ((160 * sin((y / 12) * PI) + 320 * sin((y / 30) * PI)) * 2) / 3;
  let east = 300 + x + 2 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * root + (waves * 2) / 3;
  east += ((20 * sin(x * PI) + 40 * sin((x / 3) * PI)) * 2) / 3;
  east += ((150 * sin((x / 12) * PI) + 300 * sin((x / 30) * PI)) * 2) / 3;
  const magic = 1 - ECCENTRICITY2 * sin(radians(lat)) ** 2;
  const meridian = (SEMI_MAJOR * (1 - ECCENTRICITY2)) / magic ** 1.5;
  const parallel = (SEMI_MAJOR / Math.sqrt(magic)) * Math.cos(radians(lat));
  return [(east / parallel) * (180 / PI), (north / meridian) * (180 / PI)];
}

export function wgsToGcj(place) {
  if (!inChina(place)) return [...place];
  const [east, north] = offset(place);
  return [place[0] + east, place[1] + north];
}

// The inverse has no closed form; the shift changes so slowly that a few steps are exact to 1e-9°.
export function gcjToWgs(place) {
  let guess = [...place];
  for (let step = 0; step < 8; step += 1) {
    const again = wgsToGcj(guess);
    guess = [guess[0] + place[0] - again[0], guess[1] + place[1] - again[1]];
  }
  return guess;
}

export const toWgs = (place, datum) => (datum === "gcj02" ? gcjToWgs(place) : [...place]);

export function apart([lon, lat], [lon2, lat2]) {
  const east = (lon2 - lon) * Math.cos(radians((lat + lat2) / 2));
  return METRES_A_DEGREE * Math.hypot(east, lat2 - lat);
}

// Which datum a phone answers in, from what it said and where its owner stands by our map: "wgs84", "gcj02",
// or null where neither fits (the phone is wrong by more than a datum).
export function datumOf(said, standing) {
  const shifted = wgsToGcj(standing);
  if (apart(shifted, standing) > SHIFTED_M && apart(said, shifted) <= FITS_M) return "gcj02";
  return apart(said, standing) <= FITS_M ? "wgs84" : null;
}
