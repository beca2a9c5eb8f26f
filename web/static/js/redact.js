// Boxes over faces and plates, drawn by hand; the server blurs what is in them, for good.
const words = JSON.parse(document.querySelector("#words").textContent);
const SVG = "http://www.w3.org/2000/svg";
const SMALLEST = 0.008; // of the photo: a slip of the finger is no box
const between = (value) => Math.min(1, Math.max(0, value));

function redactor(holder) {
  const stage = holder.querySelector(".redact-stage");
  const state = holder.querySelector(".redact-state");
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("viewBox", "0 0 1 1");
  svg.setAttribute("preserveAspectRatio", "none");
  stage.append(svg);
  let boxes = [];
  let drawn = null; // the box that is being drawn

  const at = (event) => {
    const { left, top, width, height } = stage.getBoundingClientRect();
    return [between((event.clientX - left) / width), between((event.clientY - top) / height)];
  };
  const corners = ([x0, y0], [x1, y1]) => [Math.min(x0, x1), Math.min(y0, y1), Math.max(x0, x1), Math.max(y0, y1)];
  const large = ([x0, y0, x1, y1]) => x1 - x0 >= SMALLEST && y1 - y0 >= SMALLEST;

  function show() {
    const shown = drawn ? [...boxes, corners(drawn.from, drawn.to)] : boxes;
    svg.replaceChildren(
      ...shown.map(([x0, y0, x1, y1], n) => {
        const rect = document.createElementNS(SVG, "rect");
        for (const [name, value] of Object.entries({ x: x0, y: y0, width: x1 - x0, height: y1 - y0 })) rect.setAttribute(name, value);
        rect.setAttribute("tabindex", "0");
        rect.setAttribute("role", "button");
        rect.setAttribute("aria-label", String(n + 1));
        rect.dataset.n = n;
        return rect;
      }),
    );
  }
  function changed() {
    show();
    state.classList.remove("good", "bad");
    state.textContent = boxes.length ? words.boxes.replace("{n}", boxes.length) : words.none;
  }
  function drop(target) {
    boxes = boxes.filter((_box, n) => n !== Number(target.dataset.n));
    changed();
  }

  stage.addEventListener("pointerdown", (event) => {
    if (event.button !== 0) return;
    event.preventDefault();
    stage.setPointerCapture(event.pointerId);
    drawn = { from: at(event), to: at(event), on: event.target.closest("rect") };
  });
  stage.addEventListener("pointermove", (event) => {
    if (!drawn) return;
    drawn.to = at(event);
    show();
  });
  stage.addEventListener("pointerup", () => {
    if (!drawn) return;
    const { on } = drawn;
    const box = corners(drawn.from, drawn.to);
    drawn = null;
    if (large(box)) boxes.push(box);
    else if (on) return drop(on);
    changed();
  });
  stage.addEventListener("pointercancel", () => {
    drawn = null;
    show();
  });
  svg.addEventListener("keydown", (event) => {
    if (["Delete", "Backspace", "Enter"].includes(event.key) && event.target.dataset.n) drop(event.target);
  });
  holder.querySelector(".redact-clear").addEventListener("click", () => {
    boxes = [];
    changed();
  });
  holder.querySelector(".redact-keep").addEventListener("click", async (event) => {
    const button = event.currentTarget;
    button.disabled = true;
    const kept = await keep(holder.dataset.photo, boxes).catch(() => "");
    button.disabled = false;
    state.classList.toggle("good", kept === null);
    state.classList.toggle("bad", kept !== null);
    state.textContent = kept === null ? words.kept : kept || words.failed;
  });
}

// Null if it was kept; else what the server says.
async function keep(photo, boxes) {
  const token = document.querySelector("meta[name=csrf-token]");
  const answer = await fetch(`/api/v1/photos/${encodeURIComponent(photo)}/redactions`, {
    method: "POST",
    headers: { "Content-Type": "application/json", Accept: "application/json", ...(token ? { "X-CSRF-Token": token.content } : {}) },
    body: JSON.stringify({ boxes: boxes.map((box) => box.map((share) => Number(share.toFixed(4)))) }),
  });
  if (answer.ok) return null;
  const told = await answer.json();
  return told.detail || "";
}

for (const holder of document.querySelectorAll(".redact")) redactor(holder);
