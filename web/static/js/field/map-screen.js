// The map tab: the ground, where one is on it, and whose it is.
import { ask, button, make } from "../desk/elements.js";
import { apart, datumOf } from "./datum.js";
import { FieldMap } from "./map.js";
import { ago, card } from "./where.js";
import { metres, say, word } from "../desk/words.js";

const OLD_MS = 24 * 3600_000;

export class MapScreen {
  constructor(field, element, patrolling) {
    Object.assign(this, { field, element, patrolling, following: true });
    this.box = make("div", { class: "field-map", id: "map", "aria-label": say("map of the ground") });
    this.card = make("div", { class: "field-card", id: "where", "aria-live": "polite" });
    this.follow = button("", () => this.toMe(), { class: "field-round", id: "follow", "aria-label": say("to my position"), title: say("to my position") });
    this.tune = button(say("datum"), () => this.calibrate(), { class: "field-round wide", id: "calibrate" });
    element.replaceChildren(this.box, make("div", { class: "field-map-tools" }, this.tune, this.follow), this.card);
    this.map = new FieldMap(this.box);
    this.map.onDrag(() => { this.following = false; });
    field.on(["pack", "person"], () => this.draw());
    field.position.addEventListener("moved", () => this.moved());
    patrolling.addEventListener("walked", () => this.map.showWalked(patrolling.lines()));
    this.draw();
  }

  draw() {
    if (this.field.pack) this.map.draw(this.field.pack);
    else this.map.clear();
    this.moved();
  }

  shown() {
    this.map.map.invalidateSize();
    this.moved();
  }

  moved() {
    const { now } = this.field.position;
    this.map.showMe(now);
    const stored = this.field.pack && Date.now() - this.field.packAt > OLD_MS ? make("p", { class: "field-card-warn" }, say("stored {ago}", { ago: ago(this.field.packAt) })) : null;
    this.card.replaceChildren(...[card(this.field, now), stored].flat(2).filter(Boolean));
    if (now && this.following && this.element.offsetParent) this.map.goTo([now.lon, now.lat], { close: false });
  }

  toMe() {
    this.following = true;
    const { now } = this.field.position;
    this.field.position.start();
    if (now) this.map.goTo([now.lon, now.lat]);
    else this.field.toast(say(this.field.position.fault === "denied" ? "position denied" : "looking for the position"), "note");
  }

  // One puts the cross-hair where one stands; whether the phone's answer is shifted follows from that.
  async calibrate() {
    const { field } = this;
    const box = make("div", { class: "field-map small" });
    const note = make("p", { class: "field-hint" }, say("put the cross on where you stand"));
    const choice = make("p", {}, say("this phone's datum: {datum}", { datum: word("datum", field.settings.datum) }));
    const other = field.settings.datum === "gcj02" ? "wgs84" : "gcj02";
    const answer = ask({
      title: say("datum of the position"), kind: "field-dialog",
      body: [choice, make("div", { class: "field-cross" }, box), note],
      buttons: [
        { value: null, text: say("cancel") },
        { value: "switch", text: say("use {datum}", { datum: word("datum", other) }) },
        { value: "here", text: say("I stand here"), primary: true },
      ],
    });
    const small = new FieldMap(box, { controls: false });
    if (field.pack) small.draw(field.pack);
    if (field.position.now) small.goTo([field.position.now.lon, field.position.now.lat]);
    small.showMe(field.position.now);
    const pressed = await answer;
    const standing = small.centre;
    small.remove();
    if (pressed === "switch") await this.choose(other);
    if (pressed === "here") await this.judge(standing);
  }

  async judge(standing) {
    const { now } = this.field.position;
    if (!now) {
      this.field.toast(say("no position"), "fault");
      return;
    }
    const found = datumOf(now.raw, standing);
    const off = metres(apart([now.lon, now.lat], standing));
    if (!found) this.field.toast(say("neither datum fits: {m}", { m: off }), "fault");
    else if (found === this.field.settings.datum) this.field.toast(say("the datum fits: {m}", { m: off }));
    else {
      const taken = await ask({
        title: say("datum of the position"), kind: "field-dialog", body: [make("p", {}, say("it answers in {datum}", { datum: word("datum", found), m: off }))],
        buttons: [{ value: null, text: say("cancel") }, { value: "yes", text: say("use {datum}", { datum: word("datum", found) }), primary: true, first: true }],
      });
      if (taken) await this.choose(found);
    }
  }

  async choose(datum) {
    await this.field.keepSettings({ datum });
    this.field.toast(say("this phone's datum: {datum}", { datum: word("datum", datum) }));
  }
}
