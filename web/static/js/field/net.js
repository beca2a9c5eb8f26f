// Asking the service from a phone: whatever comes back is judged by its status, its type and what it names.
const PATIENCE_MS = 60_000;

function address(path, query = {}) {
  const url = new URL(path, window.location.origin);
  for (const [name, value] of Object.entries(query)) {
    if (value !== null && value !== undefined) url.searchParams.set(name, value);
  }
  return url;
}

// {status, json, told, etag, wait}; null if no answer came. A redirection is no answer of ours.
export async function ask(path, { query, method = "GET", headers = {}, body, patience = PATIENCE_MS } = {}) {
  const stop = new AbortController();
  const timer = window.setTimeout(() => stop.abort(), patience);
  try {
    const answer = await fetch(address(path, query), {
      method, body, headers: { Accept: "application/json", ...headers },
      redirect: "manual", credentials: "same-origin", cache: "no-store", signal: stop.signal,
    });
    const json = /^application\/(?:[\w.-]+\+)?json\b/.test(answer.headers.get("content-type") || "");
    const told = json ? await answer.json() : null;
    const wait = Number(answer.headers.get("retry-after")) || null;
    return { status: answer.status, json, told, etag: answer.headers.get("etag"), wait };
  } catch (fault) {
    // No network, cut in the middle, too slow, or a body that is no JSON although it says so.
    if (fault instanceof TypeError || fault instanceof DOMException || fault instanceof SyntaxError) return null;
    throw fault;
  } finally {
    window.clearTimeout(timer);
  }
}

export async function picture(path) {
  const answer = await fetch(path, { redirect: "manual", credentials: "same-origin" }).catch(() => null);
  const type = answer?.headers.get("content-type") || "";
  return answer?.ok && type.startsWith("image/") ? { type, bytes: await answer.arrayBuffer() } : null;
}

// One request of the outbox, in the name of a session.
export function send(request, session, { type, bytes } = {}) {
  const headers = { "X-CSRF-Token": session.csrf, ...request.headers };
  if (request.step === "photo") {
    return ask(request.path, { method: request.method, query: request.query, headers: { ...headers, "Content-Type": type }, body: bytes });
  }
  return ask(request.path, { method: request.method, headers: { ...headers, "Content-Type": "application/json" }, body: JSON.stringify(request.body) });
}

export async function endSession(session) {
  const form = new URLSearchParams({ csrf_token: session.csrf });
  const answer = await fetch("/sign-out", { method: "POST", body: form, redirect: "manual", credentials: "same-origin" }).catch(() => null);
  return answer?.type === "opaqueredirect";
}

export const sessionNow = () => ask("/api/v1/field/session", { patience: 20_000 });
