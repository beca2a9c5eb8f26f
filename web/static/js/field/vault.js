// What the phone keeps: records and their photos until they are sent, the pack, the patrol that runs.
// A promise resolves when it is on the disk, so that "saved" is true even if the browser is killed.
const NAME = "gridmap-field";
const VERSION = 1;
const STORES = ["records", "parts", "pack", "patrol"];

const asked = (request) => new Promise((resolve, reject) => {
  request.onsuccess = () => resolve(request.result);
  request.onerror = () => reject(request.error);
});

function open() {
  const request = indexedDB.open(NAME, VERSION);
  request.onupgradeneeded = () => {
    for (const store of STORES) request.result.createObjectStore(store, { keyPath: "key" });
    request.transaction.objectStore("parts").createIndex("record", "record");
  };
  return asked(request);
}

export class Vault {
  static async open() {
    const vault = new Vault();
    vault.database = await open();
    vault.database.onversionchange = () => vault.database.close();
    return vault;
  }

  // Everything that `work` asks for happens, or nothing of it does.
  write(stores, work) {
    return new Promise((resolve, reject) => {
      const transaction = this.database.transaction(stores, "readwrite", { durability: "strict" });
      let answer;
      transaction.oncomplete = () => resolve(answer);
      transaction.onabort = () => reject(transaction.error ?? new DOMException("aborted", "AbortError"));
      answer = work(...stores.map((store) => transaction.objectStore(store)));
    });
  }

  read(store, work) {
    return asked(work(this.database.transaction(store).objectStore(store)));
  }

  records() { return this.read("records", (store) => store.getAll()); }

  record(key) { return this.read("records", (store) => store.get(key)); }

  parts(record) { return this.read("parts", (store) => store.index("record").getAll(record)); }

  part(key) { return this.read("parts", (store) => store.get(key)); }

  kept(key) { return this.read("pack", (store) => store.get(key)); }

  keep(key, value) { return this.write(["pack"], (store) => { store.put({ key, ...value }); }); }

  drop(key) { return this.write(["pack"], (store) => { store.delete(key); }); }

  patrol(key) { return this.read("patrol", (store) => store.get(key)); }

  keepPatrol(state) { return this.write(["patrol"], (store) => { store.put(state); }); }

  // A record with the photos that were taken for it under the name of a draft; what stood in its place goes.
  async save(record, parts, { instead = null, patrol = null, draft = null } = {}) {
    const before = instead ? await this.parts(instead) : [];
    return this.write(["records", "parts", "patrol", "pack"], (records, photos, patrols, pack) => {
      if (instead) records.delete(instead);
      for (const part of before) photos.delete(part.key);
      for (const part of parts) photos.put({ ...part, record: record.key });
      records.put(record);
      if (patrol) patrols.delete(patrol);
      if (draft) pack.delete(draft);
    });
  }

  // Only if it is still there: somebody may have deleted it while it was being sent.
  async update(record) {
    return this.write(["records"], (store) => {
      const request = store.getKey(record.key);
      request.onsuccess = () => { if (request.result !== undefined) store.put(record); };
    });
  }

  addPart(part) { return this.write(["parts"], (store) => { store.put(part); }); }

  markSent(part) { return this.write(["parts"], (store) => { store.put({ ...part, sent: true }); }); }

  dropPart(key) { return this.write(["parts"], (store) => { store.delete(key); }); }

  async remove(record) {
    const parts = await this.parts(record);
    return this.write(["records", "parts"], (records, photos) => {
      records.delete(record);
      for (const part of parts) photos.delete(part.key);
    });
  }

  // Everything of a person, for whoever has the phone next; what is of nobody (its datum) stays.
  async clear(person) {
    const keys = {};
    for (const store of STORES) {
      const rows = await this.read(store, (one) => one.getAll());
      keys[store] = rows.filter((row) => row.person_id === person).map(({ key }) => key);
    }
    return this.write(STORES, (...stores) => {
      stores.forEach((store, k) => { for (const key of keys[STORES[k]]) store.delete(key); });
    });
  }
}

export function uuid() {
  if (crypto.randomUUID) return crypto.randomUUID();
  const bytes = crypto.getRandomValues(new Uint8Array(16)); // where the page is not served by https
  bytes[6] = (bytes[6] & 0x0f) | 0x40;
  bytes[8] = (bytes[8] & 0x3f) | 0x80;
  const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join("-");
}

const ROOM = 20_000_000; // two photos as they come from the camera, and what the browser needs besides

// How much the browser lets us keep; `tight` before the next photo would not fit.
export async function room() {
  if (!navigator.storage?.estimate) return { tight: false, left: null };
  const { quota, usage } = await navigator.storage.estimate();
  const left = quota - usage;
  return { tight: left < ROOM, left };
}

export async function promised(ask = false) {
  if (!navigator.storage?.persisted) return false;
  if (await navigator.storage.persisted()) return true;
  return ask && navigator.storage.persist ? navigator.storage.persist() : false;
}
