// How the map is filled: by unit, by state, by load; and the legend that says what the fills mean.
import { make } from "./elements.js";
import { CONFLICT, inForce, INACTIVE, NONE, ONE, SEVERAL, UNREACHED } from "./state.js";
import { number, say } from "./words.js";

const UNITS = ["#8fb8de", "#f2b880", "#a3cf9f", "#d9a3c7", "#c9b98f", "#8fd0cf", "#e8a79e", "#b3a6dd", "#dcd37a", "#9fb3bf", "#c3d99a", "#e3c3d6"];
const STATES = { [NONE]: "#fbe3d2", [ONE]: "#a9cbe3", [SEVERAL]: "#5f9cc7", [CONFLICT]: "#c2410c", [INACTIVE]: "#cbb3d6", [UNREACHED]: "#ead9a5" };
const HATCHED = new Set([NONE, CONFLICT, INACTIVE, UNREACHED]);
const LOADS = ["#e4eef5", "#bcd6e8", "#8fb8d8", "#5b93bf", "#2c6a9e"];
const ORDER = [NONE, ONE, SEVERAL, CONFLICT, INACTIVE, UNREACHED];
const SPECIAL = ORDER.filter((code) => HATCHED.has(code));
const SAID = { [NONE]: "state none", [ONE]: "state one", [SEVERAL]: "state several", [CONFLICT]: "state conflict", [INACTIVE]: "state inactive", [UNREACHED]: "state unreached" };

export class Paint {
  constructor(desk, { select, legend }) {
    Object.assign(this, { desk, select, legend });
    this.colours = new Map();
    select.addEventListener("change", () => this.draw());
    desk.on(["rows", "day", "ground"], () => this.draw());
    this.draw();
  }

  draw() {
    const { state, map } = this.desk;
    const [fill, told] = { unit: () => this.byUnit(state), state: () => this.byState(state), load: () => this.byLoad(state) }[this.select.value]();
    map.setFill(fill);
    map.setLabels((i) => state.ground.names[i] || state.ground.codes[i], 14);
    map.setRoadPaint((road) => this.road(state, road));
    map.setPointPaint((point) => (held(state, "inspection_point", point) ? "#1d5c8f" : "#c2410c"));
    this.legend.parentElement.hidden = !told.length;
    this.legend.replaceChildren(...told.map(([colour, hatch, text]) => this.key(colour, hatch, text)));
  }

  key(colour, hatch, text) {
    const swatch = make("span", { class: `swatch${hatch ? " hatch" : ""}`, "aria-hidden": "true" });
    swatch.style.backgroundColor = colour;
    return make("li", {}, swatch, make("span", {}, text));
  }

  byState(state) {
    const classes = Uint8Array.from(state.holding.standing);
    const palette = ORDER.map((code) => STATES[code]);
    const hatch = ORDER.map((code) => HATCHED.has(code));
    const n = ORDER.map(() => 0);
    for (const code of classes) n[code] += 1;
    const told = ORDER.filter((code) => n[code]).map((code) => [STATES[code], HATCHED.has(code), `${say(SAID[code])} ${number(n[code])}`]);
    return [{ classes, palette, hatch }, told];
  }

  // Neighbouring units get different colours, and a unit keeps its colour for as long as the page lives.
  byUnit(state) {
    this.choose(state);
    const { primary, standing } = state.holding;
    const palette = [...SPECIAL.map((code) => STATES[code]), ...UNITS];
    const hatch = palette.map((_, k) => k < SPECIAL.length);
    const classes = new Uint8Array(state.ground.n);
    for (let i = 0; i < classes.length; i += 1) {
      const special = SPECIAL.indexOf(standing[i]);
      classes[i] = special >= 0 ? special : SPECIAL.length + this.colours.get(primary[i]);
    }
    const seen = new Set(classes);
    const told = SPECIAL.filter((_, k) => seen.has(k)).map((code) => [STATES[code], true, say(SAID[code])]);
    if (seen.size > told.length) told.push([UNITS[0], false, say("each unit its colour")]);
    return [{ classes, palette, hatch }, told];
  }

  choose(state) {
    const { ground, holding: { primary } } = state;
    const fresh = new Set([...primary].filter((k) => k >= 0 && !this.colours.has(k)));
    if (!fresh.size) return;
    const beside = new Map([...fresh].map((k) => [k, new Set()]));
    for (let i = 0; i < ground.n; i += 1) {
      if (!fresh.has(primary[i])) continue;
      for (const j of ground.neighbours(i)) if (primary[j] >= 0 && primary[j] !== primary[i]) beside.get(primary[i]).add(primary[j]);
    }
    for (const k of fresh) {
      const taken = new Set([...beside.get(k)].map((other) => this.colours.get(other)));
      const start = k % UNITS.length;
      const free = UNITS.map((_, c) => (start + c) % UNITS.length).find((c) => !taken.has(c));
      this.colours.set(k, free ?? start);
    }
  }

  // Residents of all grids of a unit for each of its people: five classes of equal size.
  byLoad(state) {
    const { ground, units, holding: { primary } } = state;
    const load = new Float64Array(units.length);
    for (let i = 0; i < ground.n; i += 1) if (primary[i] >= 0) load[primary[i]] += Math.max(0, ground.residents[i]);
    const each = units.map((unit, k) => (unit.headcount > 0 && load[k] > 0 ? load[k] / unit.headcount : null));
    const sorted = each.filter((value) => value !== null).sort((a, b) => a - b);
    const limits = [0.2, 0.4, 0.6, 0.8].map((part) => sorted[Math.floor(part * sorted.length)]);
    const classOf = (value) => limits.filter((limit) => value >= limit).length;
    const classes = new Uint8Array(ground.n);
    for (let i = 0; i < ground.n; i += 1) {
      const value = primary[i] < 0 ? null : each[primary[i]];
      classes[i] = primary[i] < 0 ? 0 : value === null ? 1 : 2 + classOf(value);
    }
    const bounds = [sorted[0], ...limits, sorted.at(-1)];
    const told = sorted.length ? LOADS.map((colour, k) => [colour, false, say("{from} to {to} residents a head", { from: number(bounds[k], 1), to: number(bounds[k + 1], 1) })]) : [];
    if (classes.includes(0)) told.push([STATES[NONE], true, say("state none")]);
    if (classes.includes(1)) told.push(["#e5e7e9", true, say("load unknown")]);
    return [{ classes, palette: [STATES[NONE], "#e5e7e9", ...LOADS], hatch: [true, true, false, false, false, false, false] }, told];
  }

  road(state, road) {
    const rows = (state.byTarget.get(`road_segment|${road}`) || []).filter((row) => inForce(row, state.asOf));
    if (!rows.length) return "#c2410c";
    const length = this.lengths(state).get(road) || Infinity;
    const metres = rows.reduce((sum, row) => sum + (row.to_m - row.from_m) * (row.side === "both" ? 1 : 0.5), 0);
    return metres >= length - 0.5 ? "#1d5c8f" : "#b7860b";
  }

  lengths(state) {
    if (this.measured !== state.ground) {
      this.measured = state.ground;
      this.length = new Map(state.ground.roads.map((road) => [road.road_id, road.length_m]));
    }
    return this.length;
  }
}

function held(state, kind, key) {
  return (state.byTarget.get(`${kind}|${key}`) || []).some((row) => inForce(row, state.asOf));
}
