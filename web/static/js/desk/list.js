// A list box of any length: only the rows in sight are on the page.
import { fresh, make } from "./elements.js";

const SPARE = 6;

export class VirtualList extends EventTarget {
  // row: (item) => Node[]; chosen: (item) => boolean; height: pixels of one row
  constructor(element, { row, chosen = () => false, height = 44, multiple = true }) {
    super();
    Object.assign(this, { element, row, chosen, height });
    this.items = [];
    this.active = -1;
    this.anchor = -1;
    this.stem = fresh("row");
    element.setAttribute("role", "listbox");
    element.tabIndex = 0;
    if (multiple) element.setAttribute("aria-multiselectable", "true");
    this.inner = make("div", { role: "presentation", class: "list-inner" });
    element.replaceChildren(this.inner);
    element.addEventListener("scroll", () => this.draw(), { passive: true });
    element.addEventListener("keydown", (event) => this.key(event));
    element.addEventListener("click", (event) => this.click(event));
    element.addEventListener("focus", () => { if (this.active < 0 && this.items.length) this.goTo(0); });
    new ResizeObserver(() => this.draw()).observe(element);
  }

  setItems(items) {
    const was = this.items[this.active];
    this.items = items;
    this.active = was === undefined ? -1 : items.indexOf(was);
    this.anchor = -1;
    this.inner.style.height = `${items.length * this.height}px`;
    if (this.active < 0) this.element.scrollTop = 0;
    this.draw();
  }

  draw() {
    const first = Math.max(0, Math.floor(this.element.scrollTop / this.height) - SPARE);
    const last = Math.min(this.items.length, Math.ceil((this.element.scrollTop + this.element.clientHeight) / this.height) + SPARE);
    const rows = [];
    for (let k = first; k < last; k += 1) rows.push(this.option(k));
    if (this.active >= 0 && (this.active < first || this.active >= last)) rows.push(this.option(this.active));
    this.inner.replaceChildren(...rows);
    if (this.active >= 0) this.element.setAttribute("aria-activedescendant", `${this.stem}-${this.active}`);
    else this.element.removeAttribute("aria-activedescendant");
  }

  option(k) {
    const chosen = this.chosen(this.items[k]);
    const classes = `list-row${chosen ? " chosen" : ""}${k === this.active ? " active" : ""}`;
    const option = make("div", {
      role: "option", id: `${this.stem}-${k}`, class: classes, "data-k": k, "aria-selected": chosen,
      "aria-setsize": this.items.length, "aria-posinset": k + 1,
    }, this.row(this.items[k]));
    option.setAttribute("aria-selected", String(chosen));
    option.style.transform = `translateY(${k * this.height}px)`;
    option.style.height = `${this.height}px`;
    return option;
  }

  goTo(k, tell = true) {
    if (!this.items.length) return;
    this.active = Math.max(0, Math.min(this.items.length - 1, k));
    const top = this.active * this.height;
    const seen = this.element.clientHeight;
    if (top < this.element.scrollTop) this.element.scrollTop = top;
    else if (top + this.height > this.element.scrollTop + seen) this.element.scrollTop = top + this.height - seen;
    this.draw();
    if (tell) this.tell("active", { item: this.items[this.active] });
  }

  tell(kind, detail) {
    this.dispatchEvent(new CustomEvent(kind, { detail }));
  }

  toggle(k, range) {
    if (range && this.anchor >= 0) {
      const [from, to] = [Math.min(k, this.anchor), Math.max(k, this.anchor)];
      this.tell("toggle", { items: this.items.slice(from, to + 1), mode: "add" });
    } else {
      this.anchor = k;
      this.tell("toggle", { items: [this.items[k]], mode: "toggle" });
    }
  }

  click(event) {
    const option = event.target.closest("[role=option]");
    if (!option || event.target.closest("button, a")) return;
    const k = Number(option.dataset.k);
    this.goTo(k);
    this.toggle(k, event.shiftKey);
  }

  key(event) {
    const page = Math.max(1, Math.floor(this.element.clientHeight / this.height) - 1);
    const steps = { ArrowDown: 1, ArrowUp: -1, PageDown: page, PageUp: -page, Home: -Infinity, End: Infinity };
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key in steps) {
      event.preventDefault();
      const from = this.active;
      if (event.shiftKey && this.anchor < 0) this.anchor = from;
      this.goTo(from + steps[event.key]);
      if (event.shiftKey) this.toggle(this.active, true);
    } else if (event.key === " " && this.active >= 0) {
      event.preventDefault();
      this.toggle(this.active, event.shiftKey);
    } else if (event.key === "Enter" && this.active >= 0) {
      event.preventDefault();
      this.tell("open", { item: this.items[this.active] });
    }
  }
}
