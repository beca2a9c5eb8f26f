// The form under the selection: which units, since when, by which document; and the end of what is held.
import { ask, button, field, make } from "./elements.js";
import { Problem, upload } from "./http.js";
import { canAssign, heldRows, targets } from "./state.js";
import { ChosenUnits, UnitBox } from "./units.js";
import { number, say, word } from "./words.js";

export class Assigning {
  constructor(desk, actions, form) {
    Object.assign(this, { desk, actions, form });
    this.document = null;
    this.box = new UnitBox(desk.state.units, { label: say("unit"), id: "unit-search" });
    this.chosen = new ChosenUnits(desk.state.tiers);
    this.since = make("input", { type: "date", id: "since", required: true, value: desk.state.today });
    this.source = make("input", { type: "text", id: "source", maxlength: 200, autocomplete: "off", placeholder: say("number of the document") });
    this.file = make("input", { type: "file", id: "file", accept: ".pdf,.jpg,.jpeg,.png" });
    this.note = make("input", { type: "text", id: "note", maxlength: 500, autocomplete: "off" });
    this.fill();
    this.box.addEventListener("unit", ({ detail }) => this.add(detail.unit));
    this.chosen.addEventListener("changed", () => this.fields.units.fault(""));
    this.file.addEventListener("change", () => this.attach());
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.assign();
    });
    desk.on(["picked", "day", "rows"], () => this.draw());
    desk.on(["day"], () => { this.since.value = desk.state.today; });
    this.draw();
  }

  fill() {
    this.fields = {
      units: field(say("unit"), this.box.input, this.box.element),
      since: field(say("since"), this.since),
      source: field(say("document"), this.source),
      file: field(say("file of the document"), this.file),
      note: field(say("note"), this.note),
    };
    this.told = make("p", { class: "field-error", role: "alert", hidden: true });
    this.submit = make("button", { type: "submit", class: "primary", id: "assign" }, say("assign"));
    this.end = button(say("release…"), () => this.release(), { id: "release" });
    const more = make("details", {}, make("summary", {}, say("document and note")), this.fields.source, this.fields.file, this.fields.note);
    this.form.replaceChildren(
      make("fieldset", {}, this.fields.units, this.chosen.element,
        make("div", { class: "since-line" }, this.fields.since, make("div", { class: "form-buttons" }, this.end, this.submit)),
        more, this.told));
  }

  draw() {
    const { state } = this.desk;
    const n = targets(state).length;
    this.form.querySelector("fieldset").disabled = !canAssign(state);
    this.submit.textContent = n ? say("assign {n}", { n: number(n) }) : say("assign");
    this.fault("");
  }

  fault(text) {
    this.told.textContent = text;
    this.told.hidden = !text;
  }

  add(unit) {
    this.chosen.add(unit);
    this.desk.announce(say("{unit} chosen", { unit: unit.name }));
  }

  focusUnits() {
    this.box.input.focus();
    this.box.input.select();
  }

  // The key "a": to the button if everything is there, else to what is missing.
  ready() {
    if (!canAssign(this.desk.state)) return;
    if (this.faults()) return;
    this.submit.focus();
  }

  faults() {
    this.fields.units.fault(this.chosen.chosen.length ? "" : say("choose a unit"));
    this.fields.since.fault(this.since.value ? "" : say("choose a day"));
    this.fault(targets(this.desk.state).length ? "" : say("select grids first"));
    if (!this.chosen.chosen.length) this.focusUnits();
    else if (!this.since.value) this.since.focus();
    return !this.told.hidden || !this.chosen.chosen.length || !this.since.value;
  }

  async attach() {
    const [file] = this.file.files;
    this.document = null;
    this.fields.file.fault("");
    if (!file) return;
    this.fields.file.setAttribute("aria-busy", "true");
    try {
      this.document = await upload("/api/v1/documents", file);
      if (!this.source.value) this.source.value = file.name.replace(/\.[^.]+$/, "");
      this.desk.announce(say("{name} is kept", { name: file.name }));
    } catch (problem) {
      this.file.value = "";
      this.fields.file.fault(problem instanceof Problem ? problem.message : say("no answer from the service"));
    }
    this.fields.file.removeAttribute("aria-busy");
  }

  basis() {
    const text = this.source.value.trim();
    return this.document ? `${text} #${this.document.document}`.trim() : text;
  }

  async assign() {
    if (this.busy || this.faults()) return;
    this.busy = true;
    this.submit.setAttribute("aria-busy", "true");
    try {
      const wanted = { units: this.chosen.asked(), since: this.since.value, source: this.basis(), note: this.note.value.trim() };
      if (await this.actions.assign(wanted)) this.done();
    } catch (problem) {
      this.refused(problem);
    }
    this.submit.removeAttribute("aria-busy");
    this.busy = false;
  }

  done() {
    this.chosen.clear();
    this.note.value = "";
    this.dispatch("assigned");
  }

  dispatch(name) {
    this.form.dispatchEvent(new CustomEvent(name));
  }

  // A refusal is shown beside the field that it is about; the service names it.
  refused(problem) {
    if (!(problem instanceof Problem)) {
      this.fault(say("no answer from the service"));
      if (!(problem instanceof TypeError)) throw problem;
      return;
    }
    const faults = problem.told.errors || [];
    const known = faults.filter(({ column }) => this.at(column));
    for (const { column, message } of known) this.at(column).fault(message);
    if (!known.length) this.fault(problem.message);
  }

  at(column) {
    return this.fields[String(column).split(".").find((part) => part in this.fields)];
  }

  async release() {
    const { desk } = this;
    const held = heldRows(desk.state);
    if (!canAssign(desk.state)) return;
    if (!held.length) {
      this.fault(say(targets(desk.state).length ? "nobody holds the selection" : "select grids first"));
      return;
    }
    const kinds = new Map();
    for (const row of held) {
      const key = `${row.unit_id}|${row.tier}`;
      if (!kinds.has(key)) kinds.set(key, []);
      kinds.get(key).push(row.assignment_id);
    }
    const boxes = [...kinds].map(([key, ids]) => this.kind(key, ids));
    const until = make("input", { type: "date", required: true, value: desk.state.today });
    const note = make("input", { type: "text", maxlength: 500 });
    const chosen = await ask({
      title: say("release"), kind: "release",
      body: [make("ul", { class: "boxes" }, boxes.map(({ item }) => item)), field(say("first day without"), until), field(say("why"), note)],
      buttons: [{ value: null, text: say("cancel") }, { value: "release", text: say("release"), primary: true, first: true }],
    });
    const ids = boxes.filter(({ box }) => box.checked).flatMap((one) => one.ids);
    if (!chosen || !ids.length || !until.value) return;
    try {
      await this.actions.release({ ids, until: until.value, note: note.value.trim() });
    } catch (problem) {
      this.refused(problem);
    }
  }

  kind(key, ids) {
    const [unit, tier] = key.split("|");
    const box = make("input", { type: "checkbox" });
    box.checked = true;
    const name = this.desk.state.unitOf.get(unit)?.name || unit;
    return { box, ids, item: make("li", {}, make("label", {}, box, make("span", {}, name), make("span", { class: "kind" }, word("tier", tier)), make("span", { class: "num" }, number(ids.length)))) };
  }
}

