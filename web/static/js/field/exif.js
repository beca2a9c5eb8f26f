// Where and when a photo was taken, read from its EXIF before the phone shrinks it: shrinking loses both.
const APP1 = 0xffe1;
const SCAN = 0xffda;
const TAGS = { exif: 0x8769, gps: 0x8825, taken: 0x9003, zone: 0x9011 };
const GPS = { latRef: 1, lat: 2, lonRef: 3, lon: 4 };
const SIZES = { 1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 7: 1, 9: 4, 10: 8 };
const HEADER = 0x45786966; // "Exif"

class Tiff {
  constructor(view) {
    this.view = view;
    this.little = view.getUint16(0) === 0x4949;
    if (this.short(2) !== 42) throw new RangeError("no TIFF");
  }

  short(at) { return this.view.getUint16(at, this.little); }

  long(at) { return this.view.getUint32(at, this.little); }

  // Tag → where its values are, how many and of which type.
  directory(at) {
    const found = new Map();
    for (let n = this.short(at), k = at + 2; n > 0; n -= 1, k += 12) {
      const [type, count] = [this.short(k + 2), this.long(k + 4)];
      const size = (SIZES[type] || 0) * count;
      found.set(this.short(k), { type, count, at: size > 4 ? this.long(k + 8) : k + 8 });
    }
    return found;
  }

  text(entry) {
    if (!entry || entry.type !== 2) return "";
    const bytes = new Uint8Array(this.view.buffer, this.view.byteOffset + entry.at, entry.count);
    return String.fromCharCode(...bytes).replace(/\0.*$/s, "").trim();
  }

  degrees(entry) {
    if (!entry || entry.type !== 5 || entry.count !== 3) return NaN;
    const [d, m, s] = [0, 8, 16].map((k) => this.long(entry.at + k) / this.long(entry.at + k + 4));
    return d + m / 60 + s / 3600;
  }
}

function tiffOf(view) {
  if (view.getUint16(0) !== 0xffd8) return null;
  for (let at = 2; at + 4 <= view.byteLength;) {
    const [marker, length] = [view.getUint16(at), view.getUint16(at + 2)];
    if (marker === SCAN || marker < 0xff00 || length < 2) return null;
    if (marker === APP1 && view.getUint32(at + 4) === HEADER) {
      return new Tiff(new DataView(view.buffer, view.byteOffset + at + 10, length - 8));
    }
    at += 2 + length;
  }
  return null;
}

function position(tiff, entry) {
  if (!entry) return null;
  const gps = tiff.directory(tiff.long(entry.at));
  const [lat, lon] = [tiff.degrees(gps.get(GPS.lat)), tiff.degrees(gps.get(GPS.lon))];
  if (!(lat <= 90 && lon <= 180) || (lat === 0 && lon === 0)) return null; // nought is a phone without a fix
  const south = tiff.text(gps.get(GPS.latRef)) === "S";
  const west = tiff.text(gps.get(GPS.lonRef)) === "W";
  return { lon: west ? -lon : lon, lat: south ? -lat : lat };
}

// The camera writes its own clock; without a zone it is that of the phone.
function moment(tiff, entry) {
  if (!entry) return null;
  const exif = tiff.directory(tiff.long(entry.at));
  const found = /^(\d{4}):(\d\d):(\d\d) (\d\d:\d\d:\d\d)$/.exec(tiff.text(exif.get(TAGS.taken)));
  if (!found) return null;
  const [, year, month, day, time] = found;
  const zone = /^[+-]\d\d:\d\d$/.exec(tiff.text(exif.get(TAGS.zone)))?.[0] ?? "";
  const at = new Date(`${year}-${month}-${day}T${time}${zone}`);
  return Number.isNaN(at.getTime()) ? null : at.toISOString();
}

// `place` ({lon, lat}, WGS 84) and `at` (ISO, UTC), each null where the photo does not tell or is damaged.
export function readExif(buffer) {
  try {
    const tiff = tiffOf(new DataView(buffer));
    if (!tiff) return { place: null, at: null };
    const first = tiff.directory(tiff.long(4));
    return { place: position(tiff, first.get(TAGS.gps)), at: moment(tiff, first.get(TAGS.exif)) };
  } catch (fault) {
    if (fault instanceof RangeError) return { place: null, at: null }; // cut short
    throw fault;
  }
}
