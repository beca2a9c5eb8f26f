// Reporting without an account: photo, category, place, and the receipt.
import { categories } from "./categories.js";
import { drop, forgetReceipts, keep, keepReceipt, receipts, waiting } from "./drafts.js";
import { placeMap } from "./map.js";
import { shot } from "./photos.js";
import { Refusal, send, uuid } from "./sender.js";

const by = (id) => document.getElementById(id);
const words = JSON.parse(by("words")?.textContent ?? "{}");
const form = by("report-form");
const shots = [];
let last = null; // the report as it was tried: the same again has the same identifier
const busy = new Set(); // drafts that are on their way

function listMine() {
  const kept = receipts();
  by("mine").hidden = !kept.length;
  by("mine-list").replaceChildren(...kept.map(({ code, category, at }) => {
    const [item, link, when] = ["li", "a", "time"].map((name) => document.createElement(name));
    link.href = `/report/status?code=${encodeURIComponent(code)}`;
    link.textContent = `${category || ""} ${code}`.trim();
    when.textContent = new Date(at).toLocaleDateString(document.documentElement.lang);
    when.dateTime = at;
    item.append(link, when);
    return item;
  }));
}

function showDone(code, lost) {
  form?.remove();
  by("receipt").textContent = code;
  by("follow").href = `/report/status?code=${encodeURIComponent(code)}`;
  by("done-note").textContent = lost ? words.photo_lost.replace("{reason}", lost) : "";
  by("done").hidden = false;
  by("done").focus();
  window.scrollTo(0, 0);
}

function notice(text, code) {
  const [line, link] = [document.createElement("p"), document.createElement("a")];
  line.className = "alert note";
  line.textContent = `${text} `;
  if (code) {
    link.href = `/report/status?code=${encodeURIComponent(code)}`;
    link.textContent = code;
    line.append(link);
  }
  by("notices").append(line);
}

function drawShots() {
  for (const old of by("shots").querySelectorAll(".shot")) old.remove();
  const input = by("shots").querySelector("input");
  shots.forEach((photo, n) => {
    const [box, remove] = [document.createElement("div"), document.createElement("button")];
    box.className = "shot";
    if (photo.thumb) {
      const picture = document.createElement("img");
      picture.src = photo.thumb;
      picture.alt = "";
      box.append(picture);
    }
    remove.type = "button";
    remove.textContent = "×";
    remove.setAttribute("aria-label", words.remove);
    remove.addEventListener("click", () => { shots.splice(n, 1); drawShots(); });
    box.append(remove);
    input.closest("label").before(box);
  });
  input.closest("label").hidden = shots.length >= Number(input.dataset.most);
}

async function takeShots(input) {
  const most = Number(input.dataset.most);
  const files = [...input.files];
  input.value = ""; // the same file may be chosen again, and the form does not send it by itself
  const taken = [];
  for (const file of files.slice(0, most - shots.length)) taken.push(await shot(file, uuid()));
  shots.push(...taken.filter(Boolean));
  const unread = taken.includes(null) ? words.no_photo : "";
  by("note").textContent = files.length > most ? words.too_many.replace("{most}", most) : unread;
  drawShots();
}

// The draft of what the form says; what was tried and has not changed keeps its identifier and moment.
function draftOf(what, where) {
  const told = {
    category: what.chosen(),
    description: form.elements.description.value.trim() || null,
    address: form.elements.address.value.trim() || null,
    place: where.place(),
  };
  const same = JSON.stringify(told);
  if (last?.same !== same) last = { same, report_id: last ? uuid() : form.elements.report_id.value, reported_at: new Date().toISOString() };
  const body = { ...told, report_id: last.report_id, reported_at: last.reported_at };
  return { report_id: last.report_id, body, receipt: "", photos: shots };
}

// Sends a draft; it stays on the device until all of it has arrived.
async function deliver(draft) {
  if (busy.has(draft.report_id)) return null;
  busy.add(draft.report_id);
  const kept = () => keep(draft).catch(() => null); // a private window keeps nothing
  try {
    await kept();
    const lost = await send(draft, async () => {
      if (draft.receipt) keepReceipt(draft.receipt, draft.body.category);
      await kept();
    });
    await drop(draft.report_id).catch(() => null);
    return lost;
  } catch (fault) {
    if (fault instanceof Refusal) await drop(draft.report_id).catch(() => null);
    throw fault;
  } finally {
    busy.delete(draft.report_id);
  }
}

async function submit(what, where) {
  const [note, button] = [by("note"), by("send")];
  const draft = draftOf(what, where);
  note.textContent = "";
  if (!draft.body.category) {
    note.textContent = words.no_category;
    what.show();
    return;
  }
  if (!draft.body.place && !draft.body.address) {
    note.textContent = words.no_place;
    where.show();
    return;
  }
  button.disabled = true;
  const called = button.textContent;
  button.textContent = words.sending;
  try {
    const lost = await deliver(draft);
    showDone(draft.receipt, lost);
  } catch (fault) {
    if (fault instanceof Refusal) note.textContent = words.failed.replace("{reason}", fault.message);
    else if (fault instanceof TypeError) note.textContent = words.kept;
    else throw fault;
  } finally {
    button.disabled = false;
    button.textContent = called;
    listMine();
  }
}

// What was kept when there was no network goes now; what the form itself is sending is left alone.
async function sendKept() {
  for (const draft of await waiting().catch(() => [])) {
    try {
      if ((await deliver(draft)) === null) continue;
    } catch (fault) {
      if (fault instanceof TypeError) return;
      notice(words.failed.replace("{reason}", fault.message));
      continue;
    }
    if (draft.report_id === last?.report_id) showDone(draft.receipt, "");
    else notice(words.late, draft.receipt);
    listMine();
  }
}

function start() {
  const what = categories({ pick: by("pick"), plain: by("plain"), words });
  by("where").hidden = false;
  const where = placeMap({ holder: by("map"), lon: form.elements.lon, lat: form.elements.lat, note: by("where-note"), button: by("my-position"), words });
  const input = by("shots").querySelector("input");
  input.addEventListener("change", () => takeShots(input));
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    submit(what, where);
  });
  window.addEventListener("online", sendKept);
  sendKept();
  by("map").classList.add("ready");
}

if (navigator.clipboard) {
  by("copy").hidden = false;
  by("copy").addEventListener("click", async () => {
    await navigator.clipboard.writeText(by("receipt").textContent);
    by("done-note").textContent = words.copied ?? "✓";
  });
}
by("forget").addEventListener("click", () => { forgetReceipts(); listMine(); });
if (form) start();
listMine();
