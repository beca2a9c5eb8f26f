// Drawing and mending grids: say what, see what it would do, then do it.
import { button, choices, field, make } from "./elements.js";
import { post, Problem } from "./http.js";
import { canMend } from "./state.js";
import { drawnAs, typed } from "./shapes.js";
import { area, number, say, together } from "./words.js";

const ACTS = ["create", "split", "merge", "border", "retire"];
const PATHS = { create: "", split: "/split", merge: "/merge", border: "/border", retire: "/retire" };
const TOLD = 12;

export class Mend {
  constructor(desk, actions, box) {
    Object.assign(this, { desk, actions });
    this.act = make("select", { id: "mend-act" }, choices(ACTS.map((act) => [act, say(`mend ${act}`)]), "create"));
    this.since = make("input", { type: "date", id: "mend-since", required: true, value: desk.state.today });
    this.parent = make("select", { id: "mend-parent" });
    this.name = make("input", { type: "text", id: "mend-name", maxlength: 80, autocomplete: "off" });
    this.road = make("select", { id: "mend-road" });
    this.into = make("select", { id: "mend-into" });
    this.places = make("textarea", { rows: 4, id: "mend-places", placeholder: "122.5386 52.9721", spellcheck: "false" });
    this.fields = {
      parent: field(say("community"), this.parent), name: field(say("name"), this.name),
      road: field(say("along a road"), this.road), into: field(say("code that stays"), this.into),
      places: field(say("corners, longitude latitude"), this.places), since: field(say("since"), this.since),
    };
    this.fields.typed = make("details", {}, make("summary", {}, say("type the corners")), this.fields.places);
    this.hint = make("p", { class: "hint" });
    this.draws = button(say("draw on the map"), () => this.begin(), { id: "mend-draw" });
    this.told = make("p", { class: "field-error", role: "alert", hidden: true });
    this.preview = make("div", { class: "preview", "aria-live": "polite" });
    this.look = button(say("preview"), () => this.ask(true), { class: "primary", id: "mend-preview" });
    box.replaceChildren(
      field(say("what to do"), this.act), this.hint, this.fields.parent, this.fields.name, this.fields.road, this.fields.into,
      make("div", { class: "buttons" }, this.draws), this.fields.typed, this.fields.since,
      make("div", { class: "buttons" }, this.look), this.told, this.preview);
    this.drawn = null;
    this.act.addEventListener("change", () => this.draw());
    desk.on(["picked", "day", "ground"], () => this.draw());
    desk.map.addEventListener("drawn", ({ detail }) => this.taken({ geometry: detail.geometry }));
    desk.map.addEventListener("moved", ({ detail }) => this.taken({ moves: detail.moves }));
    this.draw();
  }

  chosen() {
    return [...this.desk.state.picked];
  }

  codes() {
    return this.chosen().map((i) => this.desk.state.ground.codes[i]);
  }

  draw() {
    const { state } = this.desk;
    const { ground } = state;
    const act = this.act.value;
    const shown = { parent: act === "create", name: act === "create", road: act === "split", into: act === "merge", typed: act === "create" || act === "split" };
    for (const [name, on] of Object.entries(shown)) this.fields[name].hidden = !on;
    this.draws.hidden = act === "merge" || act === "retire";
    this.draws.textContent = say(act === "border" ? "move the border" : "draw on the map");
    this.hint.textContent = say(`hint ${act}`);
    const at = this.chosen()[0] ?? state.active;
    const here = at === null || at === undefined ? this.parent.value : ground.communities[ground.parent[at]]?.code;
    this.parent.replaceChildren(...choices(ground.communities.map((one) => [one.code, one.name]), here));
    this.road.replaceChildren(...choices([["", say("no road, a drawn line")], ...ground.roads.map((road) => [road.road_id, road.name || road.road_id])], this.road.value));
    this.into.replaceChildren(...choices([["", say("a new code")], ...this.chosen().slice(0, 50).map((i) => [ground.codes[i], `${ground.names[i] || ""} ${ground.codes[i]}`])], this.into.value));
    for (const one of [this.look, this.draws]) one.disabled = !canMend(state);
    this.fault("");
  }

  fault(text) {
    this.told.textContent = text;
    this.told.hidden = !text;
  }

  begin() {
    const { map } = this.desk;
    this.drawn = null;
    map.clearOverlay();
    map.setTool(this.act.value === "border" ? "edit" : "draw");
    if (this.act.value === "border" && this.desk.state.picked.size === 2) this.openBorder();
    document.querySelector("#desk-map").focus();
    this.hint.textContent = say(this.act.value === "border" ? "drag the corners" : "press the corners");
  }

  // By keyboard the border is that of the two grids that are selected; by hand it is clicked.
  openBorder() {
    const { map, state } = this.desk;
    const { left, right } = state.ground.borders;
    const [one, other] = this.chosen();
    const arc = left.findIndex((of, k) => (of === one && right[k] === other) || (of === other && right[k] === one));
    if (arc >= 0) map.handles.open(arc);
    else this.fault(say("no shared border"));
  }

  // A border is looked at again a moment after each corner; the focus stays on the corner.
  taken(drawn) {
    if (!this.open) return;
    this.drawn = drawn;
    if (drawn.geometry) this.places.value = typed(drawn.geometry);
    window.clearTimeout(this.waiting);
    this.waiting = window.setTimeout(() => this.ask(true), drawn.moves ? 400 : 0);
  }

  // What is sent, or null with the fault shown.
  body() {
    const codes = this.codes();
    const need = (ok, text) => {
      if (!ok) this.fault(say(text));
      return ok;
    };
    const line = (kind) => drawnAs(kind, this.places.value);
    const makers = {
      create: () => need(line("Polygon"), "draw an outline") && { outline: line("Polygon"), parent: this.parent.value, name: this.name.value.trim() || null },
      split: () => need(codes.length === 1, "select one grid") && need(this.road.value || line("LineString"), "draw a line")
        && { code: codes[0], ...(this.road.value ? { road_id: this.road.value } : { line: line("LineString") }) },
      merge: () => need(codes.length > 1, "select two grids") && { codes, into: this.into.value || null },
      border: () => need(this.drawn?.moves?.length, "move a corner") && { moves: this.drawn.moves },
      retire: () => need(codes.length, "select grids first") && { codes },
    };
    const body = makers[this.act.value]();
    return body && need(this.since.value, "choose a day") ? { ...body, since: this.since.value } : null;
  }

  async ask(dry) {
    this.fault("");
    const body = this.body();
    if (!body || !canMend(this.desk.state)) return;
    const path = PATHS[this.act.value];
    this.look.setAttribute("aria-busy", "true");
    try {
      if (dry) this.show(await post(`/api/v1/grids${path}`, { ...body, dry_run: true }, this.desk.state.seen), body);
      else if (await this.actions.mend(path, { ...body, dry_run: false }, say(`mended ${this.act.value}`))) this.done();
    } catch (problem) {
      if (!(problem instanceof Problem)) throw problem;
      this.fault(problem.message);
    }
    this.look.removeAttribute("aria-busy");
  }

  show(answer, body) {
    const { map } = this.desk;
    map.clearOverlay();
    map.overlay(answer.changed, { kind: "change" });
    this.preview.replaceChildren(...told(answer), make("div", { class: "buttons" },
      button(say("leave it"), () => this.done(), { id: "mend-leave" }),
      button(say("do it"), () => this.ask(false), { class: "primary", id: "mend-do", "data-since": body.since })));
    if (!this.drawn?.moves) this.preview.querySelector("#mend-do").focus();
  }

  done() {
    this.drawn = null;
    this.places.value = "";
    this.preview.replaceChildren();
    this.desk.map.clearOverlay();
    this.desk.map.setTool("pan");
    this.draw();
  }
}

// What a mending changes, in words.
export function told(answer) {
  const changed = answer.changed?.features || [];
  const faults = answer.faults || [];
  const names = changed.map(({ id, properties: p = {} }) => `${p.name || ""} ${p.code || id || ""}${p.area_m2 ? ` · ${area(p.area_m2)}` : ""}`.trim());
  const rows = (columns) => columns?.assignment_id?.length || 0;
  return [
    make("h3", {}, say("what it would do")),
    make("ul", { class: "told" }, names.slice(0, TOLD).map((name) => make("li", {}, name))),
    names.length > TOLD ? make("p", {}, say("and {n} more", { n: number(names.length - TOLD) })) : "",
    answer.retired?.length ? make("p", {}, say("retired: {codes}", { codes: together(answer.retired.slice(0, TOLD)) })) : "",
    make("p", {}, say("assignments carried: {added} new, {released} ended", { added: number(rows(answer.carried?.added)), released: number(rows(answer.carried?.released)) })),
    faults.length
      ? make("ul", { class: "faults" }, faults.slice(0, TOLD).map((one) => make("li", {}, `${say(`fault ${one.fault}`)} ${together([one.codes].flat().filter(Boolean))} ${area(one.area_m2)}`)))
      : make("p", { class: "good" }, say("no fault")),
  ];
}
