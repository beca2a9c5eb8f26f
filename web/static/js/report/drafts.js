// What could not be sent yet stays on the device until it is; and the receipts of what was sent.
const NAME = "gridmap-report";
const RECEIPTS = "gridmap-receipts";
const MOST = 20;

function opened() {
  return new Promise((resolve, reject) => {
    const asked = indexedDB.open(NAME, 1);
    asked.onupgradeneeded = () => asked.result.createObjectStore("drafts", { keyPath: "report_id" });
    asked.onsuccess = () => resolve(asked.result);
    asked.onerror = () => reject(asked.error);
  });
}

async function within(mode, work) {
  const database = await opened();
  try {
    return await new Promise((resolve, reject) => {
      const turn = database.transaction("drafts", mode);
      const asked = work(turn.objectStore("drafts"));
      turn.oncomplete = () => resolve(asked.result);
      turn.onerror = () => reject(turn.error);
      turn.onabort = () => reject(turn.error);
    });
  } finally {
    database.close();
  }
}

export const keep = (draft) => within("readwrite", (store) => store.put(draft));
export const drop = (id) => within("readwrite", (store) => store.delete(id));
export const waiting = () => within("readonly", (store) => store.getAll());

// A browser may refuse to keep anything, as in a private window: the page works without.
export function receipts() {
  try {
    const kept = JSON.parse(localStorage.getItem(RECEIPTS) ?? "[]");
    return Array.isArray(kept) ? kept : [];
  } catch {
    return [];
  }
}

export function keepReceipt(code, category) {
  const others = receipts().filter((one) => one.code !== code);
  const kept = [{ code, category, at: new Date().toISOString() }, ...others].slice(0, MOST);
  try {
    localStorage.setItem(RECEIPTS, JSON.stringify(kept));
  } catch {
    return false;
  }
  return true;
}

export function forgetReceipts() {
  try {
    localStorage.removeItem(RECEIPTS);
  } catch {
    return false;
  }
  return true;
}
