// A photo on the phone: its EXIF is read, then it is shrunk; what cannot be shrunk is sent as it is.
import { readExif } from "./exif.js";
import { uuid } from "./vault.js";

export const SIDE = 2048;
const THUMB = 240;
const QUALITY = 0.85;
const PLENTY = 1_500_000; // bytes; below that and within the side a photo is left alone

function canvasOf(picture, side) {
  const scale = Math.min(1, side / Math.max(picture.width, picture.height));
  const canvas = document.createElement("canvas");
  canvas.width = Math.max(1, Math.round(picture.width * scale));
  canvas.height = Math.max(1, Math.round(picture.height * scale));
  canvas.getContext("2d").drawImage(picture, 0, 0, canvas.width, canvas.height);
  return canvas;
}

const jpeg = (canvas) => new Promise((resolve) => { canvas.toBlob(resolve, "image/jpeg", QUALITY); });

async function shrunk(file, side) {
  let picture = null;
  try {
    picture = await createImageBitmap(file, { imageOrientation: "from-image" });
    const thumb = canvasOf(picture, THUMB).toDataURL("image/jpeg", 0.7);
    const large = Math.max(picture.width, picture.height) > side || file.size > PLENTY;
    const blob = large ? await jpeg(canvasOf(picture, side)) : null;
    return { thumb, blob };
  } catch (fault) {
    // A format that this browser does not know, or a canvas larger than the phone allows: the original goes.
    if (fault instanceof DOMException || fault instanceof TypeError) return { thumb: "", blob: null };
    throw fault;
  } finally {
    picture?.close();
  }
}

// The photo as a part of a record. `here` is where the phone is, {lon, lat, datum}, told if the photo itself
// does not tell; WebKit loses blobs that are kept, so the bytes are.
export async function partOf(file, { record, person, kind, here, side = SIDE, now = new Date() }) {
  const original = await file.arrayBuffer();
  const exif = readExif(original);
  const { thumb, blob } = await shrunk(file, side);
  const bytes = blob ? await blob.arrayBuffer() : original;
  const place = exif.place ? { ...exif.place, datum: "wgs84" } : here;
  const part = {
    key: uuid(),
    record,
    person_id: person,
    kind,
    type: blob ? "image/jpeg" : file.type || "application/octet-stream",
    size: bytes.byteLength,
    thumb,
    lon: place?.lon ?? null,
    lat: place?.lat ?? null,
    datum: place?.datum ?? null,
    at: exif.at ?? now.toISOString(),
    sent: false,
  };
  return { part, bytes };
}
