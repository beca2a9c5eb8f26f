// The name of the grid under the pointer, and what a screen reader hears of the one in focus.
export class Tip {
  constructor(element) {
    this.element = element;
    this.box = document.createElement("div");
    this.box.className = "desk-tip";
    this.box.hidden = true;
    this.box.setAttribute("aria-hidden", "true");
    this.name = document.createElement("strong");
    this.code = document.createElement("span");
    this.box.append(this.name, this.code);
    this.spoken = document.createElement("p");
    this.spoken.className = "hidden";
    this.spoken.setAttribute("aria-live", "polite");
    element.append(this.box, this.spoken);
  }

  move(event, name, code) {
    this.box.hidden = !name || !event;
    if (this.box.hidden) return;
    const frame = this.element.getBoundingClientRect();
    const x = event.clientX - frame.left;
    const y = event.clientY - frame.top;
    this.name.textContent = name;
    this.code.textContent = code;
    const left = x > frame.width - 220 ? x - this.box.offsetWidth - 12 : x + 14;
    this.box.style.transform = `translate(${Math.max(4, left)}px, ${Math.min(y + 16, frame.height - 52)}px)`;
  }

  tell(text) {
    this.spoken.textContent = text;
  }
}
