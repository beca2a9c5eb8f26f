// The phone's page: opens what is stored, asks who is at it, shows one screen at a time.
import { ask, button, make } from "../desk/elements.js";
import { Field } from "./field.js";
import { exported } from "./export.js";
import { IssueScreen } from "./issue.js";
import { MapScreen } from "./map-screen.js";
import { OutboxScreen } from "./queue.js";
import { Patrolling } from "./patrolling.js";
import { ReportForm } from "./report.js";
import { Sender } from "./sender.js";
import { TodayScreen } from "./today.js";
import { Vault } from "./vault.js";
import { VisitForm } from "./visit.js";
import { endSession } from "./net.js";
import { number, say } from "../desk/words.js";

const TABS = ["map", "today", "report", "outbox"];
const SIGN_IN = "/sign-in?next=/field";
const at = (id) => document.getElementById(id);

class App {
  async start() {
    const vault = await Vault.open();
    this.field = new Field(vault, new Sender(vault));
    this.form = null;
    const { field } = this;
    field.on(["records"], () => this.count());
    field.on(["session"], () => this.notices());
    field.on(["person"], () => this.show());
    for (const name of ["busy", "idle"]) field.sender.addEventListener(name, () => this.status());
    field.sender.addEventListener("idle", () => this.notices());
    field.sender.addEventListener("changed", () => field.reread());
    field.sender.addEventListener("sent", ({ detail: { record, told } }) => {
      this.stale = true;
      if (record.kind === "patrol" && told) field.measured(told);
    });
    window.addEventListener("hashchange", () => this.show());
    window.addEventListener("online", () => this.back());
    window.addEventListener("offline", () => this.status());
    document.addEventListener("visibilitychange", () => { if (!document.hidden) this.back(); });
    at("back").addEventListener("click", () => { window.location.hash = this.from ?? "today"; });
    const beside = "BroadcastChannel" in window ? new BroadcastChannel("gridmap-field") : null;
    beside?.addEventListener("message", () => this.field.left()); // somebody signed out on another page
    this.patrolling = new Patrolling(field);
    await this.open();
  }

  async open() {
    const { field } = this;
    field.position.start();
    await field.open();
    document.body.removeAttribute("aria-busy");
    this.show();
    this.notices();
    this.registerWorker();
    await field.sender.drain();
  }

  // The network or the person came back.
  async back() {
    this.status();
    if (!this.field.sender.busy) await this.field.greet();
    await this.field.sender.drain();
    if (this.stale && !this.field.sender.why) {
      this.stale = false;
      await this.field.fetchPack({ force: true });
    }
  }

  screens() {
    const { field, patrolling } = this;
    this.made ??= {
      map: new MapScreen(field, at("screen-map"), patrolling),
      today: new TodayScreen(field, at("screen-today"), patrolling),
      outbox: new OutboxScreen(field, at("screen-outbox"), { edit: (record) => this.edit(record), signOut: () => this.signOut() }),
    };
    return this.made;
  }

  async show() {
    if (!this.field.person) {
      this.gate();
      return;
    }
    const [name, ...rest] = window.location.hash.slice(1).split("/").map(decodeURIComponent);
    const tab = TABS.includes(name) ? name : "";
    const shown = tab || (["issue", "visit", "edit"].includes(name) ? "form" : "map");
    this.closeForm();
    this.reveal(shown);
    at("back").hidden = shown !== "form";
    if (shown === "form" || shown === "report") await this.openForm(name, rest);
    else {
      this.from = shown;
      this.screens()[shown].shown();
    }
    at("main").scrollTo(0, 0);
  }

  reveal(shown) {
    const screens = this.screens();
    for (const name of [...TABS, "form", "gate"]) at(`screen-${name}`).hidden = name !== shown;
    for (const link of at("tabs").children) {
      if (link.dataset.tab === shown) link.setAttribute("aria-current", "page");
      else link.removeAttribute("aria-current");
    }
    at("tabs").hidden = false;
    return screens;
  }

  closeForm() {
    this.form?.close();
    this.form?.element.replaceChildren();
    this.form = null;
  }

  async openForm(name, [id, act]) {
    const { field, patrolling } = this;
    const inForm = at("screen-form");
    const made = {
      report: () => new ReportForm(field, at("screen-report"), { done: () => this.saved("report") }),
      edit: () => this.editor(field.records.find(({ key }) => key === id)),
      issue: () => this.ofPack("issues", ({ issue_id: one }) => one === id, (issue) => new IssueScreen(field, inForm, { issue, act, done: () => this.saved("today") })),
      visit: () => this.point(id, (point) => new VisitForm(field, inForm, { point, patrolling, done: () => this.saved("today") })),
    }[name]();
    if (!made) {
      window.location.hash = "today";
      return;
    }
    this.form = made;
    await made.open();
  }

  ofPack(list, fits, form) {
    const found = this.field.pack?.[list].find(fits);
    return found ? form(found) : null;
  }

  point(id, form) {
    const found = this.field.pack?.points.features.find(({ properties }) => properties.point_id === id);
    return found ? form(found) : null;
  }

  editor(record) {
    const { field, patrolling } = this;
    if (!record) return null;
    const done = () => this.saved("outbox");
    if (record.kind === "report") return new ReportForm(field, at("screen-form"), { edited: record, done });
    if (record.kind === "act") return new IssueScreen(field, at("screen-form"), { issue: this.issueOf(record), edited: record, done });
    return this.point(record.body.point_id, (point) => new VisitForm(field, at("screen-form"), { point, edited: record, patrolling, done }));
  }

  // An issue may have left the lists since: what is left of it is what the record says.
  issueOf({ subject, title }) {
    return this.field.pack?.issues.find(({ issue_id: id }) => id === subject) ?? { issue_id: subject, category: title };
  }

  edit(record) {
    window.location.hash = `edit/${record.key}`;
  }

  saved(next) {
    this.field.toast(say("saved"));
    if (window.location.hash === `#${next}`) this.show();
    else window.location.hash = next;
  }

  count() {
    const n = this.field.records.length;
    at("unsent").textContent = number(n);
    at("unsent").hidden = n === 0;
    at("unsent").setAttribute("aria-label", say("not yet sent: {n}", { n: number(n) }));
    this.status();
  }

  status() {
    const { sender, records } = this.field;
    const offline = !navigator.onLine || sender.why === "later";
    const state = sender.busy && records.length ? "sending" : offline ? "offline" : sender.why === "portal" ? "portal" : sender.why ? "signed-out" : "online";
    const unsent = records.length ? say("not yet sent: {n}", { n: number(records.length) }) : "";
    at("status").dataset.state = state;
    at("status").replaceChildren(make("b", {}, say(`status ${state}`)), unsent ? make("span", {}, unsent) : "");
  }

  notices() {
    this.status();
    const { sender, person } = this.field;
    const told = [];
    if (person && sender.why === "sign-in") told.push([say("the session has ended"), make("a", { href: SIGN_IN }, say("sign in"))]);
    if (person && sender.why === "portal") told.push([say("the network wants a password"), ""]);
    if (!window.isSecureContext) told.push([say("without https"), ""]);
    else if (!("serviceWorker" in navigator)) told.push([say("without service worker"), ""]);
    if (this.waiting) told.push([say("a new version"), button(say("take it"), () => this.waiting.postMessage("take over"))]);
    at("notices").replaceChildren(...told.map(([text, offer]) => make("p", { class: "field-notice" }, make("span", {}, text), offer)));
  }

  // Nobody is known on this phone yet.
  gate() {
    for (const name of [...TABS, "form"]) at(`screen-${name}`).hidden = true;
    at("tabs").hidden = true;
    at("screen-gate").hidden = false;
    const { why } = this.field.sender;
    const text = why === "sign-in" ? "sign in to begin" : "open it once with a network";
    at("screen-gate").replaceChildren(make("p", { class: "field-empty" }, say(text)),
      make("a", { class: "field-main-button", href: why === "sign-in" ? SIGN_IN : "/field" }, say(why === "sign-in" ? "sign in" : "open again")));
  }

  async registerWorker() {
    if (!("serviceWorker" in navigator)) return;
    const registration = await navigator.serviceWorker.register("/field/sw.js", { scope: "/field" }).catch(() => null);
    if (!registration) return; // no network, or the browser forbids it here
    const waits = () => {
      this.waiting = navigator.serviceWorker.controller ? registration.waiting : null;
      this.notices();
    };
    waits();
    registration.addEventListener("updatefound", () => registration.installing?.addEventListener("statechange", waits));
    let controlled = Boolean(navigator.serviceWorker.controller);
    navigator.serviceWorker.addEventListener("controllerchange", () => {
      if (controlled) window.location.reload(); // another version; the first one only begins its work
      controlled = true;
    });
  }

  // Everything of the person leaves the phone; what was not sent only after a warning.
  async signOut() {
    const { field } = this;
    const n = field.records.length;
    const running = this.patrolling.running;
    const answer = await ask({
      title: say("sign out"), kind: "field-dialog",
      body: [make("p", {}, n ? say("not sent and lost: {n}", { n: number(n) }) : say("everything leaves the phone")), running ? make("p", { class: "field-fault" }, say("the patrol is lost")) : null].filter(Boolean),
      buttons: [{ value: null, text: say("cancel"), first: true }, ...(n ? [{ value: "export", text: say("export") }] : []), { value: "out", text: say("sign out"), primary: !n }],
    });
    if (answer === "export") await exported(field);
    if (answer === "out") await this.leave();
  }

  async leave() {
    const { field } = this;
    const session = await field.sender.identify();
    const { person_id: leaving } = field.person;
    await field.vault.clear(leaving);
    field.sender.person = null;
    await field.keepSettings({ person: null, leaving: session ? null : leaving });
    if (session) {
      await endSession(session);
      window.location.replace(SIGN_IN);
    } else window.location.reload(); // what the worker keeps is nobody's: the page opens, and asks to sign in
  }
}

new App().start().catch((fault) => {
  at("screen-gate").replaceChildren(make("p", { class: "field-empty" }, say("the page did not open")));
  at("screen-gate").hidden = false;
  document.body.removeAttribute("aria-busy");
  throw fault;
});
