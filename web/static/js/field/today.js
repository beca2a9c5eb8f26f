// What there is to do today: the patrol, the points, the issues; each with one big action.
import { ask, button, make } from "../desk/elements.js";
import { lightOf } from "./clocks.js";
import { section } from "./boxes.js";
import { allowedNow, clock, numberOf } from "./issue.js";
import { plane } from "./locate.js";
import { mine } from "./outbox.js";
import { metres, number, say, together, word } from "../desk/words.js";

const URGENCY = { red: 0, yellow: 1, green: 2 };
const SHOWN = 60;

export const percent = (share) => (share === null || share === undefined ? "—" : `${number(Math.floor(100 * share))}%`);

const elapsed = (since) => {
  const minutes = Math.max(0, Math.floor((Date.now() - new Date(since)) / 60_000));
  return `${Math.floor(minutes / 60)}:${String(minutes % 60).padStart(2, "0")}`;
};

export class TodayScreen {
  constructor(field, element, patrolling) {
    Object.assign(this, { field, element, patrolling });
    this.patrol = make("div", {});
    this.points = make("div", {});
    this.issues = make("div", {});
    element.replaceChildren(this.patrol, this.issues, this.points);
    field.on(["pack", "records", "person", "session"], () => this.draw());
    patrolling.addEventListener("changed", () => this.drawPatrol());
    window.setInterval(() => { if (this.patrolling.running && this.element.offsetParent) this.drawPatrol(); }, 20_000);
    this.draw();
  }

  shown() { this.draw(); }

  draw() {
    if (!this.field.pack) {
      this.patrol.replaceChildren(make("p", { class: "field-empty" }, say("no ground stored")));
      this.points.replaceChildren();
      this.issues.replaceChildren();
      return;
    }
    this.drawPatrol();
    this.drawIssues();
    this.drawPoints();
  }

  drawPatrol() {
    const { patrolling, field } = this;
    if (!field.pack) return;
    this.patrol.replaceChildren(section(say("patrol"), patrolling.running ? this.running() : this.resting()));
  }

  resting() {
    const { pack } = this.field;
    const due = pack.patrol;
    const waiting = this.field.records.filter(({ kind }) => kind === "patrol").length;
    const done = (due?.done?.length ?? 0) + waiting;
    const facts = [due?.roads_m ? say("roads {m}", { m: metres(due.roads_m) }) : null, due?.points ? say("{n} points", { n: number(due.points) }) : null].filter(Boolean);
    const state = done ? say("patrolled today: {n}", { n: number(done) }) : say(due?.due ? "patrol is due" : "no patrol is due");
    return make("div", { class: "field-task" },
      make("p", { class: `field-task-state ${!done && due?.due ? "due" : ""}` }, state),
      facts.length ? make("p", { class: "field-task-under" }, facts.join(" · ")) : null,
      this.last(),
      pack.units.length ? button(say("start a patrol"), () => this.start(), { class: "field-main-button", id: "start-patrol" }) : null);
  }

  // The last patrol, as the service measured it.
  last() {
    const told = this.field.patrolled;
    if (!told) return null;
    const { roads_m: roads, walked_m: walked, points_due: due, points_seen: seen } = told;
    return make("p", { class: "field-task-under" }, say("last patrol: {share}, points {seen} of {due}", { share: percent(roads ? walked / roads : null), seen: number(seen ?? 0), due: number(due ?? 0) }));
  }

  running() {
    const { patrolling } = this;
    const { share, walked_m: walked, roads_m: roads, seen, due } = patrolling.summary;
    const figure = (name, value) => [make("dt", {}, name), make("dd", {}, value)];
    return make("div", { class: "field-task running" },
      make("p", { class: "field-task-state" }, say("patrol runs for {unit}", { unit: patrolling.unit?.name ?? "" })),
      make("dl", { class: "field-figures" },
        make("div", {}, figure(say("time"), elapsed(patrolling.state.started_at))),
        make("div", {}, figure(say("roads walked"), roads ? `${percent(share)} · ${metres(walked)}` : "—")),
        make("div", {}, figure(say("points passed"), `${number(seen)} / ${number(due)}`))),
      make("p", { class: "field-hint" }, say(patrolling.awake ? "the screen stays on" : "keep the screen on"), " ", say("{n} positions kept", { n: number(patrolling.state.track.length) })),
      button(say("end the patrol"), () => this.end(), { class: "field-main-button end", id: "end-patrol" }));
  }

  async start() {
    const { units } = this.field.pack;
    const chosen = units.length === 1 ? units[0].unit_id : await ask({
      title: say("in whose name"), kind: "field-dialog", body: [],
      buttons: [...units.map(({ unit_id: id, name }) => ({ value: id, text: name })), { value: null, text: say("cancel") }],
    });
    if (chosen) await this.patrolling.start(chosen);
  }

  async end() {
    const { patrolling, field } = this;
    const { share, seen, due, missed } = patrolling.summary;
    const few = patrolling.state.track.length < 2;
    const told = [
      make("p", {}, say("roads walked: {share}; points: {seen} of {due}", { share: percent(share), seen: number(seen), due: number(due) })),
      missed.length ? make("p", {}, say("not passed: {names}", { names: together(missed.slice(0, 8)) })) : null,
      few ? make("p", { class: "field-fault" }, say("too few positions")) : null,
    ].filter(Boolean);
    const answer = await ask({
      title: say("end the patrol"), kind: "field-dialog", body: told,
      buttons: [{ value: null, text: say("go on") }, { value: "discard", text: say("discard") }, ...(few ? [] : [{ value: "end", text: say("end and save"), primary: true }])],
    });
    try {
      if (answer === "discard") await patrolling.discard();
      if (answer === "end") {
        await patrolling.end();
        field.toast(say("saved"));
      }
    } catch (fault) {
      field.unsaved(fault);
    }
  }

  drawIssues() {
    const { field } = this;
    const own = mine(field.records, field.person.person_id);
    const rows = field.pack.issues
      .map((issue) => ({ issue, light: lightOf(issue), allowed: allowedNow(issue, own), waiting: own.filter(({ kind, subject }) => kind === "act" && subject === issue.issue_id) }))
      .sort((a, b) => (URGENCY[a.light] ?? 3) - (URGENCY[b.light] ?? 3) || String(a.issue.due_at).localeCompare(String(b.issue.due_at)));
    this.issues.replaceChildren(section(say("issues ({n})", { n: number(rows.length) }),
      rows.length ? make("ul", { class: "field-list" }, rows.slice(0, SHOWN).map((row) => this.issue(row))) : make("p", { class: "field-empty" }, say("no issues"))));
  }

  issue({ issue, allowed, waiting }) {
    const grid = this.field.ground.find(({ properties }) => properties.code === issue.grid)?.properties;
    const where = [numberOf(issue), word("state", issue.state), grid ? grid.name || grid.code : null, issue.address].filter(Boolean).join(" · ");
    const first = allowed.find(({ act }) => act !== "note");
    return make("li", { "data-issue": issue.issue_id },
      make("a", { class: "field-row", href: `#issue/${encodeURIComponent(issue.issue_id)}` },
        make("strong", {}, issue.category), make("span", {}, where), clock(issue),
        waiting.length ? make("em", {}, say("to be sent: {acts}", { acts: together(waiting.map(({ body }) => word("act", body.act))) })) : null),
      first ? make("a", { class: "field-go", href: `#issue/${encodeURIComponent(issue.issue_id)}/${first.act}` }, word("act", first.act)) : null);
  }

  drawPoints() {
    const { field } = this;
    const { now } = field.position;
    const visited = new Set(field.records.filter(({ kind }) => kind === "visit").map(({ body }) => body.point_id));
    const away = now ? plane([now.lon, now.lat]) : null;
    const rows = field.pack.points.features
      .filter(({ properties }) => properties.mine)
      .map((point) => ({ point, done: visited.has(point.properties.point_id), due: point.properties.due, m: away && point.geometry ? Math.hypot(...away(point.geometry.coordinates)) : null }))
      .sort((a, b) => (a.done - b.done) || (Boolean(b.due) - Boolean(a.due)) || ((a.m ?? 0) - (b.m ?? 0)));
    this.points.replaceChildren(section(say("points ({n})", { n: number(rows.filter(({ done, due }) => due && !done).length) }),
      rows.length ? make("ul", { class: "field-list" }, rows.slice(0, SHOWN).map((row) => this.point(row))) : make("p", { class: "field-empty" }, say("no points"))));
  }

  point({ point: { properties }, done, due, m }) {
    const state = done ? say("visited, to be sent") : due ? say("visit is due") : say("visited lately");
    const under = [properties.category, m === null ? null : metres(m), state].filter(Boolean).join(" · ");
    const to = `#visit/${encodeURIComponent(properties.point_id)}`;
    return make("li", { "data-point": properties.point_id },
      make("a", { class: "field-row", href: to }, make("strong", {}, properties.name), make("span", {}, under)),
      make("a", { class: done || !due ? "field-go quiet" : "field-go", href: to }, say("visit")));
  }
}
