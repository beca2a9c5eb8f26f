// Inspection points by category, and compounds: all of a category, those without a unit, or one by one.
import { answered } from "./answered.js";
import { button, make } from "./elements.js";
import { VirtualList } from "./list.js";
import { holdersOf, keyOf, pickOthers } from "./state.js";
import { folded, number, say, word } from "./words.js";

const KINDS = {
  inspection_point: { list: "points", id: "point_id", group: (one) => one.category },
  compound: { list: "compounds", id: "compound_id", group: (one) => word("compound", one.kind || "other") },
};

export class Points {
  constructor(desk, box, kind) {
    Object.assign(this, { desk, kind, ...KINDS[kind] });
    this.groups = make("div", { class: "groups" });
    this.filter = make("input", { type: "search", autocomplete: "off", "aria-label": say("filter {kind}", { kind: word("rule", kind) }), placeholder: say("name or category") });
    const element = make("div", { class: "list small", "aria-label": word("rule", kind) });
    box.replaceChildren(this.groups, this.filter, element);
    this.rows = new VirtualList(element, { row: (one) => this.row(one), chosen: (one) => desk.state.others.has(keyOf(this.target(one))) });
    this.rows.addEventListener("toggle", ({ detail }) => this.take(detail.items, detail.mode));
    this.filter.addEventListener("input", () => this.narrow());
    desk.on(["picked"], () => this.rows.draw());
    desk.follow(box, ["rows", "day", "ground"], () => this.refresh());
  }

  target(one) {
    return { target_kind: this.kind, target: one[this.id] };
  }

  all() {
    return this.desk.state.ground[this.list];
  }

  take(items, mode) {
    const { desk } = this;
    desk.set(pickOthers(desk.state, items.map((one) => this.target(one)), mode), "picked");
    desk.announce(say("{n} targets selected", { n: number(desk.state.others.size) }));
  }

  refresh() {
    const by = new Map();
    for (const one of this.all()) {
      const name = this.group(one) || "—";
      if (!by.has(name)) by.set(name, []);
      by.get(name).push(one);
    }
    this.groups.replaceChildren(...[...by].map(([name, members]) => this.line(name, members)));
    this.narrow();
  }

  line(name, members) {
    const bare = members.filter((one) => !answered(this.desk, this.kind, one, this.id));
    return make("div", { class: "group-line" }, make("span", { class: "row-name" }, name),
      button(say("all {n}", { n: number(members.length) }), () => this.take(members, "add"), { "aria-label": `${name}: ${say("all {n}", { n: members.length })}` }),
      button(say("without {n}", { n: number(bare.length) }), () => this.take(bare, "add"), { disabled: !bare.length, "aria-label": `${name}: ${say("without {n}", { n: bare.length })}` }));
  }

  narrow() {
    const wanted = folded(this.filter.value);
    this.rows.setItems(this.all().filter((one) => folded(one.name + (this.group(one) || "")).includes(wanted)));
  }

  row(one) {
    const { state } = this.desk;
    const held = holdersOf(state, this.kind, one[this.id])[0];
    const unit = held && state.unitOf.get(held.unit_id);
    return [
      make("span", { class: "check", "aria-hidden": "true" }),
      make("span", { class: "row-name" }, one.name || one[this.id]),
      this.holder(one, held, unit),
      make("span", { class: "code" }, one[this.id]),
      make("span", { class: "row-where" }, this.group(one) || ""),
    ];
  }

  holder(one, held, unit) {
    if (held) return make("span", { class: "holder" }, unit?.short_name || unit?.name || held.unit_id);
    if (answered(this.desk, this.kind, one, this.id)) return make("span", { class: "holder" }, say("by its grid"));
    return make("span", { class: "mark none" }, say("mark none"));
  }
}
