// What is left without a unit, kept true while one works.
import { get } from "./http.js";
import { area, metres, number, say } from "./words.js";

const SHOWN = [
  ["grids without", (told) => [number(told.grids_without), number(told.grids)], "grids_without"],
  ["area without", (told) => [area(told.without_m2), area(told.ground_m2)], "without_m2"],
  ["roads without", (told) => [metres(told.road_m_without), metres(told.road_m)], "road_m_without"],
  ["points without", (told) => [number(told.points_without), number(told.points)], "points_without"],
  ["compounds without", (told) => [number(told.compounds_without), number(told.compounds)], "compounds_without"],
];

export class Counters {
  constructor(desk, actions, box) {
    Object.assign(this, { desk, box });
    this.asking = null;
    desk.on(["rows", "day", "ground"], () => this.soon());
    actions.addEventListener("written", () => { this.aloud = true; });
    this.soon();
  }

  soon() {
    this.box.setAttribute("aria-busy", "true");
    window.clearTimeout(this.waiting);
    this.waiting = window.setTimeout(() => this.ask(), 60);
  }

  async ask() {
    if (this.asking) this.asking.abort();
    this.asking = new AbortController();
    const { signal } = this.asking;
    try {
      const told = await get("/api/v1/desk/counters", { as_of: this.desk.state.asOf }, { signal });
      if (!signal.aborted) this.draw({ without_m2: told.ground_m2_without, ...told });
    } catch (error) {
      if (error.name === "AbortError") return;
      this.box.classList.add("stale");
      this.box.removeAttribute("aria-busy");
    }
  }

  draw(told) {
    this.box.classList.remove("stale");
    this.box.removeAttribute("aria-busy");
    const dt = (text) => Object.assign(document.createElement("dt"), { textContent: text });
    const parts = SHOWN.map(([name, values, key]) => {
      const [left, all] = values(told);
      const group = document.createElement("div");
      group.dataset.counter = key;
      group.className = told[key] > 0 ? "counter left" : "counter whole";
      const dd = Object.assign(document.createElement("dd"), { textContent: left });
      const of = Object.assign(document.createElement("span"), { className: "of", textContent: ` / ${all}` });
      dd.append(of);
      group.append(dt(say(name)), dd);
      return group;
    });
    this.box.replaceChildren(...parts);
    if (!this.aloud) return;
    this.aloud = false;
    this.desk.announce(say("left: {grids} grids, {area}", { grids: number(told.grids_without), area: area(told.without_m2) }));
  }
}
