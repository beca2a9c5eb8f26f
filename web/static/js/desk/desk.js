// What every part of the desk shares: the state, the map, and the news that something changed.
import { button, make } from "./elements.js";

const SHOWN_MS = 12_000;

export class Desk extends EventTarget {
  constructor(state, map) {
    super();
    this.state = state;
    this.map = map;
    this.toasts = document.querySelector("#toasts");
    this.live = document.querySelector("#desk-live");
  }

  // Parts say what they follow: "rows", "picked", "active", "day", "ground", "steps".
  on(names, heard) {
    for (const name of names) this.addEventListener(name, heard);
  }

  // A part that nobody sees is brought up to date when it is shown.
  follow(element, names, heard) {
    let stale = false;
    const look = () => {
      stale = !element.offsetParent;
      if (!stale) heard();
    };
    this.on(names, look);
    this.addEventListener("shown", () => { if (stale) look(); });
    look();
  }

  set(state, ...changed) {
    this.state = state;
    for (const name of changed) this.dispatchEvent(new CustomEvent(name));
  }

  // Said aloud by screen readers; the same words twice are said twice.
  announce(text) {
    this.live.textContent = "";
    window.requestAnimationFrame(() => { this.live.textContent = text; });
  }

  toast(text, { kind = "done", offer = null } = {}) {
    const box = make("div", { class: `toast ${kind}` }, make("span", {}, text));
    const gone = () => box.remove();
    if (offer) {
      box.append(button(offer.text, () => {
        gone();
        offer.take();
      }, { class: "toast-offer" }));
    }
    box.append(button("×", gone, { class: "toast-close", "aria-label": this.toasts.dataset.close }));
    this.toasts.replaceChildren(box); // the offer to undo is of the last step alone
    window.setTimeout(gone, kind === "fault" ? 2 * SHOWN_MS : SHOWN_MS);
    this.announce(text);
  }
}
