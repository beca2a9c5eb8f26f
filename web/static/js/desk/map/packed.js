// Facts and runs of whole numbers, as gridmap/drawing.py packs them.
const MAGIC = "GRIDMAP1";

export class Packed {
  constructor(buffer) {
    const text = new TextDecoder();
    const start = MAGIC.length + 4;
    if (buffer.byteLength < start || text.decode(buffer.slice(0, MAGIC.length)) !== MAGIC) throw new Error("no drawing");
    const end = start + new DataView(buffer).getUint32(MAGIC.length, true);
    this.bytes = new Uint8Array(buffer);
    this.facts = JSON.parse(text.decode(this.bytes.subarray(start, end)));
    this.runs = new Map();
    let at = end;
    for (const [name, count, size] of this.facts.streams) {
      this.runs.set(name, { count, at });
      at += size;
    }
  }

  // Seven bits a byte, the lowest first; the sign is the lowest bit. Float64Array for what 31 bits do not hold.
  run(name, Kind = Int32Array, most = Infinity) {
    const { count: all, at: start } = this.runs.get(name);
    const count = Math.min(all, most);
    const { bytes } = this;
    const out = new Kind(count);
    let at = start;
    for (let i = 0; i < count; i += 1) {
      let byte = bytes[at];
      at += 1;
      let value = byte & 127;
      for (let scale = 128; byte > 127; scale *= 128) {
        byte = bytes[at];
        at += 1;
        value += (byte & 127) * scale;
      }
      out[i] = value & 1 ? -(value + 1) / 2 : value / 2;
    }
    return out;
  }

  // The same where each number is the step from the one before.
  running(name) {
    const out = this.run(name);
    for (let i = 1; i < out.length; i += 1) out[i] += out[i - 1];
    return out;
  }

  // Where each of the lines begins, and where the last one ends.
  offsets(name, extra = 0) {
    const sizes = this.run(name);
    const out = new Uint32Array(sizes.length + 1);
    for (let i = 0; i < sizes.length; i += 1) out[i + 1] = out[i] + sizes[i] + extra;
    return out;
  }
}
