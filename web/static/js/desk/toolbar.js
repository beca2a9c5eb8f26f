// The bar over the map: tools, what is drawn, and the panel's height on a phone.
import { say } from "./words.js";

const LAYERS = ["communities", "labels", "roads", "points", "compounds"];
const SHOWN_FIRST = new Set(["communities", "labels"]);

export class Toolbar {
  constructor(desk, bar) {
    Object.assign(this, { desk, bar, tool: "pan" });
    this.tools = [...bar.querySelectorAll("[data-tool]")];
    for (const one of this.tools) one.addEventListener("click", () => this.use(one.dataset.tool));
    for (const name of LAYERS) {
      const box = bar.querySelector(`[data-layer=${name}]`);
      box.checked = SHOWN_FIRST.has(name);
      desk.map.setLayer(name, box.checked);
      box.addEventListener("change", () => desk.map.setLayer(name, box.checked));
    }
    bar.querySelector("#fit-all").addEventListener("click", () => desk.map.fit());
    const sheet = document.querySelector("#sheet-handle");
    sheet.addEventListener("click", () => {
      const tall = document.querySelector("#desk").classList.toggle("sheet-tall");
      sheet.setAttribute("aria-expanded", String(tall));
    });
    // On a phone the legend would cover a third of the map.
    if (window.matchMedia("(max-width: 900px)").matches) document.querySelector("#legend").open = false;
    this.menu();
    this.follow();
  }

  use(name) {
    this.desk.map.setTool(name);
    this.mark(name);
    this.desk.announce(say(`tool ${name}`));
  }

  mark(name) {
    this.tool = name;
    for (const one of this.tools) one.setAttribute("aria-pressed", String(one.dataset.tool === name));
  }

  // Panels set tools of their own (road, draw, edit); the bar shows none of its tools pressed then.
  follow() {
    const { map } = this.desk;
    const set = map.setTool.bind(map);
    map.setTool = (name) => {
      set(name);
      this.mark(name);
    };
  }

  // The menu of layers closes when one looks elsewhere.
  menu() {
    const menu = this.bar.querySelector("details");
    document.addEventListener("pointerdown", (event) => { if (!menu.contains(event.target)) menu.open = false; });
    menu.addEventListener("keydown", (event) => {
      if (event.key !== "Escape" || !menu.open) return;
      event.stopPropagation();
      menu.open = false;
      menu.querySelector("summary").focus();
    });
  }
}
