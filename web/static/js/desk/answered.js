// Whether somebody answers for a point or a compound: as gridmap/coverage.py counts it. A compound that
// lies wholly on covered ground is answered for, though nobody was given it.
import { bare, hasPrimary } from "./state.js";

const INWARDS = 0.02; // a corner on a border belongs to the grid on the compound's own side
const STEPS = 8; // places on each edge
const under = new WeakMap();

export function answered(desk, kind, one, id) {
  const { state } = desk;
  if (hasPrimary(state, kind, one[id])) return true;
  return kind === "compound" && gridsUnder(desk, one).every((i) => i !== null && !bare(state, i));
}

// Places on a ring: its corners, and between them, so that a hole that an edge crosses is not missed.
function* along(ring) {
  for (let k = 0; k + 1 < ring.length; k += 1) {
    for (let step = 0; step < STEPS; step += 1) {
      const part = step / STEPS;
      yield [0, 1].map((axis) => ring[k][axis] * (1 - part) + ring[k + 1][axis] * part);
    }
  }
}

// The grids in which the edges of a compound lie, each once; null for ground in no grid.
function gridsUnder({ map, state }, compound) {
  if (!under.has(state.ground)) under.set(state.ground, new Map());
  const known = under.get(state.ground);
  if (!known.has(compound.compound_id)) {
    const found = new Set();
    for (const ring of compound.rings) {
      const middle = [0, 1].map((axis) => ring.reduce((sum, corner) => sum + corner[axis], 0) / ring.length);
      for (const place of along(ring)) {
        const [lng, lat] = [0, 1].map((axis) => place[axis] + INWARDS * (middle[axis] - place[axis]));
        found.add(map.hits.at(...map.world({ lng, lat })));
      }
    }
    known.set(compound.compound_id, [...found]);
  }
  return known.get(compound.compound_id);
}
