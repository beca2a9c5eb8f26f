// What changes the register: one write after another, each whole or not at all, each with its undo.
import { alreadyHeld, overtaken } from "./conflict.js";
import { get, post, Problem } from "./http.js";
import { cleared, dropped, PRIMARY, rowsOf, stepped, targets, turned, without, withRows } from "./state.js";
import { say } from "./words.js";

const API = "/api/v1";

export class Actions extends EventTarget {
  constructor(desk) {
    super();
    this.desk = desk;
    this.last = Promise.resolve();
  }

  // One after the other: a write must know what the write before it changed.
  queued(write) {
    const mine = this.last.then(write);
    this.last = mine.catch(() => {});
    return mine;
  }

  // Sends, and asks the reader where somebody else was first. Answers null if it was given up.
  async send(path, body) {
    for (;;) {
      try {
        return await post(`${API}${path}`, body, this.desk.state.seen);
      } catch (problem) {
        if (!(problem instanceof Problem) || problem.status !== 412) throw problem;
        const chosen = await overtaken(this.desk.state, problem);
        await this.catchUp();
        if (chosen === "theirs") {
          this.desk.set(without(this.desk.state, problem.told.changes || []), "picked");
          this.desk.announce(say("theirs were taken"));
        }
        if (chosen !== "again") return null;
      }
    }
  }

  // Takes in what a write did, and what others did before it.
  async taken(answer) {
    const { desk } = this;
    const gap = answer.seen !== desk.state.seen + 1;
    desk.set(withRows(desk.state, answer), "rows");
    if (!gap) desk.set({ ...desk.state, seen: answer.seen });
    else await this.catchUp().catch(() => {}); // it is written; the next poll tells the rest
    this.dispatchEvent(new CustomEvent("written"));
  }

  // What others changed since; the answer says whether a layer moved.
  async catchUp() {
    const { desk } = this;
    const since = desk.state.seen;
    const told = await get(`${API}/desk/changes`, { after: since });
    if (told.seen <= desk.state.seen) return told;
    const rows = desk.state.rows;
    desk.set({ ...withRows(desk.state, told), seen: told.seen });
    if (desk.state.rows !== rows) desk.set(desk.state, "rows");
    const moved = (told.layers || []).filter((layer) => layer !== "assignments");
    // An end that was taken back may be of a row that was over before the page was opened.
    if (rowsOf(told.released).some(({ assignment_id: id, until }) => !until && !rows.has(id))) moved.push("assignments");
    if (moved.length) this.dispatchEvent(new CustomEvent("moved", { detail: { layers: moved } }));
    return told;
  }

  step(answer, text, label) {
    const { desk } = this;
    if (answer.entry === null || answer.entry === undefined) {
      desk.toast(say("nothing to change"), { kind: "note" });
      return;
    }
    desk.set(stepped(desk.state, { entry: answer.entry, label }), "steps");
    desk.toast(text, { offer: { text: say("undo"), take: () => this.undo() } });
  }

  assign({ units, since, source, note }) {
    return this.queued(async () => {
      const { desk } = this;
      const wanted = targets(desk.state);
      const body = { targets: wanted, units, since, scheme: "main", source: source || null, note: note || null, take_over: false };
      const answer = await this.assigned(body, since);
      if (!answer) return false;
      await this.taken(answer);
      const names = units.map(({ unit_id: id }) => desk.state.unitOf.get(id)?.name || id);
      const text = names.length === 1
        ? say("{n} given to {unit}", { n: wanted.length, unit: names[0] })
        : say("{n} given to {units} units", { n: wanted.length, units: names.length });
      this.step(answer, text, text);
      desk.set(cleared(desk.state), "picked");
      return true;
    });
  }

  async assigned(body, since) {
    try {
      return await this.send("/assignments", body);
    } catch (problem) {
      if (!(problem instanceof Problem) || problem.code !== "already-assigned") throw problem;
      const chosen = await alreadyHeld(this.desk.state, problem, since);
      if (!chosen) return null;
      const units = body.units.map((one) => (one.tier === PRIMARY ? { ...one, tier: "assisting" } : one));
      return this.send("/assignments", chosen === "over" ? { ...body, take_over: true } : { ...body, units });
    }
  }

  release({ ids, until, note }) {
    return this.plain("/assignments/release", { assignment_ids: ids, until, note: note || null }, say("{n} released", { n: ids.length }));
  }

  transfer({ from, to, since, only, source, note }) {
    const name = (unit) => this.desk.state.unitOf.get(unit)?.name || unit;
    const body = { from_unit: from, to_unit: to, since, source: source || null, note: note || null, ...(only ? { only } : {}) };
    return this.plain("/assignments/transfer", body, say("all of {from} given to {to}", { from: name(from), to: name(to) }));
  }

  plain(path, body, text) {
    return this.queued(async () => {
      const answer = await this.send(path, body);
      if (!answer) return null;
      await this.taken(answer);
      this.step(answer, text, text);
      return answer;
    });
  }

  // Grids are mended for good: what is undone at the desk is who answers, not where borders lie.
  mend(path, body, text) {
    return this.queued(async () => {
      const answer = await this.send(`/grids${path}`, body);
      if (!answer) return null;
      await this.taken({ ...answer, ...answer.carried });
      this.desk.toast(text);
      this.dispatchEvent(new CustomEvent("moved", { detail: { layers: ["grids"] } }));
      return answer;
    });
  }

  undo() {
    return this.turn("done", "undone: {step}", "nothing to undo");
  }

  redo() {
    return this.turn("undone", "done again: {step}", "nothing to redo");
  }

  turn(from, told, none) {
    return this.queued(async () => {
      const { desk } = this;
      const step = desk.state.steps[from].at(-1);
      if (!step) {
        desk.announce(say(none));
        return;
      }
      try {
        const answer = await this.send(`/steps/${step.entry}/undo`, {});
        if (!answer) return;
        await this.taken(answer);
        desk.set(turned(desk.state, from, answer.entry), "steps");
        desk.toast(say(told, { step: step.label }), { kind: "note" });
      } catch (problem) {
        if (!(problem instanceof Problem)) throw problem;
        if ([403, 404, 409].includes(problem.status)) desk.set(dropped(desk.state, from), "steps");
        desk.toast(problem.message, { kind: "fault" });
      }
    });
  }
}
