// Lines on a canvas, from flat arrays: only what is in view, and no vertex closer than a pixel.
const NEAR = 0.7;

// Which lines may be seen: `wanted(i)` filters, and `least` leaves out what is smaller in pixels.
export function inView(lines, view, wanted = () => true, least = 0) {
  const { box, count, offsets } = lines;
  const { scale, shiftX, shiftY, width, height } = view;
  const found = [];
  let vertices = 0;
  for (let i = 0; i < count; i += 1) {
    const west = box[4 * i] * scale + shiftX;
    const north = box[4 * i + 1] * scale + shiftY;
    const east = box[4 * i + 2] * scale + shiftX;
    const south = box[4 * i + 3] * scale + shiftY;
    if (east < -8 || south < -8 || west > width + 8 || north > height + 8) continue;
    if ((least && east - west < least && south - north < least) || !wanted(i)) continue;
    found.push(i);
    vertices += offsets[i + 1] - offsets[i];
  }
  return { found, vertices };
}

// Add lines to the path of a pen.
export function trace(pen, lines, found, { scale, shiftX, shiftY }) {
  const { x, y, offsets } = lines;
  for (const i of found) {
    const end = offsets[i + 1] - 1;
    let v = offsets[i];
    let lastX = x[v] * scale + shiftX;
    let lastY = y[v] * scale + shiftY;
    pen.moveTo(lastX, lastY);
    for (v += 1; v <= end; v += 1) {
      const px = x[v] * scale + shiftX;
      const py = y[v] * scale + shiftY;
      if (v < end && Math.abs(px - lastX) < NEAR && Math.abs(py - lastY) < NEAR) continue;
      pen.lineTo(px, py);
      lastX = px;
      lastY = py;
    }
  }
}

// Stroke the same path several times, the widest first.
export function stroke(pen, lines, found, view, strokes) {
  if (!found.length) return;
  pen.beginPath();
  trace(pen, lines, found, view);
  for (const { colour, width, dash } of strokes) {
    pen.strokeStyle = colour;
    pen.lineWidth = width * view.ratio;
    pen.setLineDash((dash ?? []).map((part) => part * view.ratio));
    pen.stroke();
  }
  pen.setLineDash([]);
}
