// Finding a unit by typing: a combobox as WAI-ARIA describes it, by name, short name, pinyin, initials.
import { fresh, make } from "./elements.js";
import { folded, say, word } from "./words.js";

const SHOWN = 12;

// The best first: where a part of its names starts with the text, then where one has it somewhere.
export function found(units, text, shown = SHOWN) {
  const wanted = folded(text);
  const ranked = [];
  for (const unit of units) {
    if (unit.active === false) continue;
    const parts = unit.search.split("|");
    const exact = parts.includes(wanted) || folded(unit.unit_id) === wanted;
    const starts = parts.some((part) => part.startsWith(wanted));
    if (!wanted || exact || starts || unit.search.includes(wanted)) ranked.push([exact ? 0 : starts ? 1 : 2, unit]);
  }
  ranked.sort(([a, one], [b, other]) => a - b || one.name.length - other.name.length);
  return ranked.slice(0, shown).map(([, unit]) => unit);
}

export class UnitBox extends EventTarget {
  constructor(units, { label, id }) {
    super();
    this.units = units;
    this.shown = [];
    this.at = -1;
    this.listId = fresh("units");
    this.input = make("input", {
      id, type: "text", role: "combobox", autocomplete: "off", spellcheck: "false", maxlength: 80, "aria-expanded": "false",
      "aria-controls": this.listId, "aria-autocomplete": "list", placeholder: say("name, pinyin or initials"),
      on: {
        input: () => this.open(), keydown: (event) => this.key(event), blur: () => this.close(),
        focus: () => { if (this.input.value) this.open(); }, click: () => this.open(),
      },
    });
    this.list = make("ul", { id: this.listId, role: "listbox", class: "unit-list", "aria-label": label, hidden: true });
    this.element = make("div", { class: "unit-box" }, this.input, this.list);
  }

  open() {
    this.shown = found(this.units, this.input.value);
    this.at = this.shown.length && this.input.value.trim() ? 0 : -1;
    this.list.hidden = false;
    this.input.setAttribute("aria-expanded", "true");
    this.draw();
  }

  close() {
    this.list.hidden = true;
    this.at = -1;
    this.input.setAttribute("aria-expanded", "false");
    this.input.removeAttribute("aria-activedescendant");
  }

  draw() {
    if (!this.shown.length) {
      this.list.replaceChildren(make("li", { class: "none", role: "presentation" }, say("no such unit")));
      return;
    }
    this.list.replaceChildren(...this.shown.map((unit, k) => this.option(unit, k)));
    if (this.at < 0) this.input.removeAttribute("aria-activedescendant");
    else {
      this.input.setAttribute("aria-activedescendant", `${this.listId}-${this.at}`);
      this.list.children[this.at].scrollIntoView({ block: "nearest" });
    }
  }

  option(unit, k) {
    const kind = unit.party === "post" ? word("party", "post") : null;
    return make("li", {
      id: `${this.listId}-${k}`, role: "option", "aria-selected": k === this.at ? "true" : "false",
      on: { pointerdown: (event) => { event.preventDefault(); this.take(unit); } },
    }, make("span", {}, unit.name), kind ? make("span", { class: "kind" }, kind) : null,
    unit.short_name ? make("span", { class: "code" }, unit.short_name) : null);
  }

  take(unit) {
    this.input.value = "";
    this.close();
    this.dispatchEvent(new CustomEvent("unit", { detail: { unit } }));
  }

  key(event) {
    if (event.isComposing) return; // Enter and arrows belong to the input method
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      if (this.list.hidden) this.open();
      const n = this.shown.length;
      if (n) this.at = (this.at + (event.key === "ArrowDown" ? 1 : -1) + n) % n;
      this.draw();
    } else if (event.key === "Enter" && !this.list.hidden && this.at >= 0) {
      event.preventDefault();
      this.take(this.shown[this.at]);
    } else if (event.key === "Escape" && !this.list.hidden) {
      event.preventDefault();
      event.stopPropagation();
      this.close();
    }
  }
}

// Units chosen for an assignment, each with its tier.
export class ChosenUnits extends EventTarget {
  constructor(tiers) {
    super();
    this.tiers = tiers;
    this.chosen = [];
    this.element = make("ul", { class: "chosen-units", "aria-label": say("units chosen") });
    this.draw();
  }

  usual(unit) {
    if (unit.party === "post") return "patch_leader";
    return this.chosen.some(({ tier }) => tier === "responsible") ? "assisting" : "responsible";
  }

  add(unit) {
    if (!this.chosen.some((one) => one.unit.unit_id === unit.unit_id)) {
      this.chosen.push({ unit, tier: this.usual(unit) });
      this.draw();
    }
    this.element.lastElementChild?.focus();
  }

  clear() {
    this.chosen = [];
    this.draw();
  }

  asked() {
    return this.chosen.map(({ unit, tier }) => ({ unit_id: unit.unit_id, tier }));
  }

  draw() {
    this.element.replaceChildren(...this.chosen.map((one) => this.chip(one)));
    this.element.hidden = !this.chosen.length;
    this.dispatchEvent(new CustomEvent("changed"));
  }

  chip(one) {
    const name = one.unit.short_name || one.unit.name;
    const tier = make("select", { "aria-label": say("tier of {unit}", { unit: one.unit.name }), on: { change: () => { one.tier = tier.value; } } },
      this.tiers.map((code) => {
        const option = make("option", { value: code }, word("tier", code));
        option.selected = code === one.tier;
        return option;
      }));
    const drop = make("button", {
      type: "button", class: "drop", "aria-label": say("leave out {unit}", { unit: one.unit.name }),
      on: { click: () => { this.chosen = this.chosen.filter((other) => other !== one); this.draw(); } },
    }, "×");
    return make("li", { tabindex: -1, title: one.unit.name, "data-unit": one.unit.unit_id }, make("span", { class: "chip-name" }, name), tier, drop);
  }
}
