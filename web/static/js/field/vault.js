// What the phone keeps: records and their photos until they are sent, the pack, the patrol that runs.
// The bytes of a photo lie apart from what is known of it: they are written once, however often that changes.
// A promise resolves when it is on the disk, so that "saved" is true even if the browser is killed.
const NAME = "gridmap-field";
const VERSION = 1;
const RESERVE = "phone|reserve";
const RESERVED = 8 * 1024 * 1024; // two photos as they come from the camera
const CHUNK = 65_536;
const STORES = ["records", "parts", "bytes", "pack", "patrol"];

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

  // Null in a browser that has never opened the phone's page: none is made for it.
  static async found() {
    const known = await indexedDB.databases?.();
    return !known || known.some(({ name }) => name === NAME) ? Vault.open() : null;
  }

  // Everything that `work` asks for happens, or nothing of it does. Where there is no room left, the reserve is
  // given up for it.
  async write(stores, work) {
    try {
      return await this.attempt(stores, work);
    } catch (fault) {
      if (fault?.name !== "QuotaExceededError" || !(await this.kept(RESERVE))) throw fault;
      await this.attempt(["pack"], (store) => { store.delete(RESERVE); });
      return this.attempt(stores, work);
    }
  }

  attempt(stores, work) {
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

  // Whether the next photo will fit. Browsers no longer say how much room there is, so some is taken beforehand.
  async hasRoom() {
    if (await this.kept(RESERVE)) return true;
    const bytes = new Uint8Array(RESERVED);
    for (let at = 0; at < RESERVED; at += CHUNK) crypto.getRandomValues(bytes.subarray(at, at + CHUNK));
    try {
      await this.attempt(["pack"], (store) => { store.put({ key: RESERVE, bytes: bytes.buffer }); });
      return true;
    } catch (fault) {
      if (fault?.name === "QuotaExceededError") return false;
      throw fault;
    }
  }

  records() { return this.read("records", (store) => store.getAll()); }

  record(key) { return this.read("records", (store) => store.get(key)); }

  parts(record) { return this.read("parts", (store) => store.index("record").getAll(record)); }

  async bytes(key) { return (await this.read("bytes", (store) => store.get(key)))?.bytes ?? null; }

  kept(key) { return this.read("pack", (store) => store.get(key)); }

  keep(key, value) { return this.write(["pack"], (store) => { store.put({ key, ...value }); }); }

  drop(key) { return this.write(["pack"], (store) => { store.delete(key); }); }

  patrol(key) { return this.read("patrol", (store) => store.get(key)); }

  keepPatrol(state) { return this.write(["patrol"], (store) => { store.put(state); }); }

  // A record with the photos that were taken for it under the name of a draft; what stood in its place goes.
  async save(record, parts, { instead = null, patrol = null, draft = null } = {}) {
    const before = instead ? await this.parts(instead) : [];
    const left = before.filter(({ key }) => !parts.some((part) => part.key === key));
    return this.write([...STORES], (records, photos, bytes, pack, patrols) => {
      if (instead) records.delete(instead);
      for (const { key } of left) {
        photos.delete(key);
        bytes.delete(key);
      }
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

  addPart(part, bytes) {
    return this.write(["parts", "bytes"], (photos, store) => {
      photos.put(part);
      store.put({ key: part.key, person_id: part.person_id, bytes });
    });
  }

  markSent(part) { return this.write(["parts"], (store) => { store.put({ ...part, sent: true }); }); }

  dropPart(key) {
    return this.write(["parts", "bytes"], (photos, bytes) => {
      photos.delete(key);
      bytes.delete(key);
    });
  }

  async remove(record) {
    const parts = await this.parts(record);
    return this.write(["records", "parts", "bytes"], (records, photos, bytes) => {
      records.delete(record);
      for (const { key } of parts) {
        photos.delete(key);
        bytes.delete(key);
      }
    });
  }

  // How much of a person's is only here.
  async unsent(person) {
    const count = async (store) => (await this.read(store, (one) => one.getAll())).filter((row) => row.person_id === person).length;
    return { records: await count("records"), patrols: await count("patrol") };
  }

  // The map and the lists of everybody but those named, once others may have the phone. What people made
  // themselves (records, photos, drafts, a patrol) waits for them.
  async forget(but) {
    const rows = await this.read("pack", (store) => store.getAll());
    const gone = rows.filter(({ key, person_id: person }) => person && !but.includes(person) && !key.startsWith(`${person}|draft|`));
    if (gone.length) await this.write(["pack"], (store) => { for (const { key } of gone) store.delete(key); });
    return [...new Set(gone.map(({ person_id: person }) => person))];
  }

  // Whose there is something left that was not sent.
  async waiting() {
    const rows = [await this.read("records", (store) => store.getAll()), await this.read("patrol", (store) => store.getAll())];
    return rows.flat().map(({ person_id: person }) => person);
  }

  // Who leaves by another page of ours is not asked for here again.
  async leave(person) {
    await this.clear(person);
    const settings = await this.kept("phone");
    if (settings?.person?.person_id === person) await this.keep("phone", { ...settings, person: null });
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

export async function promised(ask = false) {
  if (!navigator.storage?.persisted) return false;
  if (await navigator.storage.persisted()) return true;
  return ask && navigator.storage.persist ? navigator.storage.persist() : false;
}
