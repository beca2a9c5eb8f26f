// Keeps the page and its files, so that it opens without a network. What it keeps is named by SHELL, which the
// service writes above these lines: the version, and each file with its hash. Nothing of anybody is kept here.
const CACHE = `gridmap-field-${SHELL.version}`;
const OURS = "gridmap-field-";
const PAGE = "/field";

// A network that asks for a password answers anything with a page of its own: the hash refuses that.
async function keep() {
  const cache = await caches.open(CACHE);
  await Promise.all(Object.entries(SHELL.files).map(async ([url, integrity]) => {
    const answer = await fetch(url, { integrity, cache: "no-cache", credentials: "same-origin" });
    if (!answer.ok || answer.redirected) throw new TypeError(`${answer.status} ${url}`);
    await cache.put(url, answer);
  }));
}

async function forget() {
  const names = await caches.keys();
  await Promise.all(names.filter((name) => name.startsWith(OURS) && name !== CACHE).map((name) => caches.delete(name)));
}

async function answer(request, url) {
  const cache = await caches.open(CACHE);
  return (await cache.match(url)) ?? fetch(request);
}

self.addEventListener("install", (event) => event.waitUntil(keep()));
self.addEventListener("activate", (event) => event.waitUntil(forget().then(() => self.clients.claim())));

// A new version waits until the person takes it: a form that is being filled in stays as it is.
self.addEventListener("message", (event) => { if (event.data === "take over") self.skipWaiting(); });

self.addEventListener("fetch", (event) => {
  const { request } = event;
  const url = new URL(request.url);
  if (request.method !== "GET" || url.origin !== self.location.origin || url.search) return;
  if (request.mode === "navigate" ? url.pathname === PAGE : url.pathname !== PAGE && url.pathname in SHELL.files) {
    event.respondWith(answer(request, url.pathname));
  }
});
