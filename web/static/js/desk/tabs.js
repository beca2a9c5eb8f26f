// Tabs as WAI-ARIA describes them: arrows move between them, one panel is shown.
export class Tabs extends EventTarget {
  constructor(list) {
    super();
    this.tabs = [...list.querySelectorAll("[role=tab]")];
    for (const tab of this.tabs) tab.addEventListener("click", () => this.show(tab.dataset.tab));
    list.addEventListener("keydown", (event) => this.key(event));
  }

  show(name, focus = false) {
    for (const tab of this.tabs) {
      const mine = tab.dataset.tab === name;
      tab.setAttribute("aria-selected", String(mine));
      tab.tabIndex = mine ? 0 : -1;
      document.getElementById(tab.getAttribute("aria-controls")).hidden = !mine;
      if (mine && focus) tab.focus();
    }
    this.shown = name;
    this.dispatchEvent(new CustomEvent("shown", { detail: { name } }));
  }

  key(event) {
    const at = this.tabs.indexOf(document.activeElement);
    const to = { ArrowRight: at + 1, ArrowLeft: at - 1, Home: 0, End: this.tabs.length - 1 }[event.key];
    if (at < 0 || to === undefined) return;
    event.preventDefault();
    this.show(this.tabs[(to + this.tabs.length) % this.tabs.length].dataset.tab, true);
  }
}
