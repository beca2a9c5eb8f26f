// Asking the service: JSON there and back, the token of the session, the version that was seen.
export class Problem extends Error {
  constructor(status, told) {
    super(told.detail || String(status));
    this.status = status;
    this.code = told.code || "";
    this.told = told;
  }
}

async function answered(response) {
  const json = /json/.test(response.headers.get("content-type") || "");
  const told = json ? await response.json() : {};
  if (!response.ok) throw new Problem(response.status, told);
  return told;
}

function address(path, query = {}) {
  const url = new URL(path, window.location.origin);
  for (const [name, value] of Object.entries(query)) {
    if (value !== null && value !== undefined && value !== "") url.searchParams.set(name, value);
  }
  return url;
}

function unsafe() {
  const token = document.querySelector("meta[name=csrf-token]");
  return token ? { "X-CSRF-Token": token.content } : {};
}

export async function get(path, query, { signal } = {}) {
  return answered(await fetch(address(path, query), { signal, headers: { Accept: "application/json" } }));
}

export async function post(path, body, seen) {
  const headers = { "Content-Type": "application/json", Accept: "application/json", ...unsafe() };
  if (seen !== undefined) headers["If-Match"] = `"${seen}"`;
  return answered(await fetch(address(path), { method: "POST", headers, body: JSON.stringify(body) }));
}

export async function upload(path, file) {
  const form = new FormData();
  form.append("file", file);
  return answered(await fetch(address(path), { method: "POST", headers: unsafe(), body: form }));
}
