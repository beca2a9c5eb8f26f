// What the card under the map says: whose ground this is, inside or outside, how far the border is.
import { make } from "../desk/elements.js";
import { gcjToWgs } from "./datum.js";
import { whereIs } from "./locate.js";
import { metres, number, say, together, word } from "../desk/words.js";

const nameOf = ({ name, code }) => name || code;
const holder = ({ unit_name: unit }) => unit || say("nobody");

// The sentences of the card; pure but for the language.
export function told(ground, now) {
  const found = whereIs(ground, [now.lon, now.lat], now.accuracy);
  const { grid, inside, border, candidates, nearestMine } = found;
  const lines = [];
  const distance = [];
  if (grid) distance.push(say("border at {m}", { m: metres(border) }));
  if (nearestMine !== null) distance.push(say("own ground at {m}", { m: metres(nearestMine) }));
  distance.push(say("accurate to {m}", { m: metres(now.accuracy) }));
  lines.push(distance.join(" · "));
  if (candidates.length) {
    const names = candidates.slice(0, 3).map(({ properties }) => say("{grid} ({unit})", { grid: nameOf(properties), unit: holder(properties) }));
    lines.push(say("or in {grids}", { accuracy: metres(now.accuracy), grids: together(names) }));
  }
  return { found, standing: grid ? (inside ? "mine" : "other") : "outside", lines };
}

// A phone that answers in GCJ-02 stands some 500 m off: outside of everything, and inside once that is undone.
export function looksShifted(ground, now) {
  if (now.datum !== "wgs84" || whereIs(ground, now.raw).grid) return false;
  return Boolean(whereIs(ground, gcjToWgs(now.raw)).grid);
}

const BADGES = { mine: "inside own ground", other: "outside own ground", outside: "outside every grid" };

export function card(field, now) {
  if (!field.pack) return [make("p", { class: "field-card-title" }, say("no ground stored"))];
  if (!now) {
    const why = field.position.fault === "denied" ? "position denied" : field.position.fault ? "no position" : "looking for the position";
    return [make("p", { class: "field-card-title" }, say(why))];
  }
  const { found: { grid }, standing, lines } = told(field.ground, now);
  const title = grid
    ? [make("strong", {}, nameOf(grid.properties)), grid.properties.community ? make("span", {}, grid.properties.community) : null]
    : [make("strong", {}, say("outside every grid"))];
  const unit = grid && standing === "other" ? make("p", { class: "field-card-unit" }, say("answered for by {unit}", { unit: holder(grid.properties) })) : null;
  return [
    make("p", { class: "field-card-title" }, title),
    make("p", { class: `field-badge ${standing}` }, say(BADGES[standing])),
    unit,
    lines.map((line) => make("p", {}, line)),
    now.datum === "wgs84" ? null : make("p", { class: "field-card-datum" }, say("position in {datum}, converted", { datum: word("datum", now.datum) })),
    looksShifted(field.ground, now) ? make("p", { class: "field-card-warn" }, say("looks shifted")) : null,
  ];
}

// The same in one line, for the place of a report.
export function inOneLine(field, place) {
  if (!field.pack) return "";
  const { grid } = whereIs(field.ground, place);
  if (!grid) return say("outside every grid");
  return [nameOf(grid.properties), grid.properties.community, holder(grid.properties)].filter(Boolean).join(" · ");
}

export const ago = (at) => {
  const minutes = Math.round((Date.now() - new Date(at)) / 60_000);
  if (minutes < 60) return say("{n} minutes ago", { n: number(Math.max(0, minutes)) });
  if (minutes < 2880) return say("{n} hours ago", { n: number(Math.round(minutes / 60)) });
  return say("{n} days ago", { n: number(Math.round(minutes / 1440)) });
};
