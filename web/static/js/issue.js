// The map of one issue: its place and grid, where photos were taken; a click gives the corrected place.
import { COLOURS, drawGround, issueMark, mapIn } from "./issues/map.js";

const L = window.L;
const told = JSON.parse(document.querySelector("#map-data").textContent);
const holder = document.querySelector("#place-map");
const form = document.querySelector("#move");

function named(text) {
  const label = document.createElement("span"); // what is said is text, never markup
  label.textContent = text;
  return label;
}

async function draw() {
  const map = mapIn(holder);
  const answer = await fetch(holder.dataset.ground);
  const bounds = answer.ok
    ? drawGround(map, await answer.json(), { mine: (feature) => String(feature.id) === told.grid })
    : L.latLngBounds([]);
  const here = told.issue && [told.issue[1], told.issue[0]];
  const shown = here ? L.latLngBounds([here]) : bounds;
  for (const photo of told.photos) {
    const at = [photo.lat, photo.lon];
    if (here) L.polyline([here, at], { color: "#465666", weight: 1.5, dashArray: "4 4", interactive: false }).addTo(map);
    L.circleMarker(at, { radius: 5, color: "#465666", weight: 2, fillColor: "#ffffff", fillOpacity: 1 })
      .addTo(map)
      .bindTooltip(named(photo.far ? `${photo.name} · ${photo.far}` : photo.name), { className: "tip" });
    shown.extend(at);
  }
  if (here) {
    const renderer = L.canvas({ pane: "issues", padding: 0.3 });
    const point = ["", told.issue[0], told.issue[1], "", "", told.state, told.light];
    issueMark(point, { renderer, radius: 9 }).addTo(map).bindTooltip(named(told.words.here), { className: "tip" });
  }
  let fitted = false;
  const fit = () => {
    map.invalidateSize();
    if (fitted || map.getSize().x < 32 || !shown.isValid()) return;
    if (here) map.fitBounds(shown.pad(0.3), { maxZoom: 17, animate: false });
    else map.fitBounds(shown, { padding: [16, 16], animate: false });
    fitted = true;
  };
  new ResizeObserver(fit).observe(holder);
  fit();
  if (form) pickOn(map);
  holder.classList.add("ready");
}

// While the form of the corrected place is open, a click fills it in.
function pickOn(map) {
  const fold = form.closest("details");
  let pin = null;
  const show = () => {
    const [lat, lon] = [Number(form.elements.lat.value), Number(form.elements.lon.value)];
    if (!form.elements.lat.value || !form.elements.lon.value || !Number.isFinite(lat + lon)) return;
    const same = told.issue && Math.hypot(lon - told.issue[0], lat - told.issue[1]) < 1e-6;
    if (pin) pin.remove();
    pin = same ? null : L.circleMarker([lat, lon], { radius: 8, color: "#fff", weight: 3, fillColor: COLOURS.red, fillOpacity: 1 })
      .addTo(map)
      .bindTooltip(named(told.words.moved), { className: "tip", permanent: true, direction: "top" });
  };
  map.on("click", (event) => {
    if (!fold.open) return;
    form.elements.lon.value = event.latlng.lng.toFixed(6);
    form.elements.lat.value = event.latlng.lat.toFixed(6);
    show();
  });
  form.addEventListener("input", show);
  show();
  const cursor = () => holder.classList.toggle("picking", fold.open);
  fold.addEventListener("toggle", cursor);
  cursor();
}

if (holder) draw();
