// What the page says, in the reader's language: sentences come with the page, numbers from the browser.
const told = JSON.parse(document.querySelector("#words").textContent);
export const language = document.documentElement.lang || "zh-CN";
const HECTARE = 10_000;
const KM2 = 1_000_000;

export function say(key, values = {}) {
  const sentence = told.sentences[key];
  if (sentence === undefined) throw new Error(`no sentence ${key}`);
  return sentence.replace(/\{(\w+)\}/g, (whole, name) => (name in values ? String(values[name]) : whole));
}

export function word(table, code) {
  if (code === null || code === undefined || code === "") return "—";
  return (told.tables[table] || {})[code] || String(code);
}

export function number(value, decimals = 0) {
  if (value === null || value === undefined || Number.isNaN(value)) return "—";
  return new Intl.NumberFormat(language, {
    minimumFractionDigits: decimals, maximumFractionDigits: decimals,
  }).format(value);
}

export function area(m2) {
  if (m2 === null || m2 === undefined) return "—";
  if (Math.round(m2) < HECTARE) return say("n m2", { n: number(m2) });
  if (m2 < KM2) return say("n ha", { n: number(m2 / HECTARE, 2) });
  return say("n km2", { n: number(m2 / KM2, 2) });
}

export function metres(length) {
  if (length === null || length === undefined) return "—";
  if (Math.round(length) < 1000) return say("n m", { n: number(length) });
  return say("n km", { n: number(length / 1000, 2) });
}

export function moment(at) {
  const when = new Date(at);
  if (Number.isNaN(when.getTime())) return String(at);
  return new Intl.DateTimeFormat(language, {
    dateStyle: "medium", timeStyle: "short", timeZone: told.zone,
  }).format(when);
}

export const together = (names) => names.join(language.startsWith("zh") ? "、" : ", ");

// As the search of the register folds: no case, no spaces, full-width and half-width alike.
export const folded = (text) => String(text ?? "").normalize("NFKC").toLowerCase().replace(/\s+/g, "");
