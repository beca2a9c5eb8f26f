// A map of roads under a cross-hair: the place of a report is the middle of the map.
const CITY = 0.2; // degrees that the service answers for at once
const NEAR = 17;
const NAMED_FROM = 15;
const MOST_NAMES = 24;
const WIDE = new Set(["main", "trunk", "primary", "secondary", "motorway"]);

export function placeMap({ holder, lon, lat, note, button, words }) {
  const { L } = window;
  const map = L.map(holder, { attributionControl: false, zoomSnap: 0.5, minZoom: 10, maxZoom: 19, scrollWheelZoom: "center", doubleClickZoom: "center", touchZoom: "center" });
  const roads = L.layerGroup().addTo(map);
  const names = L.layerGroup().addTo(map);
  let drawn = null;
  let accuracy = null; // metres, while the map stands where the device said
  let placing = false; // the map is being moved by us, not by somebody
  let turn = 0;

  function say(text, chosen) {
    note.textContent = text;
    holder.parentElement.classList.toggle("chosen", chosen);
  }

  function choose(metres) {
    const { lng, lat: y } = map.getCenter();
    lon.value = lng.toFixed(6);
    lat.value = y.toFixed(6);
    accuracy = metres;
    say(metres ? words.within.replace("{metres}", Math.ceil(metres)) : words.chosen, true);
  }

  function style({ properties }) {
    const scale = 2 ** Math.min(1, Math.max(-1.5, (map.getZoom() - 16) / 2));
    return { color: "#ffffff", weight: (WIDE.has(properties.road_class) ? 8 : 5) * scale, lineCap: "round" };
  }

  function label() {
    names.clearLayers();
    if (map.getZoom() < NAMED_FROM) return;
    const [view, seen] = [map.getBounds(), new Set()];
    roads.eachLayer((road) => {
      const name = road.feature.properties.name;
      if (!name || seen.has(name) || seen.size >= MOST_NAMES) return;
      const points = road.getLatLngs().flat().filter((point) => view.contains(point));
      const at = points[Math.floor(points.length / 2)] ?? (view.intersects(road.getBounds()) ? road.getCenter() : null);
      if (!at || !view.contains(at)) return;
      seen.add(name);
      const text = document.createElement("span");
      text.textContent = name; // a name is text, never markup
      L.tooltip({ permanent: true, direction: "center", className: "road-name", interactive: false }).setLatLng(at).setContent(text).addTo(names);
    });
  }

  async function draw() {
    const view = map.getBounds();
    if (view.getEast() - view.getWest() > CITY / 2 || view.getNorth() - view.getSouth() > CITY / 2) {
      roads.clearLayers();
      names.clearLayers();
      drawn = null;
      return;
    }
    if (!drawn || !drawn.contains(view)) {
      const mine = (turn += 1);
      const asked = view.pad(0.4);
      const answer = await fetch(`/api/v1/public/roads?bbox=${asked.toBBoxString()}`).catch(() => null);
      if (!answer?.ok || mine !== turn) return; // without roads the map can still be placed
      const told = await answer.json();
      if (mine !== turn) return;
      drawn = asked;
      roads.clearLayers();
      L.geoJSON(told, {
        interactive: false,
        style,
      }).eachLayer((road) => roads.addLayer(road));
    }
    roads.eachLayer((road) => road.setStyle(style(road.feature)));
    label();
  }

  map.on("dragend zoomend", () => { if (!placing && (lon.value || map.dragged)) choose(null); });
  map.on("dragstart", () => { map.dragged = true; });
  map.on("moveend", () => { draw(); });

  const [west, south, east, north] = (holder.dataset.bounds ?? "").split(",").map(Number);
  placing = true;
  if (lon.value && lat.value) map.setView([Number(lat.value), Number(lon.value)], NEAR, { animate: false });
  else if (Number.isFinite(north)) {
    const wide = Math.max(east - west, north - south) > CITY / 2;
    if (wide) map.setView([(south + north) / 2, (west + east) / 2], 14, { animate: false });
    else map.fitBounds([[south, west], [north, east]], { padding: [16, 16], animate: false });
  } else map.setView([35, 105], 10, { animate: false });
  placing = false;
  say(lon.value ? words.chosen : words.not_chosen, Boolean(lon.value));

  button.addEventListener("click", () => {
    if (!navigator.geolocation) {
      say(words.denied, Boolean(lon.value));
      return;
    }
    note.textContent = words.asking;
    navigator.geolocation.getCurrentPosition(
      ({ coords }) => {
        placing = true;
        map.setView([coords.latitude, coords.longitude], NEAR, { animate: false });
        placing = false;
        choose(Math.max(1, coords.accuracy));
      },
      () => say(words.denied, Boolean(lon.value)),
      { enableHighAccuracy: true, timeout: 15000 },
    );
  });

  return {
    show: () => holder.scrollIntoView({ block: "center" }),
    place() {
      if (!lon.value) return null;
      const at = { lon: Number(lon.value), lat: Number(lat.value), datum: "wgs84" };
      return accuracy ? { ...at, accuracy_m: accuracy, source: "gps" } : { ...at, source: "pin" };
    },
  };
}
