// A stretch of road: from a click near one end to a click near the other, or by its metres.
import { button, choices, field, make } from "./elements.js";
import { post, Problem } from "./http.js";
import { canAssign, holdersOf, pickOthers } from "./state.js";
import { folded, metres, number, say, word } from "./words.js";

const SHOWN = 200;

export class Roads extends EventTarget {
  constructor(desk, box) {
    super();
    Object.assign(this, { desk, box });
    this.ends = [];
    this.road = null;
    this.filter = make("input", { type: "search", id: "road-filter", autocomplete: "off", placeholder: say("name of the road") });
    this.chooser = make("select", { id: "road-list", size: 6, "aria-label": say("road") });
    this.from = make("input", { type: "number", min: 0, step: 1, id: "from-m", inputmode: "decimal" });
    this.to = make("input", { type: "number", min: 0, step: 1, id: "to-m", inputmode: "decimal" });
    this.side = make("select", { id: "road-side" }, choices(["both", "left", "right"].map((side) => [side, word("side", side)]), "both"));
    this.told = make("p", { class: "hint", role: "status" });
    this.held = make("ul", { class: "held-list" });
    this.fields = { from: field(say("from metre"), this.from), to: field(say("to metre"), this.to), side: field(say("side"), this.side) };
    box.replaceChildren(
      make("h2", {}, say("stretch of a road")),
      make("div", { class: "buttons" }, button(say("click both ends"), () => this.begin(), { id: "two-ends" })),
      this.told, field(say("road"), this.filter), this.chooser,
      make("div", { class: "three" }, this.fields.from, this.fields.to, this.fields.side),
      make("div", { class: "buttons" }, button(say("add to the selection"), () => this.add(), { class: "primary", id: "add-stretch" })),
      this.held);
    this.filter.addEventListener("input", () => this.list());
    this.chooser.addEventListener("change", () => this.choose(this.chooser.value));
    for (const one of [this.from, this.to]) one.addEventListener("change", () => this.draw());
    desk.on(["ground"], () => this.list());
    desk.on(["rows", "day"], () => this.holders());
    this.list();
  }

  list() {
    const wanted = folded(this.filter.value);
    const shown = this.desk.state.ground.roads.filter((road) => folded(road.name).includes(wanted)).slice(0, SHOWN);
    this.chooser.replaceChildren(...choices(shown.map((road) => [road.road_id, `${road.name || road.road_id}  ${metres(road.length_m)}`]), this.road?.road_id));
  }

  choose(id) {
    this.road = this.desk.state.ground.roads.find((road) => road.road_id === id) || null;
    if (!this.road) return;
    this.from.value = "0";
    this.to.value = String(Math.floor(this.road.length_m * 10) / 10);
    this.draw();
  }

  begin() {
    this.ends = [];
    this.desk.map.setTool("road");
    this.say(say("click the first end"));
    this.dispatchEvent(new CustomEvent("tool", { detail: { tool: "road" } }));
  }

  say(text, fault = false) {
    this.told.textContent = text;
    this.told.classList.toggle("field-error", fault);
  }

  // A click with the tool "road".
  async place({ lon, lat }) {
    try {
      const end = await post("/api/v1/roads/snap", { lon, lat, within_m: 50 });
      if (this.ends.length === 1 && this.ends[0].road_id !== end.road_id) {
        this.say(say("two roads: {one}, {other}", { one: this.ends[0].name, other: end.name }), true);
        return;
      }
      this.ends = this.ends.length === 2 ? [end] : [...this.ends, end];
      this.filter.value = "";
      this.list();
      this.taken(end);
    } catch (problem) {
      if (!(problem instanceof Problem)) throw problem;
      this.say(problem.message, true);
    }
  }

  taken(end) {
    this.chooser.value = end.road_id;
    this.road = this.desk.state.ground.roads.find((road) => road.road_id === end.road_id) || { ...end };
    const [first, second] = this.ends;
    if (!second) {
      this.say(say("{road}, {m}: click the other end", { road: end.name, m: metres(end.metres) }));
      return;
    }
    this.from.value = Math.min(first.metres, second.metres).toFixed(1);
    this.to.value = Math.max(first.metres, second.metres).toFixed(1);
    this.side.value = first.side === second.side && Math.max(first.distance_m, second.distance_m) > 3 ? first.side : "both";
    this.draw();
  }

  async draw() {
    this.holders();
    const asked = this.asked();
    if (!asked) return;
    this.say(say("{road}: {from} to {to}, {m}", { road: this.road.name, from: metres(asked.from_m), to: metres(asked.to_m), m: metres(asked.to_m - asked.from_m) }));
    try {
      const drawn = await post("/api/v1/roads/stretch", { road_id: asked.target, from_m: asked.from_m, to_m: asked.to_m });
      this.desk.map.clearOverlay();
      this.desk.map.overlay(drawn, { kind: "stretch" });
    } catch (problem) {
      if (!(problem instanceof Problem)) throw problem;
      this.say(problem.message, true);
    }
  }

  asked() {
    const [from, to] = [Number(this.from.value), Number(this.to.value)];
    const length = this.road?.length_m;
    if (!this.road) return null;
    this.fields.from.fault(this.from.value !== "" && from >= 0 && from < to ? "" : say("from is below to"));
    this.fields.to.fault(to <= length + 0.5 ? "" : say("the road has {m}", { m: metres(length) }));
    if (!(from >= 0 && from < to && to <= length + 0.5)) return null;
    return { target_kind: "road_segment", target: this.road.road_id, from_m: from, to_m: Math.min(to, length), side: this.side.value };
  }

  add() {
    const asked = this.asked();
    if (!this.road) this.say(say("choose a road"), true);
    if (!asked || !canAssign(this.desk.state)) return;
    const { desk } = this;
    desk.set(pickOthers(desk.state, [asked], "add"), "picked");
    desk.announce(say("{n} targets selected", { n: number(desk.state.others.size) }));
    this.dispatchEvent(new CustomEvent("added"));
  }

  holders() {
    const { state } = this.desk;
    const rows = this.road ? holdersOf(state, "road_segment", this.road.road_id) : [];
    rows.sort((a, b) => a.from_m - b.from_m);
    this.held.replaceChildren(...rows.map((row) => make("li", {},
      make("span", { class: "num" }, `${metres(row.from_m)} – ${metres(row.to_m)}`), make("span", { class: "kind" }, word("side", row.side)),
      make("span", {}, state.unitOf.get(row.unit_id)?.name || row.unit_id))));
  }
}

