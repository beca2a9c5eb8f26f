// What is selected, and the many ways to select: neighbours, community, unit, everything uncovered, codes.
import { ask, button, make } from "./elements.js";
import { understood } from "./paste.js";
import { bare, cleared, everything, grown, heldBy, inverted, keyOf, pick, siblings, uncovered } from "./state.js";
import { named } from "./conflict.js";
import { area, metres, number, say, together, word } from "./words.js";

const TOLD = 40;

export class Selection {
  constructor(desk, { summary, others, helpers }) {
    Object.assign(this, { desk, summary, others });
    this.buttons = this.helpers(helpers);
    desk.on(["picked", "rows", "day", "ground"], () => this.draw());
    this.draw();
  }

  helpers(box) {
    const { desk } = this;
    const ways = [
      ["all of its community", (state) => siblings(state), "replace", true],
      ["grow to neighbours", (state) => grown(state), "replace", true],
      ["all of its unit", (state) => this.ofUnits(state), "replace", true],
      ["all uncovered", (state) => uncovered(state), "replace", false],
      ["invert", (state) => inverted(state), "replace", false],
      ["everything", (state) => everything(state), "replace", false],
    ];
    const made = ways.map(([text, which, mode, needs]) => {
      const one = button(say(text), () => this.take(which(desk.state), mode));
      one.dataset.needs = needs ? "picked" : "";
      return one;
    });
    made.push(button(say("paste codes"), () => this.paste(), { id: "paste-codes" }));
    const clear = button(say("clear"), () => this.clear(), { id: "clear-selection" });
    clear.dataset.needs = "picked";
    made.push(clear);
    box.replaceChildren(...made);
    return made;
  }

  ofUnits(state) {
    const units = new Set([...state.picked].map((i) => state.holding.primary[i]).filter((k) => k >= 0));
    return [...units].flatMap((k) => heldBy(state, state.units[k].unit_id).grids);
  }

  take(indices, mode) {
    const { desk } = this;
    desk.set(pick(desk.state, indices, mode), "picked");
    desk.announce(say("{n} grids selected", { n: number(desk.state.picked.size) }));
  }

  clear() {
    const { desk } = this;
    desk.set(cleared(desk.state), "picked");
    desk.announce(say("nothing selected"));
  }

  draw() {
    const { state } = this.desk;
    const { ground, picked } = state;
    let m2 = 0;
    let residents = 0;
    let without = 0;
    for (const i of picked) {
      m2 += ground.area[i];
      residents += Math.max(0, ground.residents[i]);
      without += Number(bare(state, i));
    }
    const facts = [
      [say("grids"), number(picked.size)], [say("area"), area(m2)],
      [say("residents"), number(residents)], [say("without a unit"), number(without)],
    ];
    this.summary.replaceChildren(...facts.map(([name, value]) => make("div", {}, make("dt", {}, name), make("dd", {}, value))));
    this.others.replaceChildren(...[...state.others.values()].slice(0, TOLD).map((target) => this.other(target)));
    this.others.hidden = !state.others.size;
    for (const one of this.buttons) one.disabled = one.dataset.needs === "picked" && !picked.size && !state.others.size;
  }

  other(target) {
    const { desk } = this;
    const name = named(desk.state, target.target_kind, target.target);
    const stretch = target.side ? ` ${metres(target.from_m)}–${metres(target.to_m)} ${word("side", target.side)}` : "";
    const drop = button("×", () => {
      const others = new Map(desk.state.others);
      others.delete(keyOf(target));
      desk.set({ ...desk.state, others }, "picked");
    }, { class: "drop", "aria-label": say("leave out {unit}", { unit: name }) });
    return make("li", {}, make("span", { class: "kind" }, word("rule", target.target_kind)), make("span", {}, name + stretch), drop);
  }

  async paste() {
    const { desk } = this;
    const box = make("textarea", { rows: 8, id: "codes", spellcheck: "false", placeholder: "230…001-230…017" });
    const chosen = await ask({
      title: say("paste codes"), kind: "wide",
      body: [make("label", { for: "codes" }, say("codes or names, one a line; ranges as first-last")), box],
      buttons: [
        { value: null, text: say("cancel") },
        { value: "add", text: say("add to the selection") },
        { value: "replace", text: say("select"), primary: true },
      ],
    });
    if (!chosen) return;
    const { indices, unknown } = understood(box.value, desk.state.ground);
    this.take(indices, chosen);
    if (indices.length) desk.map.fit(indices);
    if (unknown.length) await this.tell(unknown, indices.length);
  }

  tell(unknown, n) {
    const why = (reason) => unknown.filter((one) => one.why === reason).map((one) => one.text);
    const parts = ["none", "several", "empty"].filter((reason) => why(reason).length).map((reason) =>
      make("div", { class: "unknown" }, make("strong", {}, say(`unknown ${reason}`)), make("p", {}, together(why(reason).slice(0, TOLD)))));
    return ask({
      title: say("not everything was understood"), kind: "unknowns",
      body: [make("p", {}, say("{n} grids selected", { n: number(n) })), ...parts],
      buttons: [{ value: "ok", text: say("close"), primary: true, first: true }],
    });
  }
}
