// The patrol that runs: its track and what was passed, kept at every step so that a reload loses nothing.
import { Walked, keeps, passed } from "./walking.js";
import { say } from "../desk/words.js";
import { uuid } from "./vault.js";

export class Patrolling extends EventTarget {
  constructor(field) {
    super();
    Object.assign(this, { field, state: null, walked: null, lock: null });
    field.on(["person"], () => this.resume());
    field.on(["pack"], () => this.measure());
    field.position.addEventListener("moved", () => this.moved());
    document.addEventListener("visibilitychange", () => { if (!document.hidden) this.stayAwake(); });
  }

  get running() { return Boolean(this.state); }

  get unit() { return this.field.pack?.units.find(({ unit_id: id }) => id === this.state?.unit_id) ?? null; }

  get due() {
    return (this.field.pack?.points.features ?? []).filter(({ properties }) => properties.mine);
  }

  tell(...names) {
    for (const name of names) this.dispatchEvent(new CustomEvent(name));
  }

  async resume() {
    const { field } = this;
    this.state = (field.person && (await field.vault.patrol(field.own("running")))) ?? null;
    this.measure();
    if (this.state) this.begin();
    this.tell("changed");
  }

  async start(unit) {
    this.state = {
      key: this.field.own("running"), person_id: this.field.person.person_id, patrol_id: uuid(), unit_id: unit,
      started_at: new Date().toISOString(), track: [], points: [], ticked: [],
    };
    await this.field.vault.keepPatrol(this.state);
    this.measure();
    this.begin();
    this.tell("changed");
  }

  begin() {
    this.field.position.start();
    this.stayAwake();
    this.moved();
  }

  // A phone that sleeps hears no positions; where the browser cannot keep it awake, the page says so.
  async stayAwake() {
    if (!this.state || !navigator.wakeLock || document.hidden) return;
    this.lock = await navigator.wakeLock.request("screen").catch(() => null); // refused when the battery is low
    this.tell("changed");
  }

  get awake() { return Boolean(this.lock && !this.lock.released); }

  get roads() { return (this.field.pack?.roads.features ?? []).filter(({ properties }) => properties.mine?.length); }

  measure() {
    this.walked = this.state && this.field.pack ? new Walked(this.roads) : null;
    for (const { lon, lat, at } of this.state?.track ?? []) this.walked?.add({ lon, lat, at });
    this.tell("walked");
  }

  async moved() {
    const { now, settings } = { now: this.field.position.now, settings: this.field.pack?.settings };
    const { state } = this;
    if (!state || !now || !keeps(state.track.at(-1) ?? null, now, settings?.accuracy_m)) return;
    state.track.push({ lon: now.lon, lat: now.lat, at: now.at, accuracy: now.accuracy });
    state.points = [...new Set([...state.points, ...passed(this.due, now)])];
    this.walked?.add(now);
    await this.field.vault.keepPatrol(state); // what is said to be kept is kept
    this.tell("walked", "changed");
  }

  // A point that was visited on the way is ticked, though the phone may not have heard how near it came.
  async tick(point) {
    if (!this.state || this.state.ticked.includes(point)) return;
    this.state.ticked.push(point);
    this.state.points = [...new Set([...this.state.points, point])];
    await this.field.vault.keepPatrol(this.state);
    this.tell("changed");
  }

  lines() { return this.walked?.lines() ?? []; }

  // What was done, as far as the phone can tell.
  get summary() {
    const { state, walked } = this;
    const due = this.due.filter(({ properties }) => properties.due);
    return {
      share: walked?.share ?? null, walked_m: walked?.metres ?? 0, roads_m: walked?.total ?? 0,
      seen: due.filter(({ properties }) => state.points.includes(properties.point_id)).length, due: due.length,
      missed: due.filter(({ properties }) => !state.points.includes(properties.point_id)).map(({ properties }) => properties.name),
    };
  }

  async end() {
    const { state } = this;
    const body = {
      patrol_id: state.patrol_id, unit_id: state.unit_id, started_at: state.started_at, ended_at: new Date().toISOString(),
      ticked: state.ticked,
      track: state.track.map(({ lon, lat, at, accuracy }) => [lon, lat, at, Math.round(accuracy * 10) / 10]),
    };
    const { summary } = this;
    await this.field.save({ kind: "patrol", key: state.patrol_id, body, title: say("patrol of {unit}", { unit: this.unit?.name ?? state.unit_id }), patrol: state.key });
    this.state = null;
    this.walked = null;
    await this.lock?.release();
    this.lock = null;
    this.tell("changed", "walked");
    return summary;
  }

  async discard() {
    await this.field.vault.write(["patrol"], (store) => { store.delete(this.state.key); });
    this.state = null;
    this.measure();
    await this.lock?.release();
    this.tell("changed");
  }
}
