// The keyboard: what each key does, and a dialog that says so. Letters can be turned off.
import { ask, make } from "./elements.js";
import { say } from "./words.js";

const OFF = "desk-letters-off";
const WRITING = "input:not([type=checkbox]):not([type=radio]):not([type=range]):not([type=button]), textarea, select, [contenteditable]";
const TOLD = [
  ["/", "key /"], ["g", "key g"], ["↑ ↓", "key arrows"], ["Space", "key space"], ["Shift + ↑ ↓", "key shift"], ["Enter", "key enter"],
  ["Ctrl + A", "key ctrl a"], ["a", "key a"], ["r", "key r"], ["h", "key h"], ["Esc", "key esc"],
  ["Ctrl + Z", "key ctrl z"], ["Ctrl + Shift + Z", "key ctrl shift z"], ["Alt + ← ↑ → ↓", "key alt arrows"], ["?", "key ?"],
];

export class Keys {
  // does: key → function; the names are those of `named` below
  constructor(does) {
    this.does = does;
    this.letters = window.localStorage.getItem(OFF) !== "yes";
    document.addEventListener("keydown", (event) => this.press(event));
  }

  press(event) {
    if (event.defaultPrevented || event.isComposing || document.querySelector("dialog[open]")) return;
    const writing = event.target instanceof Element && event.target.matches(WRITING);
    const name = this.named(event);
    if (!name || !(name in this.does)) return;
    if (writing && name !== "Escape") return;
    if (name.length === 1 && !this.letters) return;
    event.preventDefault();
    this.does[name]();
  }

  named(event) {
    const command = event.ctrlKey || event.metaKey;
    if (event.altKey) return null;
    if (!command) return event.key.length === 1 ? event.key.toLowerCase() : event.key;
    const key = event.key.toLowerCase();
    if (key === "y") return "Ctrl+Shift+z";
    return `Ctrl+${event.shiftKey ? "Shift+" : ""}${key}`;
  }

  async show() {
    const letters = make("input", { type: "checkbox" });
    letters.checked = this.letters;
    await ask({
      title: say("keys"), kind: "keys",
      body: [
        make("dl", { class: "key-list" }, TOLD.flatMap(([key, text]) => [make("dt", {}, make("kbd", {}, key)), make("dd", {}, say(text))])),
        make("label", { class: "check-line" }, letters, say("letters are keys")),
      ],
      buttons: [{ value: "ok", text: say("close"), primary: true, first: true }],
    });
    this.letters = letters.checked;
    window.localStorage.setItem(OFF, letters.checked ? "" : "yes");
  }
}
