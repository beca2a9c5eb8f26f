// The rules by which records leave the phone. Nothing here touches the page, the database or the network.
//
// A record is one act of one person, under a key that the phone made:
//   {key, person_id, kind, subject, body, made_at, order, state, sent, fault, tries, parts: [photo ids]}
// kind     report | act | visit | patrol
// subject  what it is about: the issue, visit or patrol; a report's and a visit's own key
// state    waiting | refused | conflict; `sent` once the service has the record but not yet all its photos
//
// A record is removed only after the service has answered every one of its requests with a 2xx that names
// what was sent.
const BEFORE_PHOTOS = new Set(["report", "visit"]); // photos hang on them; an act names its photos
const STOPS = new Set([408, 425, 429, 502, 503, 504]); // the service is away or overrun, not the record wrong
const TOO_MUCH = new Set([413, 414, 415]);
const CONFLICTS = new Set([409, 410, 412]);
const ID = { report: "issue_id", act: "event_id", visit: "visit_id", patrol: "patrol_id" };
const BACKOFF_S = [5, 15, 60, 300];

export const mine = (records, person) =>
  records.filter((one) => one.person_id === person).sort((a, b) => a.order - b.order);

// Acts on one issue, and photos of one visit, follow each other: what is refused holds back what builds on it.
export function blockedBy(record, records) {
  return mine(records, record.person_id).find(
    (one) => one.order < record.order && one.subject === record.subject,
  ) ?? null;
}

// What may be sent now, in order: of this person, not refused, not building on something that is still here,
// and not one that only just failed (`now` in milliseconds).
export const ready = (records, person, now = Infinity) =>
  mine(records, person).filter((one) => one.state === "waiting" && !blockedBy(one, records) && (one.not_before ?? 0) <= now);

const path = (...parts) => `/api/v1/${parts.map(encodeURIComponent).join("/")}`;

function bodyRequest(record) {
  const { kind, subject, key, body } = record;
  const json = { step: "record", method: "POST", body, expect: ID[kind], id: kind === "act" ? null : key };
  if (kind === "report") return { ...json, path: path("issues"), headers: { "Idempotency-Key": key } };
  if (kind === "act") return { ...json, path: path("issues", subject, "acts"), headers: { "If-Match": "*" } };
  return { ...json, path: path(kind === "visit" ? "visits" : "patrols"), headers: { "Idempotency-Key": key } };
}

function photoRequest(record, part) {
  const { lon, lat, datum, at, kind } = part;
  const query = { kind, at, ...(lon === null || lon === undefined ? {} : { lon, lat, datum }) };
  const home = record.kind === "visit" ? "visits" : "issues";
  return { step: "photo", method: "PUT", path: path(home, record.subject, "photos", part.key), query, part: part.key, expect: "photo_id", id: part.key };
}

// The requests of a record that are still to be made, in order: its photos after it if they hang on it, before
// it if it names them.
export function requests(record, parts) {
  const photos = parts.map((part) => photoRequest(record, part));
  const itself = record.sent ? [] : [bodyRequest(record)];
  return BEFORE_PHOTOS.has(record.kind) ? [...itself, ...photos] : [...photos, ...itself];
}

// What an answer means. `answer`: {status, json: whether it says it is JSON, told: its body} or null if none came.
//   done      the service has it
//   later     nothing answered, or the service is away: everything waits
//   retry     the service broke on this one: it waits, others go on
//   portal    somebody else answered, such as a hotel's network that wants a password: everything waits
//   sign-in   the session has ended: everything waits for the same person
//   renew     the page's token is old: ask for the session, then again
//   conflict  the issue has moved on meanwhile: the person decides
//   refused   the service will not take it as it is: the person mends it
export function verdict(answer, request) {
  if (!answer) return "later";
  const { status, json, told } = answer;
  if (status >= 200 && status < 300) {
    const named = json && told && told[request.expect];
    return named && (request.id === null || String(named) === request.id) ? "done" : "portal";
  }
  if (TOO_MUCH.has(status)) return "refused"; // a proxy before the service says so in a page of its own
  if (status < 400 || status === 511 || !json) return (status >= 500 && status !== 511) || STOPS.has(status) ? "later" : "portal";
  if (status === 401) return "sign-in";
  if (status === 403 && told.code === "csrf") return "renew";
  if (CONFLICTS.has(status)) return "conflict";
  if (STOPS.has(status)) return "later";
  return status >= 500 ? "retry" : "refused";
}

export const STOPPING = new Set(["later", "portal", "sign-in", "renew"]);

// The record after an answer that did not take it.
export function untaken(record, judged, answer, now) {
  const tries = record.tries + 1;
  if (judged === "retry") return { ...record, tries, not_before: now + 1000 * pause(tries), fault: faultOf(answer) };
  if (judged === "refused" || judged === "conflict") return { ...record, tries, state: judged, fault: faultOf(answer) };
  return { ...record, tries };
}

function faultOf({ status, told }) {
  const faults = (told?.errors ?? []).map(({ message }) => message).filter(Boolean);
  return { status, code: told?.code ?? "", state: told?.state ?? null, text: [told?.detail ?? "", ...faults].filter(Boolean).join(" ") };
}

// Once it has been tried, the service may have it though no answer came: it may be sent again as it is, and
// mended only after a plain refusal. An act that was overtaken is one: what the service has done it answers again.
const plainly = ({ kind, state }) => state === "refused" || (kind === "act" && state === "conflict");
export const canEdit = (record) => record.kind !== "patrol" && !record.sent && (record.tries === 0 || plainly(record));

// An edited record is a new one: the service answers the same key with another body by a refusal.
export function renewed(record, body, key) {
  const subject = record.kind === "act" ? record.subject : key;
  const named = { report: { issue_id: key }, act: { act_id: key }, visit: { visit_id: key }, patrol: { patrol_id: key } };
  return { ...record, key, subject, body: { ...body, ...named[record.kind] }, state: "waiting", fault: null, tries: 0, not_before: 0 };
}

export const again = (record) => ({ ...record, state: "waiting", fault: null, not_before: 0 });

// When to try again by itself after everything had to wait, in seconds; not before the time that the service named.
export const pause = (failures, named = 0) =>
  Math.max(BACKOFF_S[Math.min(Math.max(failures, 1), BACKOFF_S.length) - 1], Math.min(named, BACKOFF_S.at(-1)));

const DAY_MS = 24 * 3600 * 1000;
// Browsers that were not promised storage may clear it after a week without a visit.
export const ageing = (records, now, kept) =>
  !kept && records.some(({ made_at: at }) => now - new Date(at) > 3 * DAY_MS);
