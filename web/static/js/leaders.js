// The large screen asks for its own page again and again, and swaps in what has changed.
const body = document.body;
const every = Number(body.dataset.refreshS) * 1000;
const stale = document.querySelector("#stale");
const clock = document.querySelector("#clock");
const zone = body.dataset.zone;

function tick() {
  clock.textContent = new Date().toLocaleTimeString(document.documentElement.lang, {
    timeZone: zone, hour: "2-digit", minute: "2-digit", hour12: false,
  });
}

function tell(isOld) {
  const moment = document.querySelector("#moment time");
  const said = moment ? moment.textContent.match(/\d{4}-\d\d-\d\d \d\d:\d\d/) : null;
  stale.textContent = stale.dataset.says.replace("{moment}", said ? said[0] : "");
  stale.hidden = !isOld;
  body.classList.toggle("old", isOld);
}

// What is the same stays as it is, so that nothing blinks and nobody's focus is lost.
function swap(page) {
  for (const part of document.querySelectorAll("[data-swap]")) {
    const fresh = page.getElementById(part.id);
    if (fresh && fresh.innerHTML !== part.innerHTML) part.replaceChildren(...fresh.childNodes);
  }
}

async function refresh() {
  try {
    const answer = await fetch(location.href, { headers: { Accept: "text/html" }, cache: "no-store" });
    if (!answer.ok || answer.redirected) throw new Error(String(answer.status));
    swap(new DOMParser().parseFromString(await answer.text(), "text/html"));
    tell(false);
  } catch {
    tell(true);
  }
}

if (clock) {
  tick();
  setInterval(tick, 1000);
  setInterval(refresh, every);
  addEventListener("online", refresh);
  addEventListener("offline", () => tell(true));
}
