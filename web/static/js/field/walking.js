// A patrol on the phone: which fixes are kept, which points were passed, how much of the roads was walked.
// What counts is what the service makes of the track; this is shown while one walks.
import { linesOf, plane, toSegment } from "./locate.js";

export const LEAST_M = 10;
export const LEAST_S = 15;
export const ACCURACY_M = 50;
export const POINT_M = 30;
const ROAD_M = 25;
const STEP_M = 10;
const GAP_M = 120; // two fixes further apart were not walked between

const seconds = (from, to) => (new Date(to) - new Date(from)) / 1000;
const metresApart = (one, other) => Math.hypot(...plane([one.lon, one.lat])([other.lon, other.lat]));

// Sparingly: a fix is kept if it is exact and says something new.
export function keeps(last, fix, accuracy = ACCURACY_M) {
  if (!(fix.accuracy <= accuracy)) return false;
  if (!last) return true;
  if (seconds(last.at, fix.at) <= 0) return false;
  return metresApart(last, fix) >= LEAST_M || seconds(last.at, fix.at) >= LEAST_S;
}

export function passed(points, fix, near = POINT_M) {
  const metres = plane([fix.lon, fix.lat]);
  return points
    .filter(({ geometry }) => geometry && Math.hypot(...metres(geometry.coordinates)) <= near)
    .map(({ properties }) => properties.point_id);
}

// The steps of a road for which somebody answers: places every ten metres along it.
export function stepsOf(road) {
  const stretches = road.properties.mine || [];
  const steps = [];
  let start = 0;
  for (const line of linesOf(road.geometry)) {
    for (let k = 1; k < line.length; k += 1) {
      const [dx, dy] = plane(line[k - 1])(line[k]);
      const length = Math.hypot(dx, dy);
      const count = Math.max(1, Math.round(length / STEP_M));
      for (let n = 0; n < count; n += 1) {
        const part = (n + 0.5) / count;
        const at = start + part * length;
        if (stretches.some(([from, to]) => at >= from && at <= to)) {
          const place = [0, 1].map((axis) => line[k - 1][axis] * (1 - part) + line[k][axis] * part);
          steps.push({ place, length: length / count, at });
        }
      }
      start += length;
    }
  }
  return steps;
}

export class Walked {
  constructor(roads) {
    this.steps = roads.flatMap((road) => stepsOf(road).map((step) => ({ ...step, road, done: false })));
    this.total = this.steps.reduce((sum, { length }) => sum + length, 0);
    this.last = null;
  }

  // Between two fixes one walked straight, unless they are far apart.
  add(fix) {
    const metres = plane([fix.lon, fix.lat]);
    const before = this.last ? metres([this.last.lon, this.last.lat]) : [0, 0];
    const from = Math.hypot(...before) <= GAP_M ? before : [0, 0];
    for (const step of this.steps) {
      if (!step.done && toSegment(metres(step.place), from, [0, 0]).distance <= ROAD_M) step.done = true;
    }
    this.last = fix;
  }

  get metres() {
    return this.steps.reduce((sum, { length, done }) => sum + (done ? length : 0), 0);
  }

  get share() {
    return this.total ? this.metres / this.total : null;
  }

  // Stretches walked, as lines for the map.
  lines() {
    const lines = [];
    let open = null;
    for (const step of this.steps) {
      if (!step.done) open = null;
      else if (open && open.road === step.road) open.line.push(step.place);
      else {
        open = { road: step.road, line: [step.place] };
        lines.push(open);
      }
    }
    return lines.map(({ line }) => line).filter((line) => line.length > 1);
  }
}
