// Two maps side by side: what one looks at, the other does too. Only somebody's own moves are passed
// on, so that the maps do not answer each other while they are being drawn.
const frames = [...document.querySelectorAll("iframe[data-synced]")];
let leading = null;

for (const frame of frames) {
  const lead = () => { leading = frame; };
  frame.addEventListener("pointerenter", lead);
  frame.addEventListener("focus", lead);
}

// A row of the table moves the first map.
document.addEventListener("click", (event) => {
  if (event.target.closest("tr[data-box]")) leading = frames[0];
}, true);

window.addEventListener("message", (event) => {
  if (event.origin !== window.location.origin) return;
  const view = event.data && event.data.view;
  const source = frames.find((frame) => frame.contentWindow === event.source);
  if (!Array.isArray(view) || !source || (leading && source !== leading)) return;
  for (const frame of frames) {
    if (frame !== source) frame.contentWindow.postMessage({ view }, window.location.origin);
  }
});
