// What every map of ours can do: show its scale, fill the screen with its legend, and let the page
// around it say where to look, and nothing else.
"use strict";

function gridmapFramed(map, shown, fullScreen) {
  L.control.scale({ imperial: false }).addTo(map);
  if (document.fullscreenEnabled) fillScreen(map, fullScreen);
  // A click gives the map the keys; the page around it stays where it is.
  const box = map.getContainer();
  box.focus = (how) => HTMLElement.prototype.focus.call(box, { ...how, preventScroll: true });
  // Until somebody moves the map, it keeps showing all of the city, on paper too.
  let touched = false;
  for (const kind of ["pointerdown", "wheel", "keydown"]) {
    map.getContainer().addEventListener(kind, () => { touched = true; }, { passive: true });
  }
  new ResizeObserver(() => {
    map.invalidateSize();
    const size = map.getSize(); // a map that is folded away has none, and fits nothing
    if (!touched && size.x > 32 && size.y > 32) map.fitBounds(shown, { padding: [16, 16], animate: false });
  }).observe(map.getContainer());
  let mark = null;
  window.addEventListener("message", (event) => {
    if (event.origin !== window.location.origin || event.source !== window.parent) return;
    const box = event.data && event.data.box;
    if (!Array.isArray(box) || box.length !== 4 || !box.every(Number.isFinite)) return;
    const [west, south, east, north] = box;
    const bounds = [[south, west], [north, east]];
    touched = true;
    map.fitBounds(bounds, { padding: [48, 48], maxZoom: 18 });
    if (mark) mark.remove();
    mark = L.rectangle(bounds, { className: "looked-at", fill: false, interactive: false }).addTo(map);
  });
  document.documentElement.dataset.ready = "yes";
}

function fillScreen(map, title) {
  const control = L.control({ position: "topleft" });
  control.onAdd = () => {
    const bar = L.DomUtil.create("div", "leaflet-bar");
    const button = L.DomUtil.create("a", "full", bar);
    button.href = "#";
    button.title = title;
    button.setAttribute("role", "button");
    button.setAttribute("aria-label", title);
    button.innerHTML = '<svg viewBox="0 0 24 24"><path d="M4 9V4h5M15 4h5v5M20 15v5h-5M9 20H4v-5"/></svg>';
    L.DomEvent.on(button, "click", (event) => {
      L.DomEvent.stop(event);
      if (document.fullscreenElement) document.exitFullscreen();
      else document.documentElement.requestFullscreen();
    });
    return bar;
  };
  control.addTo(map);
}
