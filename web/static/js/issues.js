// The ledger: its map beside the list, and what is done to the chosen.
import { drawGround, issueMark, mapIn, redraw, tip } from "./issues/map.js";

const words = JSON.parse(document.querySelector("#words").textContent);
const holder = document.querySelector("#issue-map");
const count = document.querySelector("#map-count");
const numbers = new Intl.NumberFormat(words.tag);
const fill = (template, values) => template.replace(/\{(\w+)\}/g, (_all, name) => values[name]);
const marks = new Map();
let map = null;
let looked = null;

document.documentElement.classList.add("scripts");
const fold = document.querySelector(".map-fold");
if (window.matchMedia("(max-width: 760px)").matches) fold.open = false;

async function draw() {
  map = mapIn(holder);
  const [ground, found] = await Promise.all(
    [holder.dataset.ground, holder.dataset.points].map(async (address) => {
      const answer = await fetch(address, { headers: { Accept: "application/json" } });
      if (!answer.ok) throw new Error(String(answer.status));
      return answer.json();
    }),
  );
  const city = drawGround(map, ground);
  const renderer = window.L.canvas({ pane: "issues", padding: 0.3, tolerance: 6 });
  const radius = found.points.length > 1500 ? 4 : 6;
  for (const point of [...found.points].reverse()) { // the newest lie on top
    const mark = issueMark(point, { renderer, radius });
    marks.set(mark.issue.issueId, mark);
    mark.addTo(map).on("click", () => chosenOnMap(mark));
  }
  const bounds = window.L.latLngBounds(found.points.map(([, lon, lat]) => [lat, lon]));
  const all = bounds.isValid() ? bounds : city;
  // A map that is folded away has no size; it is fitted when it unfolds.
  let fitted = false;
  const fit = () => {
    map.invalidateSize();
    const size = map.getSize();
    if (fitted || size.x < 32 || size.y < 32 || !all.isValid()) return;
    map.fitBounds(all, { padding: [24, 24], maxZoom: 17, animate: false });
    fitted = true;
  };
  new ResizeObserver(fit).observe(holder);
  fit();
  const shown = fill(words.shown, { n: numbers.format(found.points.length), matched: numbers.format(found.matched) });
  const unplaced = found.unplaced ? ` · ${fill(words.unplaced, { n: numbers.format(found.unplaced) })}` : "";
  count.textContent = shown + unplaced;
  holder.classList.add("ready");
}

function look(mark, row) {
  if (looked) redraw(looked, false);
  for (const other of document.querySelectorAll("tr.looked-at")) other.classList.remove("looked-at");
  looked = mark || null;
  if (mark) redraw(mark, true);
  if (row) row.classList.add("looked-at");
}

const rowOf = (id) => document.querySelector(`tr[data-issue="${CSS.escape(id)}"]`);

function chosenOnMap(mark) {
  const { issueId, number, category, state, light } = mark.issue;
  const row = rowOf(issueId);
  look(mark, row);
  if (row) row.scrollIntoView({ block: "nearest", behavior: "smooth" });
  const lines = [["strong", category], ["span", number || issueId], ["span", [words.state[state], light && words.light[light]].filter(Boolean).join(" · ")]];
  mark.unbindPopup().bindPopup(tip(lines, `/issues/${encodeURIComponent(issueId)}`, words.open)).openPopup();
}

document.querySelector("#ledger tbody")?.addEventListener("click", (event) => {
  const row = event.target.closest("tr[data-placed]");
  const mark = row && marks.get(row.dataset.issue);
  if (!mark || event.target.closest("a, input, button, label")) return;
  look(mark, row);
  fold.open = true;
  if (!map.getBounds().pad(-0.1).contains(mark.getLatLng())) map.panTo(mark.getLatLng());
  if (window.matchMedia("(max-width: 1180px)").matches) holder.scrollIntoView({ block: "center", behavior: "smooth" });
});

// Of the acts only those that are allowed to all of the chosen, with just the fields that they need.
const bar = document.querySelector("#bulk");
if (bar) {
  const boxes = [...document.querySelectorAll("input[name=issue_id]")];
  const all = document.querySelector("#pick-all");
  const acts = bar.elements.act;
  const options = [...acts.options].slice(1);
  const fault = document.querySelector("#bulk-fault");
  const refresh = () => {
    const chosen = boxes.filter((box) => box.checked);
    bar.hidden = chosen.length === 0;
    all.checked = chosen.length === boxes.length;
    all.indeterminate = chosen.length > 0 && chosen.length < boxes.length;
    document.querySelector("#bulk-count").textContent = fill(words.chosen, { n: numbers.format(chosen.length) });
    const lists = chosen.map((box) => box.dataset.acts.split(" "));
    const may = options.filter((option) => lists.every((list) => list.includes(option.value)));
    const kept = may.find((option) => option.value === acts.value);
    acts.replaceChildren(acts.options[0], ...may);
    acts.value = kept ? kept.value : "";
    fault.hidden = may.length > 0 || chosen.length === 0;
    fault.textContent = fault.hidden ? "" : words.nothing;
    const needs = kept ? kept.dataset.needs.split(" ") : [];
    for (const label of bar.querySelectorAll("[data-need]")) {
      const field = label.querySelector("input, select");
      const wanted = needs.includes(label.dataset.need);
      label.hidden = !wanted && !(label.dataset.need === "reason" && kept);
      field.required = wanted && label.dataset.need !== "unit";
      field.disabled = label.hidden;
    }
  };
  document.addEventListener("change", (event) => {
    if (event.target === all) for (const box of boxes) box.checked = all.checked;
    if (event.target === all || event.target === acts || boxes.includes(event.target)) refresh();
  });
  refresh();
}

draw().catch(() => {
  holder.querySelector(".waiting").textContent = words.unreachable;
  holder.classList.add("ready");
});
