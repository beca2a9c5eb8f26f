// The day that is looked at: a slider over the past. In the past nothing can be changed.
import { say } from "./words.js";

const DAY_MS = 86_400_000;
const number = (day) => Math.round(Date.parse(`${day}T00:00:00Z`) / DAY_MS);
const text = (n) => new Date(n * DAY_MS).toISOString().slice(0, 10);

export class Days extends EventTarget {
  constructor(desk, { slider, date, back, banner }) {
    super();
    Object.assign(this, { desk, slider, date, back, banner });
    slider.addEventListener("input", () => { this.tell(text(Number(slider.value))); });
    slider.addEventListener("change", () => this.go(text(Number(slider.value))));
    date.addEventListener("change", () => { if (date.value && date.checkValidity()) this.go(date.value); });
    back.addEventListener("click", () => this.go(desk.state.today));
    desk.on(["day"], () => this.draw());
    this.draw();
  }

  tell(day) {
    this.date.value = day;
    this.slider.setAttribute("aria-valuetext", day);
  }

  go(day) {
    if (day !== this.desk.state.asOf) this.dispatchEvent(new CustomEvent("chosen", { detail: { day } }));
  }

  draw() {
    const { asOf, today, firstDay } = this.desk.state;
    const first = firstDay && firstDay < today ? firstDay : today;
    this.slider.min = String(number(first));
    this.slider.max = String(number(today));
    this.slider.value = String(number(asOf));
    this.slider.disabled = first === today;
    this.date.min = first;
    this.date.max = today;
    this.tell(asOf);
    const past = asOf !== today;
    this.banner.hidden = !past;
    this.back.hidden = !past;
    document.body.classList.toggle("desk-past", past);
    if (past) this.banner.querySelector("span").textContent = say("read only, as of {day}", { day: asOf });
  }
}
