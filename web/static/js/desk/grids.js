// The list of grids: type to narrow it, arrows and Space to select.
import { make } from "./elements.js";
import { VirtualList } from "./list.js";
import { CONFLICT, everything, INACTIVE, NONE, pick, UNREACHED, where } from "./state.js";
import { folded, number, say, word } from "./words.js";

const MARKS = { [NONE]: "none", [CONFLICT]: "conflict", [INACTIVE]: "inactive", [UNREACHED]: "unreached" };

export class GridList {
  constructor(desk, { filter, list, count, only }) {
    Object.assign(this, { desk, filter, count, only });
    this.list = new VirtualList(list, { row: (i) => this.row(i), chosen: (i) => desk.state.picked.has(i) });
    this.fold();
    filter.addEventListener("input", () => this.narrow());
    filter.addEventListener("keydown", (event) => this.key(event));
    only.addEventListener("change", () => this.narrow());
    this.list.addEventListener("toggle", ({ detail }) => this.toggled(detail));
    this.list.addEventListener("active", ({ detail }) => this.at(detail.item));
    this.list.addEventListener("open", ({ detail }) => desk.map.fit([detail.item]));
    desk.on(["picked", "rows", "day"], () => this.refresh());
    desk.on(["ground"], () => {
      this.fold();
      this.narrow();
    });
    this.narrow();
  }

  fold() {
    const { codes, names, n } = this.desk.state.ground;
    this.folded = Array.from({ length: n }, (_, i) => `${folded(names[i])}|${folded(codes[i])}`);
  }

  narrow() {
    const { state } = this.desk;
    const wanted = folded(this.filter.value);
    const narrowed = this.only.checked ? (i) => state.picked.has(i) : () => true;
    const shown = wanted || this.only.checked
      ? where(state.ground, (i) => narrowed(i) && this.folded[i].includes(wanted))
      : everything(state);
    if (wanted) shown.sort((a, b) => this.rank(a, wanted) - this.rank(b, wanted));
    this.list.active = -1;
    this.list.setItems(shown);
    if (wanted && shown.length) this.list.goTo(0, false);
    this.count.textContent = say("{n} grids listed", { n: number(shown.length) });
  }

  // What is called exactly so comes before what only has it in its name or code.
  rank(i, wanted) {
    const [name, code] = this.folded[i].split("|");
    if (name === wanted || code === wanted) return 0;
    return name.startsWith(wanted) || code.endsWith(wanted) ? 1 : 2;
  }

  refresh() {
    if (this.only.checked) this.narrow();
    else this.list.draw();
  }

  toggled({ items, mode }) {
    const { desk } = this;
    desk.set(pick(desk.state, items, mode), "picked");
    const name = desk.state.ground.names[items[0]] || desk.state.ground.codes[items[0]];
    const said = desk.state.picked.has(items[0]) ? "selected: {name}; {n} in all" : "not selected: {name}; {n} in all";
    desk.announce(say(said, { name, n: number(desk.state.picked.size) }));
  }

  at(i) {
    const { desk } = this;
    desk.set({ ...desk.state, active: i }, "active");
    desk.map.keepInView(i);
  }

  // Down goes into the list; so does Space, and it selects the best match. Names have few spaces and
  // none counts in the search, so a space is only written where it continues a name.
  key(event) {
    if (event.isComposing || event.ctrlKey || event.metaKey || event.altKey) return;
    const { list } = this;
    if (event.key === "ArrowDown" || event.key === "Enter") {
      event.preventDefault();
      if (!list.items.length) return;
      list.goTo(Math.max(0, list.active));
      list.element.focus();
    } else if (event.key === " " && this.filter.value.trim() && list.items.length && !this.continues()) {
      event.preventDefault();
      list.goTo(Math.max(0, list.active));
      list.element.focus();
      list.toggle(list.active, false);
    } else if (event.key === "Escape" && this.filter.value) {
      event.stopPropagation();
      this.clear();
    }
  }

  continues() {
    const text = `${this.filter.value.toLowerCase()} `;
    return this.list.items.some((i) => this.desk.state.ground.names[i]?.toLowerCase().includes(text));
  }

  clear() {
    if (!this.filter.value) return;
    this.filter.value = "";
    this.narrow();
  }

  row(i) {
    const { state } = this.desk;
    const { ground, holding } = state;
    const standing = holding.standing[i];
    const unit = state.units[holding.primary[i]];
    const holder = standing in MARKS
      ? make("span", { class: `mark ${MARKS[standing]}` }, say(`mark ${MARKS[standing]}`))
      : make("span", { class: "holder" }, unit ? unit.short_name || unit.name : "—");
    return [
      make("span", { class: "check", "aria-hidden": "true" }),
      make("span", { class: "row-name" }, ground.names[i] || ground.codes[i]),
      holder,
      make("span", { class: "code" }, ground.codes[i]),
      make("span", { class: "row-where" }, ground.communities[ground.parent[i]]?.name || word("level", "grid")),
    ];
  }
}
