// The outbox: everything that is not yet at the service, why, and what one can do about it.
import { ask, button, make } from "../desk/elements.js";
import { section } from "./boxes.js";
import { again, ageing, blockedBy, canEdit } from "./outbox.js";
import { exported } from "./export.js";
import { ago } from "./where.js";
import { moment, number, say, word } from "../desk/words.js";

const WHY = { later: "no network", portal: "the network wants a password", "sign-in": "sign in again", renew: "sign in again", other: "somebody else is signed in" };
const MEGA = 1_000_000;

// Why a record was not taken, in words.
export function said({ fault, state }) {
  const now = fault.state ? say("it is now: {state}", { state: word("state", fault.state) }) : "";
  return [fault.text || say("refused with {status}", { status: fault.status }), now, state === "conflict" ? say("conflict, what to do") : ""].filter(Boolean).join(" ");
}

export class OutboxScreen {
  constructor(field, element, { edit, signOut }) {
    Object.assign(this, { field, element, edit, signOut });
    this.list = make("ul", { class: "field-list outbox", id: "outbox" });
    this.state = make("p", { class: "field-hint", id: "outbox-state", role: "status" });
    this.send = button(say("send all now"), () => this.field.sender.drain(), { class: "field-main-button", id: "send-all" });
    this.me = make("div", { class: "field-me" });
    element.replaceChildren(section("", this.state, this.send, this.list), this.me);
    field.on(["records", "person", "session"], () => this.draw());
    for (const name of ["busy", "idle"]) field.sender.addEventListener(name, () => this.draw());
    this.draw();
  }

  shown() { this.draw(); }

  async draw() {
    const { field } = this;
    const { records, sender } = field;
    this.send.hidden = !records.length;
    this.send.toggleAttribute("disabled", sender.busy);
    const why = sender.busy ? say("sending") : records.length ? say(WHY[sender.why] ?? "to be sent ({n})", { n: number(records.length) }) : say("everything is sent");
    this.state.textContent = [why, ageing(records, Date.now(), field.persisted) ? say("send within a week") : ""].filter(Boolean).join(" ");
    this.list.replaceChildren(...records.map((record) => this.row(record)));
    this.drawMe();
    for (const row of this.list.children) this.count(row);
  }

  async count(row) {
    const parts = await this.field.vault.parts(row.dataset.record);
    if (!parts.length) return;
    const size = parts.reduce((sum, part) => sum + part.size, 0);
    row.querySelector(".field-row").append(make("span", { class: "field-photos-line" },
      parts.slice(0, 4).map(({ thumb, sent }) => (thumb ? make("img", { src: thumb, alt: "", class: sent ? "sent" : null }) : null)),
      say("{n} photos, {size} MB", { n: number(parts.length), size: number(size / MEGA, 1) })));
  }

  row(record) {
    const held = blockedBy(record, this.field.records);
    const state = record.state !== "waiting" ? record.state : held ? "held" : record.sent ? "photos" : "waiting";
    const actions = [
      record.state === "waiting" ? null : button(say("try again"), () => this.retry(record), { "data-do": "retry" }),
      canEdit(record) ? button(say("edit"), () => this.edit(record), { "data-do": "edit" }) : null,
      record.sent ? button(say("without these photos"), () => this.finish(record), { "data-do": "finish" }) : button(say("delete"), () => this.remove(record), { "data-do": "delete" }),
    ];
    return make("li", { "data-record": record.key, "data-state": state },
      make("div", { class: "field-row" },
        make("strong", {}, record.title), make("span", {}, `${word("kind", record.kind)} · ${moment(record.made_at)}`),
        make("em", { class: state }, word("waiting", state)),
        record.fault && record.state !== "waiting" ? make("p", { class: "field-fault" }, said(record)) : null),
      make("div", { class: "field-row-actions" }, actions));
  }

  async retry(record) {
    await this.field.vault.update(again(record));
    await this.field.reread();
    this.field.sender.drain();
  }

  async remove(record) {
    const answer = await ask({
      title: say("delete"), kind: "field-dialog", body: [make("p", {}, say("deleted for good: {title}", { title: record.title }))],
      buttons: [{ value: null, text: say("keep"), first: true }, { value: "delete", text: say("delete") }],
    });
    if (!answer) return;
    await this.field.vault.remove(record.key);
    await this.field.reread();
  }

  // The service has the record; what it will not take of its photos is left out.
  async finish(record) {
    const answer = await ask({
      title: say("without these photos"), kind: "field-dialog", body: [make("p", {}, say("photos are deleted for good"))],
      buttons: [{ value: null, text: say("keep"), first: true }, { value: "yes", text: say("without these photos") }],
    });
    if (!answer) return;
    await this.field.vault.remove(record.key);
    await this.field.reread();
  }

  drawMe() {
    const { field } = this;
    if (!field.person) {
      this.me.replaceChildren();
      return;
    }
    const facts = [
      [say("person"), field.person.name], [say("stored"), field.packAt ? ago(field.packAt) : "—"], [say("datum"), word("datum", field.settings.datum)],
      [say("works offline"), say(navigator.serviceWorker?.controller ? "yes" : "not in this browser")],
    ];
    this.me.replaceChildren(section(say("this phone"),
      make("dl", { class: "field-facts" }, facts.flatMap(([name, value]) => [make("dt", {}, name), make("dd", {}, value)])),
      make("div", { class: "field-row-actions" },
        button(say("load again"), () => this.reload()),
        button(say("export"), () => exported(field), { id: "export" }),
        button(say("sign out"), () => this.signOut(), { id: "sign-out" }))));
  }

  async reload() {
    if (await this.field.greet({ force: true })) {
      this.field.toast(say("loaded"));
    } else this.field.toast(say(WHY[this.field.sender.why] ?? "no network"), "fault");
  }
}
