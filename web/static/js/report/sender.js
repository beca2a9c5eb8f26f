// Sending a report and its photos; every step can be repeated, and is taken once.
const API = "/api/v1/public";

export class Refusal extends Error {}

function headers(type) {
  const token = document.querySelector("meta[name=csrf-token]")?.content;
  return { "Content-Type": type, ...(token ? { "X-CSRF-Token": token } : {}) };
}

async function asked(path, options) {
  const answer = await fetch(API + path, options); // throws a TypeError where there is no network
  if (answer.ok) return answer.json();
  const told = await answer.json().catch(() => ({}));
  if (answer.status >= 500) throw new TypeError(told.detail ?? answer.statusText); // later, perhaps
  throw new Refusal(told.detail ?? answer.statusText);
}

export function uuid() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = (bytes[6] & 15) | 64;
  bytes[8] = (bytes[8] & 63) | 128;
  const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
  return [8, 12, 16, 20, 32].map((end, n, ends) => hex.slice(n ? ends[n - 1] : 0, end)).join("-");
}

// Sends what of a draft has not arrived yet, and writes into it what has. A photo that is refused
// does not hold the others up; its reason is answered.
export async function send(draft, step) {
  if (!draft.receipt) {
    const told = await asked("/reports", { method: "POST", headers: headers("application/json"), body: JSON.stringify(draft.body) });
    draft.receipt = told.receipt;
    await step(draft);
  }
  let lost = "";
  for (const photo of draft.photos.filter((one) => !one.sent)) {
    try {
      await asked(`/reports/${draft.receipt}/photos/${photo.id}`, { method: "PUT", headers: headers("image/jpeg"), body: photo.bytes });
    } catch (fault) {
      if (!(fault instanceof Refusal)) throw fault;
      lost = fault.message;
    }
    photo.sent = true;
    await step(draft);
  }
  return lost;
}
