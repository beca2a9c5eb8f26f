// The ground of a day: fetched, decoded, and asked for by index. The form is that of gridmap/drawing.py.
import { Beside } from "./map/beside.js";
import { Borders } from "./map/borders.js";
import { Packed } from "./map/packed.js";
import { readThings } from "./map/things.js";
import { boxes, latAt, lonAt, project, worldX, worldY } from "./map/world.js";

const MIDDLE_OF_CHINA = [105, 35];

export class Ground {
  constructor(packed, things, version) {
    const { facts } = packed;
    this.version = version;
    this.asOf = facts.as_of;
    this.n = facts.n;
    this.codes = facts.codes;
    this.names = facts.names;
    this.area = packed.run("area", Float64Array);
    this.residents = packed.run("residents");
    this.parent = Uint32Array.from(packed.running("parent"));
    const origin = nearOrigin(packed, things);
    this.borders = new Borders(packed, this.n, origin);
    this.beside = null;
    this.corners = [packed.running("corner_low"), packed.run("corner_high")];
    this.middles = this.borders.middles();
    this.centre = this.middles.map((value, k) => (k % 2 ? latAt(value + origin[1]) : lonAt(value + origin[0])));
    this.indexOf = new Map(this.codes.map((code, i) => [code, i]));
    this.outlines = readOutlines(packed, origin);
    this.communities = this.readCommunities(facts.communities);
    this.box = around(this.borders.gridBox, this.outlines.box);
    this.bounds = this.degrees(this.box);
    Object.assign(this, readThings(things, origin));
  }

  // Queen contiguity: a shared border or corner.
  neighbours(i) {
    this.beside ??= new Beside(this.borders, ...this.corners);
    return this.beside.of(i);
  }

  // west, south, east, north in degrees; null of nothing.
  degrees([west, north, east, south]) {
    const [x, y] = this.borders.origin;
    return west <= east ? [lonAt(west + x), latAt(south + y), lonAt(east + x), latAt(north + y)] : null;
  }

  rings(i) {
    return this.borders.rings(i);
  }

  readCommunities(columns) {
    const { gridBox } = this.borders;
    const all = columns.code.map(() => [Infinity, Infinity, -Infinity, -Infinity]);
    for (let i = 0; i < this.n; i += 1) widen(all[this.parent[i]], gridBox, 4 * i);
    this.outlines.of.forEach((of, k) => widen(all[of], this.outlines.box, 4 * k));
    this.communityBox = all;
    return columns.code.map((code, k) => ({
      code,
      name: columns.name[k],
      subdistrict: columns.subdistrict[k],
      subdistrictName: columns.subdistrict_name[k],
      bounds: this.degrees(all[k]),
    }));
  }
}

function widen(box, boxes, at) {
  box[0] = Math.min(box[0], boxes[at]);
  box[1] = Math.min(box[1], boxes[at + 1]);
  box[2] = Math.max(box[2], boxes[at + 2]);
  box[3] = Math.max(box[3], boxes[at + 3]);
}

function around(...lists) {
  const box = [Infinity, Infinity, -Infinity, -Infinity];
  for (const list of lists) for (let at = 0; at < list.length; at += 4) widen(box, list, at);
  return box;
}

function nearOrigin(packed, things) {
  for (const [of, x, y] of [[packed, "x", "y"], [packed, "outline_x", "outline_y"], [things, "road_x", "road_y"]]) {
    const [lon, lat] = [of.run(x, Int32Array, 1), of.run(y, Int32Array, 1)];
    if (lon.length) return [worldX(lon[0] * of.facts.quantum), worldY(lat[0] * of.facts.quantum)];
  }
  return [worldX(MIDDLE_OF_CHINA[0]), worldY(MIDDLE_OF_CHINA[1])];
}

// Rings of communities whose border is not that of their grids.
function readOutlines(packed, origin) {
  const offsets = packed.offsets("outline_size");
  const lines = project(packed.running("outline_x"), packed.running("outline_y"), packed.facts.quantum, origin);
  return { of: packed.run("outline_of"), offsets, count: offsets.length - 1, ...lines, box: boxes(offsets, lines.x, lines.y) };
}

async function get(url, signal) {
  const answer = await fetch(url, { signal, credentials: "same-origin" });
  if (!answer.ok) throw Object.assign(new Error(`${answer.status} ${url}`), { status: answer.status });
  return { packed: new Packed(await answer.arrayBuffer()), version: answer.headers.get("ETag") ?? "" };
}

// Fetch and decode; rejects with an Error that has the `status` of a refusal.
export async function loadGround(url, { signal } = {}) {
  const things = new URL(url, window.location.href);
  things.searchParams.set("part", "things");
  const [grids, others] = await Promise.all([get(url, signal), get(things, signal)]);
  return new Ground(grids.packed, others.packed, grids.version);
}
