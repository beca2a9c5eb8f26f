// A map inside a frame: the page around it may say where to look, and nothing else.
"use strict";

function gridmapFramed(map) {
  let mark = null;
  window.addEventListener("message", (event) => {
    if (event.origin !== window.location.origin || event.source !== window.parent) return;
    const box = event.data && event.data.box;
    if (!Array.isArray(box) || box.length !== 4 || !box.every(Number.isFinite)) return;
    const [west, south, east, north] = box;
    const bounds = [[south, west], [north, east]];
    map.fitBounds(bounds, { padding: [48, 48], maxZoom: 18 });
    if (mark) mark.remove();
    mark = L.rectangle(bounds, { className: "looked-at", fill: false, interactive: false }).addTo(map);
  });
  new ResizeObserver(() => map.invalidateSize()).observe(map.getContainer());
  document.documentElement.dataset.ready = "yes";
}
