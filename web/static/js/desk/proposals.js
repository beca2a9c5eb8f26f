// Grids proposed for a community: blocks between its roads, joined to parts of about equal load.
import { button, choices, field, make } from "./elements.js";
import { post, Problem } from "./http.js";
import { told } from "./mend.js";
import { canMend } from "./state.js";
import { number, say } from "./words.js";

const BY = ["area", "residents", "compounds"];

export class Proposals {
  constructor(desk, actions, box) {
    Object.assign(this, { desk, actions });
    this.community = make("select", { id: "propose-community" });
    this.by = make("select", { id: "propose-by" }, choices(BY.map((by) => [by, say(`by ${by}`)]), "area"));
    this.n = make("input", { type: "number", id: "propose-n", min: 1, max: 999, step: 1, value: 6 });
    this.since = make("input", { type: "date", id: "propose-since", value: desk.state.today });
    this.fields = { community: field(say("community"), this.community), by: field(say("equal by"), this.by), n: field(say("how many"), this.n), since: field(say("since"), this.since) };
    this.told = make("p", { class: "field-error", role: "alert", hidden: true });
    this.result = make("div", { class: "preview", "aria-live": "polite" });
    this.go = button(say("propose"), () => this.propose(), { class: "primary", id: "propose" });
    this.hint = make("p", { class: "hint" });
    box.replaceChildren(this.hint, this.fields.community,
      make("div", { class: "three" }, this.fields.by, this.fields.n), this.fields.since, make("div", { class: "buttons" }, this.go), this.told, this.result);
    desk.on(["ground", "day"], () => this.draw());
    this.draw();
  }

  draw() {
    const { ground } = this.desk.state;
    const n = new Uint32Array(ground.communities.length);
    for (const parent of ground.parent) n[parent] += 1;
    const bare = ground.communities.filter((_, k) => !n[k]).map(({ code, name }) => [code, name]);
    this.community.replaceChildren(...choices(bare, this.community.value));
    this.hint.textContent = say(bare.length ? "hint propose" : "every community has grids");
    this.go.disabled = !canMend(this.desk.state) || !bare.length;
  }

  asked() {
    return { community: this.community.value, by: this.by.value, n: Number(this.n.value) };
  }

  fault(text) {
    this.told.textContent = text;
    this.told.hidden = !text;
  }

  async propose() {
    const { desk } = this;
    this.fault("");
    this.fields.n.fault(this.n.checkValidity() && this.n.value ? "" : say("a number from 1 to 999"));
    if (!this.n.checkValidity() || !this.n.value) return;
    this.go.setAttribute("aria-busy", "true");
    try {
      const asked = this.asked();
      const answer = await post("/api/v1/grids/proposals", asked, desk.state.seen);
      desk.map.clearOverlay();
      desk.map.overlay(answer.grids, { kind: "proposal" });
      this.show(answer, asked);
    } catch (problem) {
      if (!(problem instanceof Problem)) throw problem;
      this.fault(problem.message);
    }
    this.go.removeAttribute("aria-busy");
  }

  show(answer, asked) {
    const rows = answer.grids.features.map(({ id, properties }) => make("tr", {}, make("td", {}, properties.name || properties.code || id), make("td", { class: "num" }, number(properties.load, asked.by === "area" ? 0 : 1))));
    this.result.replaceChildren(
      make("h3", {}, say("proposal of {n}", { n: number(rows.length) })),
      make("p", { class: "quiet-text" }, say("spread {ratio}", { ratio: number(answer.spread, 2) })),
      make("div", { class: "scroll tall" }, make("table", { class: "data compact" }, make("tbody", {}, rows))),
      make("div", { class: "buttons" }, button(say("leave it"), () => this.done()), button(say("adopt"), () => this.adopt(asked), { class: "primary", id: "adopt" })));
  }

  async adopt(asked) {
    try {
      const answer = await this.actions.mend("/proposals/adopt", { ...asked, since: this.since.value }, say("mended propose"));
      if (!answer) return;
      this.done();
      this.result.replaceChildren(...told(answer));
    } catch (problem) {
      if (!(problem instanceof Problem)) throw problem;
      this.fault(problem.message);
    }
  }

  done() {
    this.result.replaceChildren();
    this.desk.map.clearOverlay();
  }
}
