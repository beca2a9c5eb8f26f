// The last resort: everything that was not sent as one file, with its photos, for somebody to read by hand.
import { make } from "../desk/elements.js";

const CHUNK = 32_768;

export function base64(buffer) {
  const bytes = new Uint8Array(buffer);
  let text = "";
  for (let at = 0; at < bytes.length; at += CHUNK) text += String.fromCharCode(...bytes.subarray(at, at + CHUNK));
  return btoa(text);
}

// Photo by photo, so that the file is made of pieces and not of one text in memory.
async function fileOf(field) {
  const pieces = [`{"form":"gridmap-field/1","person":${JSON.stringify(field.person)},"at":${JSON.stringify(new Date().toISOString())},"records":[`];
  for (const [n, record] of field.records.entries()) {
    pieces.push(n ? ",\n" : "\n", JSON.stringify(record).slice(0, -1), ',"photos":[');
    for (const [k, { thumb, ...part }] of (await field.vault.parts(record.key)).entries()) {
      pieces.push(k ? "," : "", JSON.stringify({ ...part, base64: base64(await field.vault.bytes(part.key)) }));
    }
    pieces.push("]}");
  }
  pieces.push("\n]}\n");
  return new Blob(pieces, { type: "application/json" });
}

export async function exported(field) {
  const day = new Date().toISOString().slice(0, 16).replace(/\D/g, "");
  const address = URL.createObjectURL(await fileOf(field));
  const link = make("a", { href: address, download: `gridmap-${day}.json`, hidden: true });
  document.body.append(link);
  link.click();
  link.remove();
  window.setTimeout(() => URL.revokeObjectURL(address), 60_000);
}
