// Categories as chips, found by name or by the first letters of their pinyin.
import { matching } from "../field/initials.js";

const FEW = 8;

export function categories({ pick, plain, words }) {
  const select = plain.querySelector("select");
  const common = JSON.parse(pick.dataset.common ?? "[]");
  const every = [...select.options].map((option) => option.value).filter(Boolean);
  const names = [...new Set([...common, ...every])]; // what is reported most comes first
  const chips = pick.querySelector("#chips");
  const find = pick.querySelector("#find");
  const more = pick.querySelector("#more");
  let all = false;

  function chip(name) {
    const label = document.createElement("label");
    const input = document.createElement("input");
    input.type = "radio";
    input.name = "chip";
    input.value = name;
    input.checked = select.value === name;
    const text = document.createElement("span");
    text.textContent = name; // a name is text, never markup
    label.className = "chip";
    label.append(input, text);
    return label;
  }

  function draw() {
    const typed = find.value.trim();
    const found = matching(names, typed);
    const shown = all || typed ? [...found] : found.slice(0, FEW);
    if (select.value && !shown.includes(select.value)) shown.unshift(select.value);
    chips.replaceChildren(...shown.map(chip));
    if (!found.length) {
      const none = document.createElement("p");
      none.className = "hint";
      none.textContent = words.nothing_found;
      chips.append(none);
    }
    more.hidden = all || Boolean(typed) || names.length <= FEW;
  }

  chips.addEventListener("change", (event) => { select.value = event.target.value; });
  find.addEventListener("input", draw);
  find.addEventListener("keydown", (event) => { if (event.key === "Enter") event.preventDefault(); });
  more.addEventListener("click", () => {
    all = true;
    draw();
    chips.querySelector("input")?.focus();
  });
  plain.hidden = true;
  pick.hidden = false;
  find.closest("label").hidden = names.length <= FEW;
  draw();
  return { chosen: () => select.value, show: () => (find.closest("label").hidden ? chips.querySelector("input") : find)?.focus() };
}
