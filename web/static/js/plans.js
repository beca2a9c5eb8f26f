// Asking the planner, and looking how far it has come, once a second until it ends.
import { get, post, Problem } from "./desk/http.js";

const EVERY_MS = 1000;
const words = JSON.parse(document.querySelector("#words").textContent);
const form = document.querySelector("#ask");
const fault = document.querySelector("#ask-fault");
const numbers = new Intl.NumberFormat(words.tag, { maximumFractionDigits: 2 });
const whole = new Intl.NumberFormat(words.tag, { maximumFractionDigits: 0 });
const percent = new Intl.NumberFormat(words.tag, { style: "percent", maximumFractionDigits: 2 });
const watched = new Set();

const fill = (template, values) => template.replace(/\{(\w+)\}/g, (_all, name) => values[name]);
const wait = (ms) => new Promise((resolve) => { setTimeout(resolve, ms); });

// The body of a task: what is empty is left out, so that the service's own defaults hold.
function asked() {
  const sent = new FormData(form);
  const body = { leaving: sent.getAll("leaving") };
  for (const input of form.elements) {
    if (!input.name || input.name === "leaving" || !sent.has(input.name)) continue;
    const value = String(sent.get(input.name)).trim();
    if (input.name === "targets_at_most" && !value) body[input.name] = null;
    else if (value) body[input.name] = input.type === "number" ? Number(value) : value;
  }
  return body;
}

function refuse(error) {
  if (!(error instanceof Problem)) {
    fault.textContent = words.unreachable;
  } else {
    const rows = (error.told.errors || []).map((row) => `${row.column}: ${row.message}`);
    fault.textContent = [error.message, ...rows].join(" ");
  }
  fault.hidden = false;
  fault.scrollIntoView({ block: "nearest" });
}

async function start(event) {
  event.preventDefault();
  fault.hidden = true;
  if (!form.reportValidity()) return;
  const button = form.querySelector("button[type=submit]");
  button.disabled = true;
  try {
    await post("/api/v1/plans/jobs", asked());
    await refresh();
    document.querySelector("#jobs").scrollIntoView({ block: "nearest" });
  } catch (error) {
    refuse(error);
  } finally {
    button.disabled = false;
  }
}

// The page itself says what became of a job, in the reader's words: fetch it again and take its lists.
async function refresh() {
  const answer = await fetch(window.location.href, { headers: { Accept: "text/html" } });
  if (!answer.ok) throw new Error(String(answer.status));
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  for (const id of ["jobs", "plan-list"]) document.getElementById(id).replaceWith(page.getElementById(id));
  watchAll();
}

function measured(goal, value) {
  if (value === null || value === undefined) return "—";
  if (!words.in_metres.includes(goal)) return numbers.format(value);
  if (value < 1000) return fill(words.metres, { n: whole.format(value) });
  return fill(words.kilometres, { n: numbers.format(value / 1000) });
}

function told(progress, goal) {
  const { elapsed_s: elapsed = 0, best = null, bound = null } = progress;
  const values = { seconds: whole.format(elapsed), best: measured(goal, best), bound: measured(goal, bound), gap: "—" };
  if (best === null) return fill(words.elapsed, values);
  if (bound !== null) values.gap = percent.format(Math.max(0, best - bound) / Math.max(Math.abs(best), 1e-9));
  return fill(words.progress, values);
}

const shown = (id) => document.querySelector(`[data-job="${CSS.escape(id)}"]`);

async function watch(id) {
  for (;;) {
    await wait(EVERY_MS);
    const item = shown(id);
    if (!item) return;
    try {
      const job = await get(`/api/v1/jobs/${encodeURIComponent(id)}`);
      if (["done", "failed", "cancelled"].includes(job.state)) {
        await refresh();
        return;
      }
      item.querySelector(".job-state").textContent = words.states[job.state] || job.state;
      item.querySelector(".job-progress").textContent = told(job.progress, item.dataset.goal);
    } catch (error) {
      item.querySelector(".job-progress").textContent = error instanceof Problem ? error.message : words.unreachable;
      if (error instanceof Problem) return;
    }
  }
}

function watchAll() {
  for (const item of document.querySelectorAll("[data-running]")) {
    const id = item.dataset.job;
    if (watched.has(id)) continue;
    watched.add(id);
    watch(id).finally(() => watched.delete(id));
  }
}

async function cancel(button) {
  const item = button.closest("[data-job]");
  const token = document.querySelector("meta[name=csrf-token]");
  button.disabled = true;
  const headers = { Accept: "application/json", ...(token ? { "X-CSRF-Token": token.content } : {}) };
  const answer = await fetch(`/api/v1/jobs/${encodeURIComponent(item.dataset.job)}`, { method: "DELETE", headers });
  if (answer.ok) item.querySelector(".job-state").textContent = words.states.cancelling;
  else button.disabled = false;
}

form.addEventListener("submit", start);
form.addEventListener("change", () => {
  const n = form.querySelectorAll("[name=leaving]:checked").length;
  document.querySelector("#leaving-count").textContent = n ? whole.format(n) : "";
});
document.addEventListener("click", (event) => {
  const button = event.target.closest("button.cancel");
  if (button) cancel(button);
});
watchAll();
