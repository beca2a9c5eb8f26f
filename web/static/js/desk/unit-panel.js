// The list of units: what each holds, its grids, its history, and handing everything to another.
import { ask, button, field, make } from "./elements.js";
import { Problem } from "./http.js";
import { VirtualList } from "./list.js";
import { canAssign, heldBy, inForce, pick } from "./state.js";
import { found, UnitBox } from "./units.js";
import { area, number, say, word } from "./words.js";

const ALL = 100_000;

export class UnitPanel extends EventTarget {
  constructor(desk, actions, { filter, list, sheet }) {
    super();
    Object.assign(this, { desk, actions, filter, sheet });
    this.unit = null;
    this.list = new VirtualList(list, { row: (unit) => this.row(unit), chosen: (unit) => unit === this.unit, multiple: false });
    filter.addEventListener("input", () => this.narrow());
    filter.addEventListener("keydown", (event) => {
      if (event.isComposing || !["ArrowDown", "Enter"].includes(event.key) || !this.list.items.length) return;
      event.preventDefault();
      this.list.goTo(0, false);
      this.list.element.focus();
      if (event.key === "Enter") this.open(this.list.items[0]);
    });
    this.list.addEventListener("toggle", ({ detail }) => this.open(detail.items[0]));
    this.list.addEventListener("open", ({ detail }) => this.open(detail.item));
    this.held = new Map();
    desk.follow(list, ["rows", "day", "ground"], () => this.refresh());
  }

  refresh() {
    const { state } = this.desk;
    this.held = new Map();
    for (const row of state.rows.values()) {
      if (row.target_kind === "grid" && inForce(row, state.asOf)) this.held.set(row.unit_id, (this.held.get(row.unit_id) || 0) + 1);
    }
    if (this.unit) this.unit = state.unitOf.get(this.unit.unit_id) || null;
    this.narrow();
    this.draw();
  }

  narrow() {
    const { state } = this.desk;
    const text = this.filter.value;
    this.list.setItems(text.trim() ? found(state.units, text, ALL) : state.units);
  }

  row(unit) {
    return [
      make("span", { class: "row-name" }, unit.name),
      make("span", { class: "holder num" }, say("{n} grids", { n: number(this.held.get(unit.unit_id) || 0) })),
      make("span", { class: "code" }, unit.unit_id),
      make("span", { class: "row-where" }, unit.active === false ? say("not in use") : unit.party === "post" ? word("party", "post") : unit.headcount ? say("{n} people", { n: number(unit.headcount) }) : ""),
    ];
  }

  open(unit) {
    this.unit = unit;
    this.list.draw();
    this.draw();
  }

  draw() {
    const { unit, desk } = this;
    this.sheet.hidden = !unit;
    if (!unit) return;
    const { rows, grids } = heldBy(desk.state, unit.unit_id);
    const m2 = grids.reduce((sum, i) => sum + desk.state.ground.area[i], 0);
    const residents = grids.reduce((sum, i) => sum + Math.max(0, desk.state.ground.residents[i]), 0);
    const writable = canAssign(desk.state);
    this.sheet.replaceChildren(
      make("h2", {}, unit.name),
      make("p", { class: "facts" }, make("span", {}, say("{n} grids", { n: number(grids.length) })), make("span", {}, area(m2)),
        make("span", {}, say("{n} residents", { n: number(residents) })), make("span", {}, say("{n} assignments", { n: number(rows.length) }))),
      make("div", { class: "buttons" },
        button(say("select its grids"), () => this.select(grids), { disabled: !grids.length }),
        button(say("use it"), () => this.dispatchEvent(new CustomEvent("use", { detail: { unit } })), { disabled: !writable || unit.active === false }),
        button(say("transfer…"), () => this.transfer(rows), { disabled: !writable || !rows.length, id: "transfer" }),
        button(say("history"), () => this.dispatchEvent(new CustomEvent("history", { detail: { unit } })))),
    );
  }

  select(grids) {
    const { desk } = this;
    desk.set(pick(desk.state, grids, "replace"), "picked");
    desk.map.fit(grids);
    desk.announce(say("{n} grids selected", { n: number(grids.length) }));
  }

  async transfer(rows) {
    const { desk, unit } = this;
    const box = new UnitBox(desk.state.units.filter((one) => one !== unit), { label: say("to which unit"), id: "transfer-to" });
    const to = field(say("to which unit"), box.input, box.element);
    const told = make("p", { class: "taken", "aria-live": "polite" });
    let taker = null;
    box.addEventListener("unit", ({ detail }) => {
      taker = detail.unit;
      told.textContent = taker.name;
      since.focus();
    });
    const since = make("input", { type: "date", required: true, value: desk.state.today });
    const source = make("input", { type: "text", maxlength: 200 });
    const note = make("input", { type: "text", maxlength: 500 });
    for (;;) {
      const chosen = await ask({
        title: say("transfer from {unit}", { unit: unit.name }), kind: "transfer wide",
        body: [make("p", {}, say("{n} assignments", { n: number(rows.length) })), to, told, field(say("since"), since), field(say("document"), source), field(say("note"), note)],
        buttons: [{ value: null, text: say("cancel") }, { value: "transfer", text: say("transfer"), primary: true }],
      });
      if (!chosen) return;
      to.fault(taker ? "" : say("choose a unit"));
      if (taker && since.value) break;
    }
    try {
      await this.actions.transfer({ from: unit.unit_id, to: taker.unit_id, since: since.value, source: source.value.trim(), note: note.value.trim() });
    } catch (problem) {
      if (!(problem instanceof Problem)) throw problem;
      desk.toast(problem.message, { kind: "fault" });
    }
  }
}
