// Roads, points and compounds: light objects over flat arrays.
import { boxes, project } from "./world.js";

class Lines {
  constructor(packed, name, origin) {
    this.quantum = packed.facts.quantum;
    this.offsets = packed.offsets(`${name}_size`);
    this.lon = packed.running(`${name}_x`);
    this.lat = packed.running(`${name}_y`);
    Object.assign(this, project(this.lon, this.lat, this.quantum, origin));
    this.box = boxes(this.offsets, this.x, this.y);
    this.count = this.offsets.length - 1;
  }

  line(i) {
    const line = [];
    for (let v = this.offsets[i]; v < this.offsets[i + 1]; v += 1) line.push([this.lon[v] * this.quantum, this.lat[v] * this.quantum]);
    return line;
  }
}

class Road {
  constructor(lines, i, columns) {
    this.road_id = columns.road_id[i];
    this.name = columns.name[i];
    this.length_m = columns.length_m[i];
    Object.defineProperty(this, "line", { get: () => lines.line(i) });
  }
}

class Compound {
  constructor(lines, i, columns, first) {
    this.compound_id = columns.compound_id[i];
    this.name = columns.name[i];
    this.kind = columns.kind[i];
    const rings = () => Array.from({ length: first[i + 1] - first[i] }, (_, k) => lines.line(first[i] + k));
    Object.defineProperty(this, "rings", { get: rings });
  }
}

export function readThings(packed, origin) {
  const { roads, points, compounds, quantum } = packed.facts;
  const roadLines = new Lines(packed, "road", origin);
  const compoundLines = new Lines(packed, "compound", origin);
  const first = packed.offsets("compound_rings");
  const lon = packed.running("point_x");
  const lat = packed.running("point_y");
  const of = new Uint32Array(compoundLines.count);
  for (let i = 0; i + 1 < first.length; i += 1) of.fill(i, first[i], first[i + 1]);
  return {
    roads: roads.road_id.map((_, i) => new Road(roadLines, i, roads)),
    compounds: compounds.compound_id.map((_, i) => new Compound(compoundLines, i, compounds, first)),
    points: points.point_id.map((point_id, i) => ({
      point_id, name: points.name[i], category: points.category[i], lon: lon[i] * quantum, lat: lat[i] * quantum,
    })),
    roadLines,
    compoundLines,
    compoundOf: of,
    spots: project(lon, lat, quantum, origin),
  };
}
