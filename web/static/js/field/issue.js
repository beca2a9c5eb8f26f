// An issue on the phone: what it is, what it looked like, and what one may do to it, first of all rectify it.
import { button, make } from "../desk/elements.js";
import { area, PhotoBox, section } from "./boxes.js";
import { clockOf } from "./clocks.js";
import { mine } from "./outbox.js";
import { said } from "./queue.js";
import { uuid } from "./vault.js";
import { moment, say, word } from "../desk/words.js";

const ON_THE_PHONE = new Set(["reason", "evidence", "more"]); // needs that a phone can meet
const ORDER = ["accept", "rectify", "reinspect", "close_out", "reject", "return", "ask_extension", "appeal", "note"];
const THEN = { accept: ["rectify", "return"], reinspect: ["close_out", "reject"] };
const NEEDS = { rectify: ["evidence"], return: ["reason"], reject: ["reason"], close_out: ["evidence"] };

// What may be done next: what the service allowed, or what follows from an act that is still to be sent.
export function allowedNow(issue, records) {
  const waiting = records.filter(({ kind, subject, body }) => kind === "act" && subject === issue.issue_id && body.act !== "note");
  const last = waiting.at(-1)?.body.act;
  const allowed = last ? (THEN[last] ?? []).map((act) => ({ act, needs: NEEDS[act] ?? [] })) : issue.allowed ?? [];
  return allowed
    .filter(({ act, needs }) => ORDER.includes(act) && (needs ?? []).every((need) => ON_THE_PHONE.has(need)))
    .sort((a, b) => ORDER.indexOf(a.act) - ORDER.indexOf(b.act));
}

// What an act that was written before needed, whether or not it may still be done.
const neededBy = ({ act, reason, more }) => [...(NEEDS[act] ?? []).filter((need) => need === "evidence"), ...(reason ? ["reason"] : []), ...(more ? ["more"] : [])];

export const numberOf = (issue) => issue.number ?? issue.issue_id.slice(0, 8);

export function clock(issue) {
  const told = clockOf(issue);
  return told ? make("p", { class: `field-clock ${told.light}` }, make("span", { "aria-hidden": "true" }, told.mark), `${word("light", told.light)} · ${told.text}`) : null;
}

export class IssueScreen {
  // `edited`: an act that the service refused, to be sent again under a new key.
  constructor(field, element, { issue, done, act = null, edited = null }) {
    Object.assign(this, { field, element, issue, done, act: edited ? edited.body.act : act, edited });
  }

  async open() {
    await this.read();
    const { issue, edited } = this;
    const allowed = this.allowed();
    this.form = make("div", { class: "field-act" });
    this.buttons = make("div", { class: "field-actions" }, allowed.map((one, n) => button(word("act", one.act), () => this.choose(one), { class: n ? "field-action" : "field-action first", "data-act": one.act })));
    this.element.replaceChildren(
      make("header", { class: "field-head" }, make("h2", {}, issue.category), make("p", {}, [numberOf(issue), issue.state && word("state", issue.state)].filter(Boolean).join(" · ")), clock(issue)),
      ...[edited?.fault ? make("p", { class: "field-fault", id: "refusal" }, said(edited)) : null, this.facts(), await this.before(), this.buttons, this.form].filter(Boolean));
    const wanted = allowed.find(({ act }) => act === this.act);
    if (wanted) await this.choose(wanted);
    return this;
  }

  // An act is mended by what the issue is now, not by what it was when the act was written.
  async read() {
    const { field, edited, issue } = this;
    this.whole = edited ? await field.newest(issue.issue_id) : await field.issue(issue.issue_id);
    this.taken = edited ? await field.vault.parts(edited.key) : [];
    if (edited && this.whole) this.issue = { ...issue, ...this.whole.issue, allowed: this.whole.allowed };
  }

  allowed() {
    const { field, edited, issue } = this;
    const all = mine(field.records, field.person.person_id);
    const found = allowedNow(issue, edited ? all.filter(({ order }) => order < edited.order) : all);
    if (!edited || found.some(({ act }) => act === this.act)) return found;
    return [{ act: this.act, needs: neededBy(edited.body) }, ...found];
  }

  facts() {
    const { issue } = this;
    const grid = this.field.pack.grids.features.find(({ properties }) => properties.code === issue.grid)?.properties;
    const rows = [
      ["what is wrong", issue.description], ["place", issue.address], ["grid", grid ? grid.name || grid.code : issue.grid],
      ["reported", issue.reported_at && moment(issue.reported_at)], ["due", issue.due_at && moment(issue.due_at)],
      ["last said", this.whole?.events?.filter(({ reason }) => reason).at(-1)?.reason],
    ].filter(([, value]) => value);
    return make("dl", { class: "field-facts" }, rows.flatMap(([name, value]) => [make("dt", {}, say(`fact ${name}`)), make("dd", {}, value)]));
  }

  async before() {
    const photos = (this.whole?.photos ?? []).filter(({ kind }) => kind !== "after");
    const shown = [];
    for (const { photo_id: id } of photos.slice(0, 2)) {
      const blob = await this.field.thumb(id);
      if (blob) shown.push(make("img", { src: await addressOf(blob), alt: say("before") }));
    }
    return shown.length ? section(say("before"), make("div", { class: "field-before" }, shown)) : null;
  }

  async choose(one) {
    for (const other of this.buttons.children) other.setAttribute("aria-pressed", String(other.dataset.act === one.act));
    const needs = one.needs ?? [];
    this.chosen = { act: one.act, needs };
    const has = (kind) => this.taken.some((part) => part.kind === kind); // what was taken is not dropped by choosing another act
    const wantsPhotos = needs.includes("evidence") || ["rectify", "reinspect", "reject"].includes(one.act) || has("after");
    const wantsBefore = (one.act === "rectify" && !this.whole?.photos?.length) || has("before");
    const written = this.edited?.body ?? {};
    this.after = wantsPhotos ? await this.photoBox("after", say(one.act === "rectify" ? "take a photo of it fixed" : "take a photo")) : null;
    this.earlier = wantsBefore ? await this.photoBox("before", say("take a photo of it before")) : null;
    this.text = area(say(needs.includes("reason") ? "why" : "note"), { id: "act-text", value: written.reason ?? written.note ?? "" });
    this.more = needs.includes("more") ? make("input", { type: "number", min: 1, step: 1, value: written.more ?? 1, inputmode: "numeric", "aria-label": say("how much longer") }) : null;
    this.fault = make("p", { class: "field-fault", role: "alert", hidden: true });
    this.form.replaceChildren(...[
      this.earlier ? section(say("before"), this.earlier.element) : null,
      this.after ? section(say(one.act === "rectify" ? "after" : "photo"), this.after.element) : null,
      this.more ? section(say("how much longer"), make("div", { class: "field-stepper" }, this.more, make("span", {}, this.kindOfLimit()))) : null,
      section("", this.text),
      make("div", { class: "field-foot" }, this.fault, button(word("act", one.act), () => this.save(), { class: "field-main-button", id: "save" })),
    ].filter(Boolean));
    this.form.scrollIntoView({ block: "nearest" });
  }

  kindOfLimit() {
    const row = this.field.pack.conditions.find(({ condition_id: id }) => id === this.issue.condition);
    return row ? word("limit", row.limit_kind) : "";
  }

  async photoBox(kind, label) {
    const draft = this.edited?.key ?? this.field.own(`draft|${this.issue.issue_id}|${this.chosen.act}`);
    const box = new PhotoBox(this.field, { draft, kind, label });
    box.addEventListener("changed", () => { if (this.fault) this.fault.hidden = true; });
    await box.restore();
    return box;
  }

  faultOf() {
    const { act, needs } = this.chosen;
    if ((act === "rectify" || needs.includes("evidence")) && !this.after.parts.length) return say(act === "rectify" ? "a photo of it fixed is missing" : "a photo is missing");
    if (needs.includes("reason") && !this.text.value.trim()) return say("say why");
    return this.more && !(Number(this.more.value) > 0) ? say("say how much longer") : "";
  }

  async save() {
    const { field, issue, edited } = this;
    const wrong = this.faultOf();
    this.fault.textContent = wrong;
    this.fault.hidden = !wrong;
    if (wrong || this.busy) return;
    this.busy = true;
    const { act, needs } = this.chosen;
    const photos = [...(this.earlier?.parts ?? []), ...(this.after?.parts ?? [])];
    const key = uuid();
    const text = this.text.value.trim();
    const said = {
      act, act_id: key, at: edited?.body.act === act ? edited.body.at : new Date().toISOString(), [needs.includes("reason") ? "reason" : "note"]: text || null,
      more: this.more ? Number(this.more.value) : null,
    };
    const title = edited?.body.act === act ? edited.title : `${word("act", act)} · ${issue.category} ${numberOf(issue)}`;
    const body = Object.fromEntries(Object.entries(said).filter(([, value]) => value !== null));
    try {
      await field.save({ kind: "act", key, subject: issue.issue_id, body, title, photos, instead: edited });
      this.done(act);
    } catch (fault) {
      field.unsaved(fault);
    }
    this.busy = false;
  }

  close() {} // nothing of it outlives the page
}

// As a data address: the page may show no other pictures than its own.
export const addressOf = (blob) => new Promise((resolve, reject) => {
  const reader = new FileReader();
  reader.onload = () => resolve(reader.result);
  reader.onerror = () => reject(reader.error);
  reader.readAsDataURL(blob);
});
