// What every part of the phone's page shares: who is at it, what is theirs, what is still to be sent, where it is.
import { make } from "../desk/elements.js";
import { groundOf } from "./locate.js";
import { ask, endSession, picture } from "./net.js";
import { mine } from "./outbox.js";
import { Position } from "./position.js";
import { promised, uuid } from "./vault.js";
import { say } from "../desk/words.js";

const SHOWN_MS = 6000;
const FRESH_MS = 10 * 60_000;
const SOON_MS = 5000;
const OWN_ISSUES = 40;
const EMPTY = { type: "FeatureCollection", features: [] };
const PHONE = "phone"; // settings of the phone, whoever has it

// The parts of a pack that are there even if the service left them out.
const whole = (pack) => ({
  settings: {}, units: [], conditions: [], checklists: {}, issues: [], patrol: null, channels: [],
  ...pack,
  ...Object.fromEntries(["grids", "roads", "points", "compounds", "communities"].map((name) => [name, pack[name] ?? EMPTY])),
});

export class Field extends EventTarget {
  constructor(vault, sender) {
    super();
    Object.assign(this, { vault, sender, person: null, pack: null, packAt: 0, ground: [], records: [], settings: {}, persisted: false });
    this.position = new Position();
    this.toasts = document.querySelector("#toasts");
  }

  on(names, heard) {
    for (const name of names) this.addEventListener(name, heard);
  }

  tell(...names) {
    for (const name of names) this.dispatchEvent(new CustomEvent(name));
  }

  async open() {
    this.settings = { datum: "wgs84", ...(await this.vault.kept(PHONE)) };
    this.position.datum = this.settings.datum;
    this.persisted = await promised();
    if (this.settings.person) await this.become(this.settings.person);
    await this.greet({ force: true });
  }

  // Ask the service who is at the phone; without an answer it is whoever it was last.
  async greet({ force = false } = {}) {
    const session = await this.stillHere(await this.sender.identify());
    if (force) await this.forgetOthers(session);
    if (session && session.person_id !== this.person?.person_id) {
      await this.keepSettings({ person: { person_id: session.person_id, name: session.name } });
      await this.become(this.settings.person);
    }
    this.tell("session");
    if (session) await this.fetchPack({ force });
    return session;
  }

  // Who signed out where there was no network is signed out at the service as soon as there is one.
  async stillHere(session) {
    if (!session || session.person_id !== this.settings.leaving) return session;
    if (await endSession(session)) await this.keepSettings({ leaving: null });
    return this.sender.identify();
  }

  // Who signed out on another page, or where no script ran, leaves the map behind: it goes when the page opens
  // and the service says that nobody or somebody else is signed in. Whoever has something to send keeps theirs.
  async forgetOthers(session) {
    if (!session && this.sender.why !== "sign-in") return;
    const gone = await this.vault.forget(session ? [session.person_id] : await this.vault.waiting());
    if (!session && gone.includes(this.person?.person_id)) await this.left();
  }

  // Nobody is at the phone any more.
  async left() {
    Object.assign(this, { person: null, pack: null, packAt: 0 });
    Object.assign(this.sender, { person: null, why: "sign-in" });
    await this.keepSettings({ person: null });
    await this.reread();
    this.tell("person");
  }

  async become(person) {
    this.person = person;
    this.sender.person = person.person_id;
    this.pack = null;
    this.packAt = 0;
    const kept = await this.vault.kept(this.own("pack"));
    if (kept) this.take(kept);
    this.patrolled = (await this.vault.kept(this.own("patrolled")))?.told ?? null;
    await this.reread();
    this.tell("person");
  }

  own(name) {
    return `${this.person.person_id}|${name}`;
  }

  keepOwn(name, value) {
    return this.vault.keep(this.own(name), { person_id: this.person.person_id, ...value });
  }

  async keepSettings(changed) {
    this.settings = { ...this.settings, ...changed };
    await this.vault.keep(PHONE, this.settings);
    if (changed.datum) this.position.use(changed.datum);
  }

  take(kept) {
    this.etag = kept.etag;
    this.packAt = kept.at;
    this.pack = whole(kept.body);
    this.ground = groundOf(this.pack.grids);
    this.tell("pack");
  }

  async fetchPack({ force = false } = {}) {
    if (!force && this.pack && Date.now() - this.packAt < FRESH_MS) return;
    const person = this.person.person_id;
    const answer = await ask("/api/v1/field/pack", { headers: this.etag && this.pack ? { "If-None-Match": this.etag } : {} });
    if (person !== this.person?.person_id) return;
    if (answer?.status === 304) this.packAt = Date.now();
    else if (answer?.status === 200 && answer.told?.grids) {
      const kept = { etag: answer.etag, at: Date.now(), body: answer.told };
      this.take(kept);
      await this.keepOwn("pack", kept);
      await this.fetchIssues();
    } else if (answer?.json && answer.status >= 400) this.toast(answer.told.detail, "fault");
  }

  // The issues one has to deal with, whole, and what they looked like before: for where there is no network.
  async fetchIssues() {
    for (const { issue_id: id } of this.pack.issues.slice(0, OWN_ISSUES)) {
      const answer = await this.fetchIssue(id);
      if (!answer || answer.status >= 500) return;
      if (answer.status === 200 && answer.told?.issue) {
        const before = (answer.told.photos ?? []).find(({ kind }) => kind === "before") ?? answer.told.photos?.[0];
        if (before) await this.fetchThumb(before.photo_id);
      }
    }
    this.tell("issues");
  }

  async fetchIssue(id, patience) {
    const answer = await ask(`/api/v1/issues/${encodeURIComponent(id)}`, { patience });
    if (answer?.status === 200 && answer.told?.issue) await this.keepOwn(`issue|${id}`, { body: answer.told });
    return answer;
  }

  async fetchThumb(id) {
    const name = `thumb|${id}`;
    if (await this.vault.kept(this.own(name))) return;
    const found = await picture(`/api/v1/photos/${encodeURIComponent(id)}?size=thumb`);
    if (found) await this.keepOwn(name, found);
  }

  // What the service made of a patrol: it knows better than the phone what was walked.
  async measured(told) {
    this.patrolled = told;
    await this.keepOwn("patrolled", { told });
    this.tell("pack");
  }

  issue(id) {
    return this.vault.kept(this.own(`issue|${id}`)).then((kept) => kept?.body ?? null);
  }

  // As it is now, if the service says so soon; else as it was.
  async newest(id) {
    await this.fetchIssue(id, SOON_MS);
    return this.issue(id);
  }

  async thumb(id) {
    const kept = await this.vault.kept(this.own(`thumb|${id}`));
    return kept ? new Blob([kept.bytes], { type: kept.type }) : null;
  }

  async reread() {
    this.records = this.person ? mine(await this.vault.records(), this.person.person_id) : [];
    this.tell("records");
  }

  // A record, with the photos that were taken for it; resolves when it is on the disk.
  async save({ kind, subject, body, title, key = uuid(), photos = [], instead = null, patrol = null, draft = null }) {
    const all = await this.vault.records();
    const order = instead?.order ?? Math.max(0, ...all.map((one) => one.order)) + 1;
    const record = {
      key, person_id: this.person.person_id, kind, subject: subject ?? key, body, title, order,
      made_at: new Date().toISOString(), state: "waiting", sent: false, fault: null, tries: 0, not_before: 0,
    };
    await this.vault.save(record, photos, { instead: instead?.key ?? null, patrol, draft: draft && this.own(draft) });
    await this.reread();
    promised(true).then((persisted) => { this.persisted = persisted; });
    this.sender.drain();
    return record;
  }

  toast(text, kind = "done") {
    const box = make("p", { class: `field-toast ${kind}`, role: kind === "fault" ? "alert" : "status" }, text);
    this.toasts.replaceChildren(box);
    window.setTimeout(() => box.remove(), kind === "fault" ? 2 * SHOWN_MS : SHOWN_MS);
  }

  // What a failed save means; the form stays as it is.
  unsaved(fault) {
    this.toast(say(fault?.name === "QuotaExceededError" ? "not saved: no room" : "not saved"), "fault");
    if (fault?.name !== "QuotaExceededError") throw fault;
  }
}
