// A table beside a map: choosing a row shows its place on the map.
const frame = document.querySelector("iframe[name=map]");

function show(row) {
  const box = row.dataset.box.split(",").map(Number);
  if (box.length !== 4 || !box.every(Number.isFinite)) return;
  frame.contentWindow.postMessage({ box }, window.location.origin);
  for (const other of document.querySelectorAll("tr.looked-at")) other.classList.remove("looked-at");
  row.classList.add("looked-at");
  if (window.matchMedia("(max-width: 1020px)").matches) {
    frame.scrollIntoView({ block: "center", behavior: "smooth" });
  }
}

document.addEventListener("click", (event) => {
  const row = event.target.closest("tr[data-box]");
  if (!row || !row.dataset.box || !frame || event.target.closest("a")) return;
  show(row);
});
