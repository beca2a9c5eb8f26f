// The desk's state and what follows from it: plain data in, plain data out, nothing on the page.
export const PRIMARY = "responsible";
export const SCHEME = "main";
export const NONE = 0;
export const ONE = 1;
export const SEVERAL = 2;
export const CONFLICT = 3;
export const INACTIVE = 4;
export const UNREACHED = 5;
const BARE = new Set([NONE, INACTIVE, UNREACHED]);

// Columns of equal length → one object a row.
export function rowsOf(columns) {
  const names = Object.keys(columns || {});
  const n = names.length ? columns[names[0]].length : 0;
  return Array.from({ length: n }, (_, k) => Object.fromEntries(names.map((name) => [name, columns[name][k]])));
}

// What an assignment or a selection is of; of a road, each stretch is a target of its own.
export function keyOf({ target_kind: kind, target, from_m: from, to_m: to, side }) {
  const whole = `${kind}|${target}`;
  return kind === "road_segment" && side ? `${whole}|${from}|${to}|${side}` : whole;
}

export const targetKey = ({ target_kind: kind, target }) => `${kind}|${target}`;

export function start(ground, told) {
  const units = told.units.map((unit, index) => ({ ...unit, index }));
  return derived({
    ground,
    units,
    unitOf: new Map(units.map((unit) => [unit.unit_id, unit])),
    tiers: told.tiers,
    rows: new Map(rowsOf(told.assignments).map((row) => [row.assignment_id, row])),
    asOf: told.as_of,
    today: told.today,
    firstDay: told.first_day,
    may: new Set(told.may),
    seen: told.seen,
    picked: new Set(),
    others: new Map(),
    active: null,
    steps: { done: [], undone: [] },
  });
}

// Another day of the same register: what was selected stays, as far as it was there.
export function onDay(state, ground, told) {
  const next = start(ground, told);
  const codes = [...state.picked].map((i) => state.ground.codes[i]);
  const kept = codes.map((code) => ground.indexOf.get(code)).filter((i) => i !== undefined);
  const active = state.active === null ? undefined : ground.indexOf.get(state.ground.codes[state.active]);
  return { ...next, picked: new Set(kept), others: state.others, active: active ?? null, steps: state.steps };
}

export function withGround(state, ground) {
  const codes = [...state.picked].map((i) => state.ground.codes[i]);
  const kept = codes.map((code) => ground.indexOf.get(code)).filter((i) => i !== undefined);
  const active = state.active === null ? undefined : ground.indexOf.get(state.ground.codes[state.active]);
  return derived({ ...state, ground, picked: new Set(kept), active: active ?? null });
}

// Only what a step touches is worked out again: a step of one grid costs the same in every city.
export function withRows(state, { added, released }) {
  const fresh = rowsOf(added);
  const ended = rowsOf(released).filter(({ assignment_id: id }) => state.rows.has(id) || fresh.some((row) => row.assignment_id === id));
  if (!fresh.length && !ended.length) return state;
  const rows = new Map(state.rows);
  for (const row of fresh) rows.set(row.assignment_id, row);
  for (const { assignment_id: id, until } of ended) rows.set(id, { ...rows.get(id), until });
  const byTarget = new Map(state.byTarget);
  const changed = [...fresh, ...ended].map(({ assignment_id: id }) => rows.get(id));
  const touched = grouped(changed);
  for (const [key, news] of touched) {
    const ids = new Set([...(byTarget.get(key) || []), ...news].map((row) => row.assignment_id));
    byTarget.set(key, [...ids].map((id) => rows.get(id)).filter((row) => !over(row, state.asOf)));
  }
  const next = { ...state, rows, byTarget };
  if (changed.some((row) => row.target_kind === "division")) return { ...next, holding: holding(next) };
  const grids = new Set(changed.filter((row) => row.target_kind === "grid").map((row) => state.ground.indexOf.get(row.target)));
  grids.delete(undefined);
  const { primary, standing } = state.holding;
  const held = { primary: primary.slice(), standing: standing.slice() };
  for (const i of grids) settle(next, held, i, inherited(next, state.ground.communities[state.ground.parent[i]]));
  return { ...next, holding: held };
}

export const canAssign = (state) => state.may.has("assignment.write") && state.asOf === state.today;
export const canMend = (state) => state.may.has("grid.write") && state.asOf === state.today;
export const inForce = (row, day) => row.since <= day && (!row.until || row.until > day);
// Over for good: ended, or annulled on the day on which it would have begun.
const over = (row, day) => Boolean(row.until) && (row.until <= day || row.until <= row.since);

function grouped(rows) {
  const groups = new Map();
  for (const row of rows) {
    const key = targetKey(row);
    const there = groups.get(key);
    if (there) there.push(row);
    else groups.set(key, [row]);
  }
  return groups;
}

function derived(state) {
  const alive = [...state.rows.values()].filter((row) => !over(row, state.asOf));
  const next = { ...state, byTarget: grouped(alive) };
  return { ...next, holding: holding(next) };
}

// For every grid: who is its primary (index of the unit, -1 nobody), and how it stands.
function holding(state) {
  const { ground } = state;
  const held = { primary: new Int32Array(ground.n), standing: new Uint8Array(ground.n) };
  const above = ground.communities.map((community) => inherited(state, community));
  for (let i = 0; i < ground.n; i += 1) settle(state, held, i, above[ground.parent[i]]);
  return held;
}

function settle(state, held, i, above) {
  const rows = holdersOf(state, "grid", state.ground.codes[i]);
  const own = primaries(rows);
  const unit = own.length ? state.unitOf.get(own[0]) : above;
  held.primary[i] = unit ? unit.index : -1;
  held.standing[i] = unit ? standingOf(rows, own, unit) : NONE;
}

function standingOf(rows, own, unit) {
  if (own.length > 1) return CONFLICT;
  if (unit.active === false) return INACTIVE;
  if (unit.reachable === false) return UNREACHED;
  return rows.some((row) => row.unit_id !== unit.unit_id) ? SEVERAL : ONE;
}

// Where nobody is primary on a grid, whoever is on the nearest division above answers for it.
function inherited(state, community) {
  for (const code of [community.code, community.subdistrict]) {
    const own = primaries(holdersOf(state, "division", code));
    if (own.length) return state.unitOf.get(own[0]);
  }
  return undefined;
}

// In the order of their keys, so that the first of several does not hang on what was done first.
const primaries = (rows) => [
  ...new Set(rows.filter((row) => row.tier === PRIMARY && row.scheme === SCHEME).map((row) => row.unit_id)),
].sort();

export const rowsAt = (state, kind, target) => state.byTarget.get(`${kind}|${target}`) || [];
export const holdersOf = (state, kind, target) =>
  rowsAt(state, kind, target).filter((row) => inForce(row, state.asOf));
export const hasPrimary = (state, kind, target) =>
  primaries(holdersOf(state, kind, target)).map((id) => state.unitOf.get(id)).some((unit) => unit?.active !== false && unit?.reachable !== false);
// Nobody, or nobody who can be called to answer: as gridmap/answers.py sees it.
export const bare = (state, i) => BARE.has(state.holding.standing[i]);

export function pick(state, indices, mode) {
  const picked = mode === "replace" ? new Set() : new Set(state.picked);
  for (const i of indices) {
    if (mode === "remove" || (mode === "toggle" && picked.has(i))) picked.delete(i);
    else picked.add(i);
  }
  return { ...state, picked };
}

export function pickOthers(state, targets, mode = "toggle") {
  const others = mode === "replace" ? new Map() : new Map(state.others);
  for (const target of targets) {
    const key = keyOf(target);
    if (mode === "remove" || (mode === "toggle" && others.has(key))) others.delete(key);
    else others.set(key, target);
  }
  return { ...state, others };
}

export const cleared = (state) => ({ ...state, picked: new Set(), others: new Map() });

// The selection without some targets: what another person changed first is given up.
export function without(state, targets) {
  const gone = new Set(targets.map(targetKey));
  const picked = [...state.picked].filter((i) => !gone.has(`grid|${state.ground.codes[i]}`));
  const others = [...state.others].filter(([, target]) => !gone.has(targetKey(target)));
  return { ...state, picked: new Set(picked), others: new Map(others) };
}

export function where(ground, test) {
  const found = [];
  for (let i = 0; i < ground.n; i += 1) if (test(i)) found.push(i);
  return found;
}

export const everything = (state) => where(state.ground, () => true);
export const uncovered = (state) => where(state.ground, (i) => bare(state, i));
export const inverted = (state) => where(state.ground, (i) => !state.picked.has(i));

export function siblings(state, indices = state.picked) {
  const parents = new Set([...indices].map((i) => state.ground.parent[i]));
  return where(state.ground, (i) => parents.has(state.ground.parent[i]));
}

export function grown(state) {
  const found = new Set(state.picked);
  for (const i of state.picked) for (const j of state.ground.neighbours(i)) found.add(j);
  return [...found];
}

// What a unit holds on the day, whatever the tier.
export function heldBy(state, unitId) {
  const rows = [...state.rows.values()].filter((row) => row.unit_id === unitId && inForce(row, state.asOf));
  const grids = rows.filter((row) => row.target_kind === "grid").map((row) => state.ground.indexOf.get(row.target));
  return { rows, grids: [...new Set(grids.filter((i) => i !== undefined))] };
}

export function targets(state) {
  const grids = [...state.picked].map((i) => ({ target_kind: "grid", target: state.ground.codes[i] }));
  return [...grids, ...state.others.values()];
}

// Assignments in force on what is selected; of a road, those that touch the metres and the side.
export function heldRows(state) {
  const found = new Map();
  for (const target of targets(state)) {
    for (const row of holdersOf(state, target.target_kind, target.target)) {
      if (touches(row, target)) found.set(row.assignment_id, row);
    }
  }
  return [...found.values()];
}

function touches(row, target) {
  if (row.target_kind !== "road_segment" || !target.side) return true;
  const sides = row.side === target.side || row.side === "both" || target.side === "both";
  return sides && row.from_m < target.to_m && target.from_m < row.to_m;
}

export function stepped(state, step) {
  return { ...state, steps: { done: [...state.steps.done, step], undone: [] } };
}

// Moves the last step from one stack to the other, under the entry that undid (or redid) it.
export function turned(state, from, entry) {
  const to = from === "done" ? "undone" : "done";
  const left = state.steps[from].slice(0, -1);
  const step = { ...state.steps[from].at(-1), entry };
  return { ...state, steps: { [from]: left, [to]: [...state.steps[to], step] } };
}

// A step that can no longer be taken back would stand in the way of those before it.
export function dropped(state, from) {
  return { ...state, steps: { ...state.steps, [from]: state.steps[from].slice(0, -1) } };
}
