// A page that waits for a job: tells how far it has come, stops it, and opens what came of it.
const FIRST_MS = 150;
const LATER_MS = 500;
const box = document.querySelector("[data-job]");
const wait = (ms) => new Promise((done) => setTimeout(done, ms));

function tell(job) {
  const { done, parts } = job.progress;
  if (!parts) return;
  const bar = box.querySelector("progress");
  bar.max = parts;
  bar.value = done;
  const step = box.querySelector(".step");
  step.textContent = step.dataset.template.replace("{done}", done).replace("{parts}", parts);
}

function open() {
  const here = new URL(window.location.href);
  here.searchParams.delete("again");
  window.location.replace(here);
}

async function ask(method) {
  const token = document.querySelector("meta[name=csrf-token]");
  const headers = { Accept: "application/json", ...(token ? { "X-CSRF-Token": token.content } : {}) };
  const answer = await fetch(`/api/v1/jobs/${encodeURIComponent(box.dataset.job)}`, { method, headers });
  if (!answer.ok) throw new Error(String(answer.status));
  return answer.json();
}

async function watch() {
  for (let n = 0; ; n += 1) {
    await wait(n < 10 ? FIRST_MS : LATER_MS);
    try {
      const job = await ask("GET");
      if (["done", "failed", "cancelled"].includes(job.state)) {
        open();
        return;
      }
      tell(job);
    } catch {
      const step = box.querySelector(".step");
      step.textContent = step.dataset.unreachable;
      await wait(LATER_MS);
    }
  }
}

async function stop(button) {
  button.disabled = true;
  try {
    await ask("DELETE");
    button.textContent = button.dataset.stopping;
  } catch {
    button.disabled = false;
  }
}

if (box) {
  box.querySelector("button.stop").addEventListener("click", (event) => stop(event.currentTarget));
  watch();
}
