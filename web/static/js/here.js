// Who answers here: a click, typed coordinates, or the position of the device.
const holder = document.querySelector("#place-map");
const form = document.querySelector("#place-form");
const answer = document.querySelector("#answer");
const note = document.querySelector("#place-note");
const button = document.querySelector("#my-position");
const QUIET = { color: "#7fa3ba", weight: 1, fillColor: "#cfe0eb", fillOpacity: 0.9 };
const ROAD = { color: "#ffffff", weight: 2, opacity: 0.9 };
const FOUND = { color: "#10375c", weight: 2.5, fillColor: "#4b8bb8", fillOpacity: 0.7 };
const grids = new Map();
let map = null;
let mark = null;

async function start() {
  map = window.L.map(holder, { attributionControl: false, zoomSnap: 0.25, maxZoom: 20 });
  window.L.control.scale({ imperial: false }).addTo(map);
  map.setView([40, 105], 4);
  map.on("click", (event) => {
    form.elements.datum.value = "wgs84";
    ask(event.latlng.lng.toFixed(6), event.latlng.lat.toFixed(6), "");
  });
  const drawn = await (await fetch(holder.dataset.ground)).json();
  const roads = window.L.geoJSON(drawn, {
    filter: (feature) => feature.properties.layer === "roads",
    interactive: false,
    style: () => ROAD,
  });
  const layer = window.L.geoJSON(drawn, {
    filter: (feature) => feature.properties.layer === "grids",
    style: () => QUIET,
    onEachFeature: (feature, shape) => {
      grids.set(String(feature.id), shape);
      const text = document.createElement("span"); // a name is text, never markup
      text.textContent = feature.properties.name || feature.id;
      shape.bindTooltip(text, { sticky: true, className: "tip" });
    },
  }).addTo(map);
  roads.addTo(map);
  if (layer.getLayers().length) map.fitBounds(layer.getBounds(), { padding: [16, 16] });
  holder.classList.add("ready");
  point();
}

function point() {
  const found = answer.querySelector("[data-lon]");
  for (const shape of grids.values()) shape.setStyle(QUIET);
  if (!found) return;
  const at = [Number(found.dataset.lat), Number(found.dataset.lon)];
  if (mark) mark.remove();
  mark = window.L.circleMarker(at, { radius: 8, color: "#fff", weight: 3, fillColor: "#b2470a", fillOpacity: 1 }).addTo(map);
  const grid = grids.get(found.dataset.grid);
  if (grid) grid.setStyle(FOUND).bringToFront();
  mark.bringToFront();
  if (!map.getBounds().contains(at)) map.panTo(at);
}

async function ask(lon, lat, accuracy) {
  form.elements.lon.value = lon;
  form.elements.lat.value = lat;
  form.elements.accuracy.value = accuracy;
  await send();
}

async function send() {
  const query = new URLSearchParams(new FormData(form));
  const address = new URL(holder.dataset.answer, window.location.href);
  for (const [name, value] of query) address.searchParams.set(name, value);
  answer.setAttribute("aria-busy", "true");
  note.textContent = "";
  const got = await fetch(address);
  const parsed = new DOMParser().parseFromString(await got.text(), "text/html");
  answer.removeAttribute("aria-busy");
  if (!got.ok) {
    note.textContent = (parsed.querySelector(".error .lead") || parsed.body).textContent.trim();
    return;
  }
  answer.replaceChildren(...parsed.body.childNodes);
  window.history.replaceState(null, "", `/here?${query}`);
  point();
}

form.addEventListener("submit", (event) => {
  event.preventDefault();
  send();
});

button.addEventListener("click", () => {
  if (!navigator.geolocation) {
    note.textContent = button.dataset.denied;
    return;
  }
  note.textContent = button.dataset.waiting;
  navigator.geolocation.getCurrentPosition(
    ({ coords }) => {
      form.elements.datum.value = "wgs84";
      ask(coords.longitude.toFixed(6), coords.latitude.toFixed(6), String(Math.ceil(coords.accuracy)));
    },
    () => { note.textContent = button.dataset.denied; },
    { enableHighAccuracy: true, timeout: 15000 },
  );
});

start();
