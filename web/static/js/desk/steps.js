// Undo and redo: the buttons, and what they would take back.
import { say } from "./words.js";

export class Steps {
  constructor(desk, actions, { undo, redo }) {
    Object.assign(this, { desk, undo, redo });
    undo.addEventListener("click", () => actions.undo());
    redo.addEventListener("click", () => actions.redo());
    desk.on(["steps", "day"], () => this.draw());
    this.draw();
  }

  draw() {
    const { done, undone } = this.desk.state.steps;
    const writable = this.desk.state.asOf === this.desk.state.today;
    for (const [one, stack, text] of [[this.undo, done, "undo"], [this.redo, undone, "redo"]]) {
      const step = stack.at(-1);
      one.setAttribute("aria-disabled", String(!step || !writable));
      one.title = step ? `${say(text)}: ${step.label}` : say(text);
      one.setAttribute("aria-label", one.title);
    }
  }
}
