// Search while typing: the server answers with a part of a page, already escaped.
const input = document.querySelector("input[data-suggest]");
const box = document.querySelector("#suggestions");
let waiting = 0;
let asking = null;

function close() {
  box.hidden = true;
  box.replaceChildren();
}

async function suggest() {
  const text = input.value.trim();
  if (asking) asking.abort();
  if (!text) return close();
  asking = new AbortController();
  const address = new URL(input.dataset.suggest, window.location.href);
  address.searchParams.set("q", text);
  try {
    const answer = await fetch(address, { signal: asking.signal });
    if (!answer.ok || input.value.trim() !== text) return;
    const parsed = new DOMParser().parseFromString(await answer.text(), "text/html");
    box.replaceChildren(...parsed.body.childNodes);
    box.hidden = false;
  } catch (error) {
    if (error.name !== "AbortError") close();
  }
}

if (input && box) {
  input.addEventListener("input", () => {
    window.clearTimeout(waiting);
    waiting = window.setTimeout(suggest, 150);
  });
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape") close();
    if (event.key !== "ArrowDown" && event.key !== "ArrowUp") return;
    const links = [...box.querySelectorAll("a")];
    const at = links.indexOf(document.activeElement);
    if (!links.length || (at < 0 && document.activeElement !== input)) return;
    event.preventDefault();
    const next = at + (event.key === "ArrowDown" ? 1 : -1);
    (links[next] || input).focus();
  });
  document.addEventListener("click", (event) => {
    if (!event.target.closest(".search-box")) close();
  });
}
