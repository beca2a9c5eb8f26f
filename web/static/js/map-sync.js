// A map that tells the page around it where it looks, and looks where the page says: so two maps
// beside each other show the same place.
"use strict";

function gridmapSynced(map) {
  let told = false;
  map.on("moveend", () => {
    if (told || window.parent === window) return;
    const centre = map.getCenter();
    window.parent.postMessage({ view: [centre.lat, centre.lng, map.getZoom()] }, window.location.origin);
  });
  window.addEventListener("message", (event) => {
    if (event.origin !== window.location.origin || event.source !== window.parent) return;
    const view = event.data && event.data.view;
    if (!Array.isArray(view) || view.length !== 3 || !view.every(Number.isFinite)) return;
    told = true;
    map.setView([view[0], view[1]], view[2], { animate: false });
    told = false;
    document.documentElement.dataset.view = view.map((number) => number.toFixed(4)).join(",");
  });
}
