// What became of a grid, a point or a unit: who, when, why.
import { make } from "./elements.js";
import { get, Problem } from "./http.js";
import { moment, say, word } from "./words.js";
import { named } from "./conflict.js";

const KEPT_FILE = /\s*#(?:sha256[:…-]?)?([0-9a-f]{64})$/;

export class History {
  constructor(desk, box) {
    Object.assign(this, { desk, box });
    this.about = null;
    desk.on(["rows"], () => { if (this.about && this.box.offsetParent) this.ask(); });
    this.hint();
  }

  hint() {
    this.box.replaceChildren(make("p", { class: "quiet-text" }, say("history hint")));
  }

  target(kind, key) {
    const name = named(this.desk.state, kind, key);
    this.show({ path: `/api/v1/targets/${kind}/${encodeURIComponent(key)}/history`, name, kind: word("rule", kind), key, of: "target" });
  }

  unit(unit) {
    this.show({ path: `/api/v1/units/${encodeURIComponent(unit.unit_id)}/history`, name: unit.name, kind: word("party", unit.party), key: unit.unit_id, of: "unit" });
  }

  show(about) {
    this.about = about;
    return this.ask();
  }

  async ask() {
    const { about } = this;
    this.box.setAttribute("aria-busy", "true");
    try {
      const { rows } = await get(about.path);
      if (about === this.about) this.draw(rows);
    } catch (problem) {
      const text = problem instanceof Problem ? problem.message : say("no answer from the service");
      this.box.replaceChildren(make("p", { class: "field-error", role: "alert" }, text));
    }
    this.box.removeAttribute("aria-busy");
  }

  draw(rows) {
    const { name, kind, key } = this.about;
    const title = make("div", { class: "title-line" }, make("h2", {}, name), make("span", { class: "kind" }, kind), make("span", { class: "code" }, key));
    const list = rows.length
      ? make("ol", { class: "history" }, rows.map((row) => this.row(row)))
      : make("p", { class: "quiet-text" }, say("no history"));
    this.box.replaceChildren(title, list);
  }

  row(row) {
    const ofUnit = this.about.of === "unit";
    const what = ofUnit ? row.target_name || named(this.desk.state, row.target_kind, row.target) : row.unit_name || row.unit_id;
    const kind = ofUnit ? make("span", { class: "kind" }, word("rule", row.target_kind)) : null;
    return make("li", {},
      make("div", { class: "history-head" }, make("strong", {}, word("action", row.action)), make("span", {}, what), kind,
        row.tier ? make("span", { class: "kind" }, word("tier", row.tier)) : null),
      make("div", { class: "history-days" }, this.period(row)),
      make("div", { class: "history-why" }, make("time", { class: "when" }, moment(row.at)), make("span", {}, row.who || "—"), ...this.basis(row)));
  }

  period(row) {
    if (row.until && row.until <= row.since) return say("annulled: {since}", { since: row.since });
    return row.until ? say("{since} to {until}", row) : say("from {since}", row);
  }

  basis({ source, note }) {
    const parts = [];
    const text = source || "";
    const file = KEPT_FILE.exec(text);
    if (file) {
      const href = `/api/v1/documents/${file[1]}`;
      parts.push(make("a", { href, target: "_blank", rel: "noopener" }, text.replace(KEPT_FILE, "") || say("document")));
    } else if (text) parts.push(make("span", {}, text));
    if (note) parts.push(make("span", { class: "history-note" }, note));
    return parts;
  }
}
