// Two people at once, and targets that have their unit already: who changed what, and what now.
import { ask, make } from "./elements.js";
import { together, moment, say, word } from "./words.js";

const SHOWN = 30;

// What a target is called: a grid by its name, anything else by its key.
export function named(state, kind, key) {
  const { ground } = state;
  if (kind === "grid") return ground.names[ground.indexOf.get(key)] || key;
  const lists = { road_segment: [ground.roads, "road_id"], inspection_point: [ground.points, "point_id"], compound: [ground.compounds, "compound_id"] };
  if (kind in lists) {
    const [list, id] = lists[kind];
    return list.find((one) => one[id] === key)?.name || key;
  }
  return ground.communities.find((one) => one.code === key)?.name || key;
}

function change(state, one) {
  const what = [word("action", one.action), named(state, one.target_kind, one.target), one.unit_name || one.unit_id];
  return make("li", {},
    make("strong", {}, one.who || "—"), " ",
    make("time", { class: "when" }, moment(one.at)),
    make("div", {}, what.filter(Boolean).join(" · ")));
}

// Answers "theirs", "again" or null.
export function overtaken(state, problem) {
  const changes = problem.told.changes || [];
  const body = [
    make("p", {}, say("somebody was first")),
    make("ul", { class: "changes" }, changes.slice(0, SHOWN).map((one) => change(state, one))),
    changes.length > SHOWN ? make("p", {}, say("and {n} more", { n: changes.length - SHOWN })) : null,
    make("p", { class: "quiet-text" }, say("your selection is kept")),
  ].filter(Boolean);
  return ask({
    title: say("changed meanwhile"), body, kind: "conflict",
    buttons: [
      { value: null, text: say("cancel") },
      { value: "theirs", text: say("take theirs"), first: true },
      { value: "again", text: say("try again"), primary: true },
    ],
  });
}

// Answers "assist", "over" or null. `held`: rows [target, holders] as the service named them.
export function alreadyHeld(state, problem, since) {
  const held = Object.entries(problem.told.holders || {});
  const body = [
    held.length ? null : make("p", {}, problem.message),
    make("ul", { class: "changes" }, held.slice(0, SHOWN).map(([label, units]) => {
      const names = [units].flat().map((id) => state.unitOf.get(id)?.name || id);
      return make("li", {}, make("strong", {}, named(state, "grid", label)), " ", together(names));
    })),
    held.length > SHOWN ? make("p", {}, say("and {n} more", { n: held.length - SHOWN })) : null,
    make("p", { class: "quiet-text" }, say("what taking over means", { since })),
  ].filter(Boolean);
  return ask({
    title: say("has a unit already"), body, kind: "held",
    buttons: [
      { value: null, text: say("cancel") },
      { value: "assist", text: say("let it assist"), first: true },
      { value: "over", text: say("take over"), primary: true },
    ],
  });
}
