// The parts that forms are made of: photos, a place on the moving map, one choice of several.
import { button, fresh, make } from "../desk/elements.js";
import { FieldMap } from "./map.js";
import { partOf } from "./photos.js";
import { hereOf, placeBy, placeOfPin } from "./position.js";
import { inOneLine } from "./where.js";
import { metres, say } from "../desk/words.js";

// Photos are on the disk as soon as they are taken, under the name of the draft that they belong to.
export class PhotoBox extends EventTarget {
  constructor(field, { draft, kind, label, capture = true }) {
    super();
    Object.assign(this, { field, draft, kind, parts: [] });
    this.list = make("ul", { class: "field-photos" });
    this.note = make("p", { class: "field-hint", role: "status" });
    this.take = this.chooser(label, capture, "primary");
    this.pick = this.chooser(say("from the album"), false, "");
    this.element = make("div", { class: "field-photo-box", "data-kind": kind }, make("div", { class: "field-photo-buttons" }, this.take, this.pick), this.note, this.list);
  }

  chooser(text, capture, look) {
    const input = make("input", { type: "file", accept: "image/*", id: fresh("photo"), capture: capture ? "environment" : null, multiple: !capture, class: "hidden" });
    input.addEventListener("click", (event) => this.warn(event));
    input.addEventListener("change", () => this.add(input));
    return make("label", { class: `field-choose ${look}` }, text, input);
  }

  // Told before the camera opens, not after the picture is lost.
  async warn(event) {
    if (this.full) event.preventDefault();
    await this.measure();
  }

  async measure() {
    this.full = !(await this.field.vault.hasRoom());
    this.note.textContent = this.full ? say("no room for photos") : "";
  }

  async restore() {
    this.parts = (await this.field.vault.parts(this.draft)).filter(({ kind }) => kind === this.kind);
    await this.measure();
    this.draw();
  }

  async add(input) {
    this.element.setAttribute("aria-busy", "true");
    try {
      for (const file of input.files) {
        const { part, bytes } = await partOf(file, {
          record: this.draft, person: this.field.person.person_id, kind: this.kind,
          here: hereOf(this.field.position.now), side: this.field.pack?.settings.photo_side,
        });
        await this.field.vault.addPart(part, bytes);
        this.parts.push(part);
      }
    } catch (fault) {
      this.field.unsaved(fault);
    } finally {
      input.value = "";
      this.element.removeAttribute("aria-busy");
      await this.measure();
      this.draw();
    }
  }

  async remove(part) {
    await this.field.vault.dropPart(part.key);
    this.parts = this.parts.filter((one) => one !== part);
    this.draw();
  }

  draw() {
    this.list.replaceChildren(...this.parts.map((part, n) => make("li", {},
      part.thumb ? make("img", { src: part.thumb, alt: say("photo {n}", { n: n + 1 }) }) : make("span", { class: "field-photo-bare" }, say("photo {n}", { n: n + 1 })),
      part.lon !== null ? null : make("small", {}, say("no place")),
      part.sent ? make("small", {}, say("sent already")) : button("×", () => this.remove(part), { class: "field-photo-drop", "aria-label": say("leave out photo {n}", { n: n + 1 }) }))));
    this.dispatchEvent(new CustomEvent("changed"));
  }
}

// A place: where the phone is, until one moves the map under the cross-hair.
export class PlaceBox extends EventTarget {
  constructor(field) {
    super();
    Object.assign(this, { field, pinned: null, given: null });
    this.box = make("div", { class: "field-map small" });
    this.note = make("p", { class: "field-place-note", role: "status" });
    this.back = button(say("use my position"), () => this.release(), { class: "field-small", hidden: true });
    this.element = make("div", { class: "field-place" }, make("div", { class: "field-cross" }, this.box), make("div", { class: "field-place-line" }, this.note, this.back));
    this.heard = () => this.draw();
    field.position.addEventListener("moved", this.heard);
  }

  open() {
    if (this.map) return;
    this.map = new FieldMap(this.box, { controls: false });
    this.map.onDrag(() => this.pin(this.map.centre));
    if (this.field.pack) this.map.draw(this.field.pack);
    if (this.pinned) this.map.goTo(this.pinned);
    this.draw();
  }

  // A form that was drawn before the ground had come.
  ground() {
    if (this.map && this.field.pack) this.map.draw(this.field.pack);
    this.draw();
  }

  pin(place) {
    this.pinned = place;
    this.draw();
    this.dispatchEvent(new CustomEvent("changed"));
  }

  release() {
    this.pinned = null;
    this.draw();
    this.dispatchEvent(new CustomEvent("changed"));
  }

  // As a record says it; null where neither the phone nor the person said a place.
  get value() {
    if (this.pinned) return placeOfPin(this.pinned);
    const { now } = this.field.position;
    return now ? placeBy(now) : null;
  }

  draw() {
    const { now } = this.field.position;
    this.map?.showMe(now);
    this.back.hidden = !this.pinned;
    if (!this.pinned && now) this.map?.goTo([now.lon, now.lat]);
    const place = this.pinned ?? (now ? [now.lon, now.lat] : null);
    const how = this.pinned ? say("by the cross") : now ? say("by the phone, ±{m}", { m: metres(now.accuracy) }) : say("move the map under the cross");
    this.note.replaceChildren(make("strong", {}, place ? inOneLine(this.field, place) : ""), make("span", {}, how));
  }

  close() {
    this.field.position.removeEventListener("moved", this.heard);
    this.map?.remove();
    this.map = null;
  }
}

// One of several, as big buttons.
export class Choice extends EventTarget {
  constructor(options, { label, value = null } = {}) {
    super();
    this.value = value;
    this.element = make("div", { class: "field-choice", role: "radiogroup", "aria-label": label });
    this.set(options);
  }

  set(options) {
    this.options = options;
    this.element.replaceChildren(...options.map(([code, text, under]) => make("button", {
      type: "button", role: "radio", "aria-checked": String(code === this.value), "data-value": String(code), on: { click: () => this.choose(code) },
    }, text, under ? make("small", {}, under) : null)));
  }

  choose(code) {
    this.value = code;
    for (const [k, one] of [...this.element.children].entries()) one.setAttribute("aria-checked", String(this.options[k][0] === code));
    this.dispatchEvent(new CustomEvent("changed"));
  }
}

export const section = (title, ...inside) => make("section", { class: "field-part" }, title ? make("h2", {}, title) : null, ...inside);

export function area(label, { value = "", id = null, max = 1000, rows = 2 } = {}) {
  const control = make("textarea", { rows, maxlength: max, id: id ?? fresh("text"), placeholder: label, "aria-label": label });
  control.value = value;
  return control;
}

export function pulldown(label, options, value) {
  const control = make("select", { id: fresh("choice"), "aria-label": label }, options.map(([code, text]) => {
    const option = make("option", { value: code }, text);
    option.selected = code === value;
    return option;
  }));
  return { control, element: make("label", { class: "field-line" }, make("span", {}, label), control) };
}
