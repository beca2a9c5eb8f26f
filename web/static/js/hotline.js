// The clerk's page: places while typing, a pin on the map, and at once who answers there.
import { COLOURS, drawGround, mapIn } from "./issues/map.js";

const L = window.L;
const { conditions, words } = JSON.parse(document.querySelector("#told").textContent);
const form = document.querySelector("#call");
const holder = document.querySelector("#place-map");
const address = document.querySelector("#address");
const list = document.querySelector("#address-list");
const answer = document.querySelector("#here");
let map = null;
let pin = null;
let waiting = 0;
let asking = null;
let chosen = -1;

async function start() {
  map = mapIn(holder);
  map.on("click", (event) => place(event.latlng.lng, event.latlng.lat, "pin"));
  const got = await fetch(holder.dataset.ground);
  const bounds = got.ok ? drawGround(map, await got.json()) : null;
  if (bounds && bounds.isValid()) map.fitBounds(bounds, { padding: [16, 16] });
  new ResizeObserver(() => map.invalidateSize()).observe(holder);
  holder.classList.add("ready");
  if (form.elements.lon.value && form.elements.lat.value) show();
}

function place(lon, lat, source) {
  form.elements.lon.value = Number(lon).toFixed(6);
  form.elements.lat.value = Number(lat).toFixed(6);
  form.elements.source.value = source;
  show(source === "address");
}

function show(closer = false) {
  const [lat, lon] = [Number(form.elements.lat.value), Number(form.elements.lon.value)];
  if (!form.elements.lat.value || !form.elements.lon.value || !Number.isFinite(lat + lon)) return;
  if (pin) pin.remove();
  pin = L.circleMarker([lat, lon], { radius: 9, color: "#fff", weight: 3, fillColor: COLOURS.red, fillOpacity: 1, pane: "issues" }).addTo(map);
  if (closer) map.setView([lat, lon], Math.max(map.getZoom(), 17));
  else if (!map.getBounds().contains([lat, lon])) map.panTo([lat, lon]);
  foresee(lon, lat);
}

async function foresee(lon, lat) {
  const url = new URL("/hotline/here", window.location.href);
  for (const [name, value] of Object.entries({ lon, lat, category: form.elements.category.value })) url.searchParams.set(name, value);
  answer.setAttribute("aria-busy", "true");
  const got = await fetch(url);
  const parsed = new DOMParser().parseFromString(await got.text(), "text/html");
  answer.removeAttribute("aria-busy");
  const part = parsed.querySelector(".foreseen");
  if (part) answer.replaceChildren(part);
  else answer.textContent = (parsed.querySelector(".error .lead") || parsed.body).textContent.trim();
}

function line(tag, text, className) {
  const made = document.createElement(tag); // a name is text, never markup
  made.textContent = text;
  made.className = className;
  return made;
}

function close() {
  list.hidden = true;
  list.replaceChildren();
  address.setAttribute("aria-expanded", "false");
  address.removeAttribute("aria-activedescendant");
  chosen = -1;
}

function offer(places) {
  list.replaceChildren(
    ...places.map((found, n) => {
      const item = document.createElement("li");
      item.id = `place-${n}`;
      item.role = "option";
      item.append(line("strong", found.name || "", "name"), line("span", found.kind, "kind"), line("span", found.where || "", "where"));
      item.addEventListener("mousedown", (event) => {
        event.preventDefault();
        take(found);
      });
      item.take = () => take(found);
      return item;
    }),
  );
  if (!places.length) list.append(line("li", words.nothing, "none"));
  list.hidden = false;
  address.setAttribute("aria-expanded", "true");
}

function take(found) {
  address.value = found.name || "";
  close();
  place(found.lon, found.lat, "address");
}

async function search() {
  const text = address.value.trim();
  if (asking) asking.abort();
  if (!text) return close();
  asking = new AbortController();
  try {
    const got = await fetch(`/hotline/places.json?q=${encodeURIComponent(text)}`, { signal: asking.signal });
    if (got.ok && address.value.trim() === text) offer((await got.json()).places);
  } catch (error) {
    if (error.name !== "AbortError") close();
  }
}

address.addEventListener("input", () => {
  window.clearTimeout(waiting);
  waiting = window.setTimeout(search, 150);
});
address.addEventListener("blur", close);
address.addEventListener("keydown", (event) => {
  const items = [...list.querySelectorAll("li[role=option]")];
  if (event.key === "Escape") close();
  if (event.key === "Enter" && !list.hidden) {
    event.preventDefault(); // a place is chosen; the form is sent by its button
    const item = items[Math.max(chosen, 0)];
    if (item) item.take();
  }
  if ((event.key !== "ArrowDown" && event.key !== "ArrowUp") || !items.length) return;
  event.preventDefault();
  chosen = (chosen + (event.key === "ArrowDown" ? 1 : -1) + items.length) % items.length;
  items.forEach((item, n) => item.setAttribute("aria-selected", String(n === chosen)));
  address.setAttribute("aria-activedescendant", items[chosen].id);
  items[chosen].scrollIntoView({ block: "nearest" });
});

// A category has its own conditions; the only one is chosen.
const every = [...form.elements.condition.children];
function narrow() {
  const own = conditions[form.elements.category.value.trim()];
  const select = form.elements.condition;
  const kept = select.value;
  if (!own) select.replaceChildren(...every);
  else select.replaceChildren(new Option(words.any, ""), ...own.map(([id, text]) => new Option(text, id)));
  select.value = [...select.options].some((option) => option.value === kept) ? kept : "";
  if (own && own.length === 1) [[select.value]] = own;
}
form.elements.category.addEventListener("change", () => {
  narrow();
  show();
});
for (const name of ["lon", "lat"]) form.elements[name].addEventListener("change", () => {
  form.elements.source.value = "pin";
  show();
});
form.addEventListener("submit", () => { form.querySelector("button[type=submit]").disabled = true; });
window.addEventListener("pageshow", () => { form.querySelector("button[type=submit]").disabled = false; });
narrow();
start();
