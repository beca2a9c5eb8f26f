// A visit of an inspection point: its checklist, photos, a note.
import { button, make } from "../desk/elements.js";
import { area, Choice, PhotoBox, section } from "./boxes.js";
import { plane } from "./locate.js";
import { placeBy } from "./position.js";
import { renewed } from "./outbox.js";
import { uuid } from "./vault.js";
import { metres, say } from "../desk/words.js";

export class VisitForm {
  constructor(field, element, { point, edited = null, patrolling, done }) {
    Object.assign(this, { field, element, point, edited, patrolling, done, answers: { ...edited?.body.answers } });
    this.name = `draft|visit|${point.properties.point_id}`;
  }

  get checklist() {
    return this.field.pack.checklists[this.point.properties.category] ?? { edition: null, items: [] };
  }

  async open() {
    const { field, edited } = this;
    const kept = edited ? edited.body : (await field.vault.kept(field.own(this.name)))?.fields;
    this.answers = { ...kept?.answers };
    const draft = edited ? edited.key : field.own(this.name);
    this.photos = new PhotoBox(field, { draft, kind: "other", label: say("take a photo") });
    this.text = area(say("note"), { value: kept?.note ?? "" });
    this.text.addEventListener("input", () => this.keep());
    this.fault = make("p", { class: "field-fault", role: "alert", hidden: true });
    const { name, category } = this.point.properties;
    this.element.replaceChildren(
      make("header", { class: "field-head" }, make("h2", {}, name), make("p", {}, category), this.away()),
      section(say("checklist"), this.checklist.items.length ? this.checklist.items.map((item) => this.line(item)) : make("p", { class: "field-hint" }, say("no checklist"))),
      section(say("photo"), this.photos.element),
      section("", this.text),
      make("div", { class: "field-foot" }, this.fault, button(say("save"), () => this.save(), { class: "field-main-button", id: "save" })));
    await this.photos.restore();
    return this;
  }

  away() {
    const { now } = this.field.position;
    const { geometry } = this.point;
    if (!now || !geometry) return null;
    const m = Math.hypot(...plane([now.lon, now.lat])(geometry.coordinates));
    const near = m <= Math.max(this.field.pack.settings.near_m ?? 100, now.accuracy);
    return make("p", { class: near ? "field-badge mine" : "field-badge other" }, say(near ? "at the point" : "{m} from the point", { m: metres(m) }));
  }

  line(item) {
    const control = { yes_no: () => this.yesNo(item), count: () => this.count(item), share: () => this.share(item) }[item.check]();
    return make("div", { class: "field-item", "data-item": item.item_id }, make("p", {}, item.item), control);
  }

  yesNo({ item_id: id, item }) {
    const choice = new Choice([[true, say("yes")], [false, say("no")]], { label: item, value: this.answers[id] ?? null });
    choice.addEventListener("changed", () => this.answer(id, choice.value));
    return choice.element;
  }

  count({ item_id: id, item, least }) {
    const input = make("input", { type: "number", inputmode: "numeric", min: 0, step: 1, value: this.answers[id] ?? "", "aria-label": item });
    const set = (value) => {
      input.value = Math.max(0, value);
      this.answer(id, Number(input.value));
    };
    input.addEventListener("change", () => (input.value === "" ? this.answer(id, undefined) : set(Math.round(Number(input.value)))));
    const step = (by) => button(by < 0 ? "−" : "+", () => set(Number(input.value) + by), { "aria-label": say(by < 0 ? "one fewer" : "one more") });
    const wanted = Number.isFinite(least) ? make("small", {}, say("at least {n}", { n: least })) : null;
    return make("div", { class: "field-stepper" }, step(-1), input, step(1), wanted);
  }

  share({ item_id: id, item, least }) {
    const input = make("input", { type: "number", inputmode: "decimal", min: 0, max: 100, value: this.answers[id] === undefined ? "" : 100 * this.answers[id], "aria-label": item });
    input.addEventListener("change", () => this.answer(id, input.value === "" ? undefined : Math.min(1, Math.max(0, Number(input.value) / 100))));
    const wanted = Number.isFinite(least) ? make("small", {}, say("at least {n}", { n: `${100 * least}%` })) : null;
    return make("div", { class: "field-stepper" }, input, make("span", {}, "%"), wanted);
  }

  answer(id, value) {
    if (value === undefined) delete this.answers[id];
    else this.answers[id] = value;
    this.keep();
  }

  async keep() {
    if (!this.edited) await this.field.keepOwn(this.name, { fields: { answers: this.answers, note: this.text.value.trim() } });
  }

  now(key) {
    const { field, point, patrolling } = this;
    const { now } = field.position;
    const unit = patrolling.state?.unit_id ?? point.properties.unit_id ?? field.pack.units[0]?.unit_id;
    const said = {
      visit_id: key, point_id: point.properties.point_id, unit_id: unit, at: this.edited?.body.at ?? new Date().toISOString(), answers: this.answers,
      edition: this.checklist.edition, place: this.edited?.body.place ?? (now ? placeBy(now) : null), patrol_id: patrolling.state?.patrol_id, note: this.text.value.trim(),
    };
    return Object.fromEntries(Object.entries(said).filter(([, value]) => value !== null && value !== undefined && value !== ""));
  }

  faultOf() {
    const unanswered = this.checklist.items.filter(({ item_id: id }) => this.answers[id] === undefined);
    return unanswered.length ? say("not answered yet: {item}", { item: unanswered[0].item }) : "";
  }

  async save() {
    const { field, edited } = this;
    const wrong = this.faultOf();
    this.fault.textContent = wrong;
    this.fault.hidden = !wrong;
    if (wrong || this.busy) return;
    this.busy = true;
    const key = uuid();
    const body = edited ? renewed(edited, this.now(key), key).body : this.now(key);
    try {
      await field.save({ kind: "visit", key, body, title: say("visit of {name}", { name: this.point.properties.name }), photos: this.photos.parts, instead: edited, draft: edited ? null : this.name });
      await this.patrolling.tick(this.point.properties.point_id);
      this.done();
    } catch (fault) {
      field.unsaved(fault);
    }
    this.busy = false;
  }

  close() {} // nothing of it outlives the page
}
