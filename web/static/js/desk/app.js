// The desk: brings the ground, the map and the panels together.
import { Actions } from "./actions.js";
import { Assigning } from "./assigning.js";
import { Counters } from "./counters.js";
import { Days } from "./days.js";
import { Desk } from "./desk.js";
import { loadGround } from "./ground.js";
import { GridList } from "./grids.js";
import { History } from "./history.js";
import { get, Problem } from "./http.js";
import { Keys } from "./keys.js";
import { DeskMap } from "./map.js";
import { Mend } from "./mend.js";
import { Paint } from "./paint.js";
import { Points } from "./points.js";
import { Proposals } from "./proposals.js";
import { Roads } from "./roads.js";
import { Selection } from "./selection.js";
import { cleared, everything, onDay, pick, pickOthers, start, withGround } from "./state.js";
import { Steps } from "./steps.js";
import { Tabs } from "./tabs.js";
import { Toolbar } from "./toolbar.js";
import { Uncovered } from "./uncovered.js";
import { UnitPanel } from "./unit-panel.js";
import { language, number, say } from "./words.js";

const POLL_MS = 20_000;
const $ = (selector) => document.querySelector(selector);
const page = $("#desk");
const inPanel = (id) => document.getElementById(id);

// Both for one day; the counters and the lists speak of what the map shows.
function load(day, signal) {
  const url = new URL("/desk/ground", window.location.origin);
  url.searchParams.set("as_of", day);
  return Promise.all([loadGround(url.href, { signal }), get("/api/v1/desk", { as_of: day }, { signal })]);
}

function panels(desk, actions, tabs) {
  const assigning = new Assigning(desk, actions, inPanel("assign-form"));
  const history = new History(desk, inPanel("history-box"));
  const units = new UnitPanel(desk, actions, { filter: inPanel("unit-filter"), list: inPanel("unit-list"), sheet: inPanel("unit-sheet") });
  const grids = new GridList(desk, { filter: inPanel("grid-filter"), list: inPanel("grid-list"), count: inPanel("grid-count"), only: inPanel("grid-only") });
  const roads = new Roads(desk, inPanel("road-box"));
  new Selection(desk, { summary: inPanel("summary"), others: inPanel("others"), helpers: inPanel("ways") });
  new Uncovered(desk, { list: inPanel("uncovered-list"), note: inPanel("uncovered-note") });
  new Points(desk, inPanel("point-box"), "inspection_point");
  new Points(desk, inPanel("compound-box"), "compound");
  const mend = new Mend(desk, actions, inPanel("mend-box"));
  new Proposals(desk, actions, inPanel("propose-box"));
  units.addEventListener("use", ({ detail }) => {
    tabs.show("selection");
    assigning.add(detail.unit);
  });
  units.addEventListener("history", ({ detail }) => {
    tabs.show("history");
    history.unit(detail.unit);
  });
  roads.addEventListener("added", () => tabs.show("selection"));
  inPanel("assign-form").addEventListener("assigned", () => grids.clear());
  const shown = () => desk.dispatchEvent(new Event("shown"));
  page.addEventListener("toggle", shown, true); // what was folded is seen
  tabs.addEventListener("shown", ({ detail }) => {
    mend.open = detail.name === "mend";
    shown();
  });
  return { assigning, history, units, grids, roads };
}

function hearMap(desk, { roads, history }, tabs) {
  const { map } = desk;
  map.addEventListener("pick", ({ detail }) => {
    desk.set(pick(desk.state, detail.indices, detail.mode), "picked");
    if (detail.indices.length === 1) desk.set({ ...desk.state, active: detail.indices[0] }, "active");
    desk.announce(say("{n} grids selected", { n: number(desk.state.picked.size) }));
  });
  map.addEventListener("hover", ({ detail }) => note(desk, detail.index));
  map.addEventListener("focus", ({ detail }) => {
    if (!detail || detail.index === undefined) return;
    desk.set({ ...desk.state, active: detail.index }, "active");
    note(desk, detail.index);
    desk.announce(noted(desk.state, detail.index));
  });
  map.addEventListener("place", ({ detail }) => {
    tabs.show("things");
    roads.place(detail);
  });
  map.addEventListener("pickpoint", ({ detail }) => {
    desk.set(pickOthers(desk.state, [{ target_kind: "inspection_point", target: detail.point_id }]), "picked");
  });
  map.addEventListener("failed", ({ detail }) => {
    desk.toast(detail.error instanceof Problem ? detail.error.message : say("no answer from the service"), { kind: "fault" });
  });
  desk.on(["picked", "ground", "day"], () => map.setSelected(desk.state.picked));
  desk.on(["active"], () => map.setFocus(desk.state.active));
  desk.on(["active"], () => { if (tabs.shown === "history") show(desk, history); });
}

function show(desk, history) {
  const { active, ground, picked } = desk.state;
  const [first] = picked;
  const shown = picked.size && !picked.has(active) ? first : active;
  if (shown !== null) history.target("grid", ground.codes[shown]);
}

function noted(state, i) {
  const { ground, holding, units } = state;
  const unit = units[holding.primary[i]];
  return [ground.names[i] || ground.codes[i], ground.codes[i], unit ? unit.name : say("state none"),
    ground.residents[i] >= 0 ? say("{n} residents", { n: number(ground.residents[i]) }) : null].filter(Boolean).join(" · ");
}

function note(desk, i) {
  const box = $("#map-note");
  box.hidden = i === null;
  if (i !== null) box.textContent = noted(desk.state, i);
}

function keys(desk, actions, parts, tabs, toolbar) {
  const on = (name, act) => () => {
    tabs.show(name);
    act();
  };
  const bound = new Keys({
    "/": on("selection", () => parts.assigning.focusUnits()),
    g: on("selection", () => {
      inPanel("grid-filter").focus();
      inPanel("grid-filter").select();
    }),
    a: on("selection", () => parts.assigning.ready()),
    r: on("selection", () => parts.assigning.release()),
    h: on("history", () => show(desk, parts.history)),
    Escape: () => escape(desk, toolbar),
    "Ctrl+a": () => {
      desk.set(pick(desk.state, everything(desk.state), "replace"), "picked");
      desk.announce(say("{n} grids selected", { n: number(desk.state.picked.size) }));
    },
    "Ctrl+z": () => actions.undo(),
    "Ctrl+Shift+z": () => actions.redo(),
    "?": () => bound.show(),
  });
  $("#keys").addEventListener("click", () => bound.show());
}

// Leaves a field, then a tool, then the selection: one step each time.
function escape(desk, toolbar) {
  const at = document.activeElement;
  if (at && at.matches("input, textarea, select") && page.contains(at)) at.blur();
  else if (toolbar.tool !== "pan") toolbar.use("pan");
  else desk.set(cleared(desk.state), "picked");
}

function follow(desk, actions, days) {
  let loading = null;
  const reload = async (day, moved) => {
    loading?.abort();
    loading = new AbortController();
    const { signal } = loading;
    page.setAttribute("aria-busy", "true");
    try {
      const [ground, told] = await load(day, signal);
      if (signal.aborted) return;
      const other = ground.version !== desk.state.ground.version;
      if (other) desk.map.replaceGround(ground);
      const kept = other ? ground : desk.state.ground;
      desk.set(moved ? withGround(onDay(desk.state, kept, told), kept) : onDay(desk.state, kept, told), "ground", "day", "picked");
      window.history.replaceState(null, "", day === desk.state.today ? "/desk" : `/desk?as_of=${day}`);
    } catch (error) {
      if (error.name !== "AbortError") desk.toast(error instanceof Problem ? error.message : say("no answer from the service"), { kind: "fault" });
      days.draw();
    }
    page.removeAttribute("aria-busy");
  };
  days.addEventListener("chosen", ({ detail }) => reload(detail.day, false));
  actions.addEventListener("moved", () => reload(desk.state.asOf, true));
  const poll = () => actions.queued(async () => {
    if (document.hidden || desk.state.asOf !== desk.state.today) return;
    const told = await actions.catchUp().catch(() => null);
    const others = (told?.entries || []).filter((one) => one.action !== "sign-in" && one.action !== "sign-out");
    if (others.length) desk.toast(say("{who} changed something", { who: [...new Set(others.map((one) => one.who))].join(", ") }), { kind: "note" });
  });
  window.setInterval(poll, POLL_MS);
  document.addEventListener("visibilitychange", () => { if (!document.hidden) poll(); });
}

async function begin() {
  const waiting = $("#desk-waiting");
  try {
    const [ground, told] = await load(page.dataset.asOf);
    const map = new DeskMap($("#desk-map"), ground, { words: JSON.parse($("#words").textContent).sentences });
    const desk = new Desk(start(ground, told), map);
    const actions = new Actions(desk);
    const tabs = new Tabs($("#desk-tabs"));
    const parts = panels(desk, actions, tabs);
    const toolbar = new Toolbar(desk, $("#toolbar"));
    new Steps(desk, actions, { undo: $("#undo"), redo: $("#redo") });
    new Counters(desk, actions, $("#counters"));
    const days = new Days(desk, { slider: $("#day-slider"), date: $("#day-date"), back: $("#day-back"), banner: $("#desk-banner") });
    new Paint(desk, { select: $("#colour-by"), legend: $("#legend-list") });
    hearMap(desk, parts, tabs);
    keys(desk, actions, parts, tabs, toolbar);
    follow(desk, actions, days);
    tabs.show("selection");
    $("#no-grids").hidden = ground.n > 0;
    desk.on(["ground"], () => { $("#no-grids").hidden = desk.state.ground.n > 0; });
    $("#no-grids button").addEventListener("click", () => {
      $("#no-grids").hidden = true; // it would lie over what is drawn
      tabs.show("mend", true);
    });
    waiting.remove();
    page.classList.add("ready");
    page.removeAttribute("aria-busy");
  } catch (error) {
    waiting.textContent = error instanceof Problem ? error.message : say("the desk did not open");
    waiting.classList.add("fault");
    if (!(error instanceof Problem)) throw error;
  }
}

begin();
