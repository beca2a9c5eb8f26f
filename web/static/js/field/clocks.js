// The clock of an issue, as it stands now: the pack may be a day old.
import { number, say } from "../desk/words.js";

const HOUR_MS = 3_600_000;
const MARKS = { green: "●", yellow: "▲", red: "■" };

// Past its limit an issue is red whatever the pack said; before it, it is what the pack said.
export function lightOf({ due_at: due, light }, now = Date.now()) {
  if (due && now > new Date(due).getTime()) return "red";
  return light ?? null;
}

function span(hours) {
  return hours < 48 ? say("{n} hours", { n: number(Math.max(1, Math.round(hours))) }) : say("{n} days", { n: number(Math.round(hours / 24)) });
}

export function clockOf(issue, now = Date.now()) {
  const light = lightOf(issue, now);
  if (!issue.due_at || !light) return null;
  const hours = (new Date(issue.due_at) - now) / HOUR_MS;
  return { light, mark: MARKS[light], text: hours < 0 ? say("overdue by {span}", { span: span(-hours) }) : say("{span} left", { span: span(hours) }) };
}
