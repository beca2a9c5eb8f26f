// A report in three taps: the photo, the category, save. Where it is the phone knows, unless one moves the cross.
import { button, make } from "../desk/elements.js";
import { area, Choice, PhotoBox, PlaceBox, pulldown, section } from "./boxes.js";
import { matching } from "./initials.js";
import { canEdit, renewed } from "./outbox.js";
import { uuid } from "./vault.js";
import { say, word } from "../desk/words.js";

const RECENT = 8;
const FOUND = 24;
const OF_UNITS = new Set(["field_staff", "unit_coordinator"]);
const ELSEWHERE = new Set(["hotline", "citizen_app", "open311"]); // what comes in these ways is not typed in on a phone

export const categoriesOf = (pack) => [...new Set((pack?.conditions ?? []).map(({ category }) => category))];

export class ReportForm {
  // `edited`: a record that the service refused, to be sent again under a new key.
  constructor(field, element, { edited = null, done }) {
    Object.assign(this, { field, element, edited, done, fields: {} });
    this.name = `draft|${edited ? edited.key : "report"}`;
  }

  async open() {
    const { field, edited } = this;
    const kept = edited ? edited.body : (await field.vault.kept(field.own(this.name)))?.fields;
    const draft = edited ? edited.key : field.own(this.name);
    this.fields = { ...kept };
    this.recent = (await field.vault.kept(field.own("recent")))?.names ?? [];
    this.photos = new PhotoBox(field, { draft, kind: "before", label: say("take a photo") });
    this.after = new PhotoBox(field, { draft, kind: "after", label: say("take a photo of it fixed") });
    this.place = new PlaceBox(field);
    if (kept?.place?.source === "pin") this.place.pinned = [kept.place.lon, kept.place.lat];
    this.build();
    await Promise.all([this.photos.restore(), this.after.restore()]);
    this.place.addEventListener("changed", () => this.keep());
    this.place.open();
    return this;
  }

  build() {
    const { fields } = this;
    this.category = new Choice([], { label: say("category"), value: fields.category ?? null });
    this.category.addEventListener("changed", () => this.chosen());
    this.search = make("input", { type: "search", id: "category-search", autocomplete: "off", placeholder: say("find a category: name or initials"), "aria-label": say("find a category: name or initials") });
    this.search.addEventListener("input", () => this.narrow());
    this.conditions = make("div", {});
    this.text = area(say("what is wrong, if the photo does not show it"), { value: fields.description ?? "", id: "description" });
    this.address = make("input", { type: "text", id: "address", maxlength: 200, autocomplete: "off", placeholder: say("address or landmark"), "aria-label": say("address or landmark"), value: fields.address ?? "" });
    this.fixed = make("input", { type: "checkbox", id: "fixed" });
    this.fixed.checked = Boolean(fields.fixed);
    const fixed = make("div", { class: "field-fixed" }, make("label", { class: "field-check" }, this.fixed, say("fixed on the spot")), this.after.element);
    const shown = () => { this.after.element.hidden = !this.fixed.checked; };
    this.fixed.addEventListener("change", shown);
    shown();
    this.fault = make("p", { class: "field-fault", role: "alert", hidden: true });
    this.submit = button(say("save"), () => this.save(), { class: "field-main-button", id: "save" });
    this.element.replaceChildren(
      section(say("photo"), this.photos.element),
      section(say("category"), this.category.element, this.search, this.conditions),
      section(say("place"), this.place.element),
      make("details", { class: "field-part" }, make("summary", {}, say("more")), this.text, this.address, this.whose(), fixed),
      make("div", { class: "field-foot" }, this.fault, this.submit));
    for (const control of [this.text, this.address, this.fixed]) control.addEventListener("input", () => this.keep());
    this.narrow();
    this.chosen();
  }

  whose() {
    const { units, channels, person: { roles } } = this.field.pack ?? { units: [], channels: [], person: { roles: [] } };
    this.unit = pulldown(say("in whose name"), [["", "—"], ...units.map(({ unit_id: id, name }) => [id, name])], this.fields.unit_id ?? (units.length === 1 ? units[0].unit_id : ""));
    const ofUnit = roles.every((role) => OF_UNITS.has(role));
    const codes = channels.filter((code) => (ofUnit ? code === "unit_patrol" : !ELSEWHERE.has(code)));
    this.channel = pulldown(say("channel"), codes.map((code) => [code, word("channel", code)]), this.fields.channel ?? codes[0]);
    return [units.length > 1 ? this.unit.element : null, codes.length > 1 ? this.channel.element : null].filter(Boolean);
  }

  // What was reported lately, until one types.
  narrow() {
    const all = categoriesOf(this.field.pack);
    const typed = this.search.value.trim();
    const recent = this.recent.filter((name) => all.includes(name));
    const shown = typed ? matching(all, typed).slice(0, FOUND) : [...new Set([...recent, ...all])].slice(0, all.length > FOUND ? RECENT : FOUND);
    const { value } = this.category;
    if (value && !shown.includes(value)) shown.unshift(value);
    this.category.set(shown.map((name) => [name, name]));
  }

  chosen() {
    const rows = (this.field.pack?.conditions ?? []).filter(({ category }) => category === this.category.value);
    this.condition = null;
    this.conditions.replaceChildren();
    if (rows.length > 1) {
      this.condition = pulldown(say("condition"), [["", say("the office chooses")], ...rows.map(({ condition_id: id, condition }) => [id, condition])], this.fields.condition ?? "");
      this.conditions.append(this.condition.element);
      this.condition.control.addEventListener("change", () => this.keep());
    }
    this.keep();
  }

  now() {
    const { field } = this;
    const place = this.place.value;
    const said = {
      category: this.category.value, condition: this.condition?.control.value, description: this.text.value.trim(), address: this.address.value.trim(),
      channel: this.channel.control.value || "unit_patrol", unit_id: this.unit.control.value || (field.pack?.units.length === 1 ? field.pack.units[0].unit_id : ""), place,
    };
    const told = Object.entries(said).filter(([, value]) => value !== null && value !== undefined && value !== "");
    return { ...Object.fromEntries(told), fixed: this.fixed.checked };
  }

  // The form outlives the page: a call, a new version of the page, a dead battery.
  async keep() {
    this.fields = this.now();
    if (this.fault) this.fault.hidden = true;
    if (!this.edited) await this.field.keepOwn(this.name, { fields: this.fields });
  }

  faultOf(said) {
    if (!said.category) return say("choose a category");
    if (!said.place && !said.address) return say("say where it is");
    if (said.fixed && !this.after.parts.length) return say("a photo of it fixed is missing");
    return "";
  }

  async save() {
    const { field, edited } = this;
    const said = this.now();
    const wrong = this.faultOf(said);
    this.fault.textContent = wrong;
    this.fault.hidden = !wrong;
    if (wrong || this.busy) return;
    this.busy = true;
    const key = uuid();
    const body = { ...said, issue_id: key, reported_at: edited?.body.reported_at ?? new Date().toISOString() };
    const photos = [...this.photos.parts, ...(said.fixed ? this.after.parts : [])];
    try {
      if (edited && !canEdit(edited)) throw new Error("this record is not edited any more");
      const told = edited ? renewed(edited, body, key).body : body;
      await field.save({ kind: "report", key, body: told, title: said.category, photos, instead: edited, draft: edited ? null : this.name });
      await this.remember(said.category);
      this.done();
    } catch (fault) {
      field.unsaved(fault);
    }
    this.busy = false;
  }

  async remember(category) {
    const names = [category, ...this.recent.filter((name) => name !== category)].slice(0, RECENT);
    await this.field.keepOwn("recent", { names });
  }

  close() {
    this.place?.close();
  }
}
