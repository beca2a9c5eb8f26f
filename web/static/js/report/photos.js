// Photos of a report: shrunk on the device, which also leaves behind where and with what they were taken.
const SIDE = 2048;
const THUMB = 240;
const QUALITY = 0.85;

function canvasOf(picture, side) {
  const scale = Math.min(1, side / Math.max(picture.width, picture.height));
  const canvas = document.createElement("canvas");
  canvas.width = Math.max(1, Math.round(picture.width * scale));
  canvas.height = Math.max(1, Math.round(picture.height * scale));
  canvas.getContext("2d").drawImage(picture, 0, 0, canvas.width, canvas.height);
  return canvas;
}

const jpeg = (canvas) => new Promise((resolve) => { canvas.toBlob(resolve, "image/jpeg", QUALITY); });

// A format that the service may read where this browser does not: HEIC and AVIF begin with a box `ftyp`.
async function foreign(file) {
  const head = new Uint8Array(await file.slice(4, 8).arrayBuffer());
  return String.fromCharCode(...head) === "ftyp";
}

// WebKit loses blobs that are kept, so the bytes are. What this browser cannot show goes as it is if the
// service may know it, and it leaves behind as much; null if it is no photo.
export async function shot(file, id) {
  let picture = null;
  try {
    picture = await createImageBitmap(file, { imageOrientation: "from-image" });
    const blob = await jpeg(canvasOf(picture, SIDE));
    const thumb = canvasOf(picture, THUMB).toDataURL("image/jpeg", 0.7);
    return { id, bytes: await (blob ?? file).arrayBuffer(), thumb, sent: false };
  } catch (fault) {
    if (fault instanceof DOMException || fault instanceof TypeError) {
      return !(await foreign(file)) ? null : { id, bytes: await file.arrayBuffer(), thumb: "", sent: false };
    }
    throw fault;
  } finally {
    picture?.close();
  }
}
