// Grids by codes or names, as they are pasted from a spreadsheet; a range by its first and last code.
import { folded } from "./words.js";

const BETWEEN = /[\t\r\n,;，；、]+/;
const TO = /\.\.|[-–—~～至到]/g;

// Answers { indices, unknown: [{ text, why }] }; `why` is "none", "several" or "empty".
export function understood(text, ground) {
  const byName = names(ground);
  const order = ground.codes.map((code, i) => i).sort((a, b) => compare(ground.codes[a], ground.codes[b]));
  const indices = new Set();
  const unknown = [];
  const take = (part) => {
    const found = one(part, ground, byName) || range(part, ground, order);
    if (Array.isArray(found)) for (const i of found) indices.add(i);
    return found || "none";
  };
  for (const part of text.split(BETWEEN).map((piece) => piece.trim()).filter(Boolean)) {
    let found = take(part);
    const words = part.split(/\s+/);
    if (!Array.isArray(found) && found !== "several" && words.length > 1) {
      for (const word of words) {
        found = take(word);
        if (!Array.isArray(found)) unknown.push({ text: word, why: found });
      }
    } else if (!Array.isArray(found)) unknown.push({ text: part, why: found });
  }
  return { indices: [...indices], unknown };
}

function names(ground) {
  const found = new Map();
  ground.names.forEach((name, i) => {
    const key = folded(name);
    if (key) found.set(key, found.has(key) ? "several" : [i]);
  });
  return found;
}

function one(part, ground, byName) {
  const code = ground.indexOf.get(part) ?? ground.indexOf.get(folded(part).toUpperCase()) ?? ground.indexOf.get(folded(part));
  return code === undefined ? byName.get(folded(part)) : [code];
}

function compare(a, b) {
  return a < b ? -1 : Number(a > b);
}

// A code may have a dash of its own, so every dash is tried.
function range(part, ground, order) {
  const text = folded(part).toUpperCase();
  let found = null;
  for (const dash of text.matchAll(TO)) {
    const codes = between(text.slice(0, dash.index), text.slice(dash.index + dash[0].length), ground, order);
    if (codes && codes.length) return codes;
    if (codes) found = "empty";
  }
  return found;
}

function between(from, last, ground, order) {
  const to = last.length < from.length ? from.slice(0, from.length - last.length) + last : last; // 230…001-017
  if (!from || !last || to.length !== from.length || compare(from, to) > 0) return null;
  return order.filter((i) => {
    const code = ground.codes[i].toUpperCase();
    return code.length === from.length && compare(from, code) <= 0 && compare(code, to) <= 0;
  });
}
