// What every page does: send forms when a choice changes, keep map frames marked when ready.
for (const form of document.querySelectorAll("form.day, form[data-submit-on-change]")) {
  form.classList.add("by-itself");
  form.addEventListener("change", (event) => {
    // A half-typed date is not a choice yet.
    if (event.target.matches("input[type=date]") && !event.target.value) return;
    if (form.reportValidity()) form.requestSubmit();
  });
}

for (const frame of document.querySelectorAll(".map iframe")) {
  const ready = () => frame.parentElement.classList.add("ready");
  frame.addEventListener("load", ready);
  if (frame.contentDocument && frame.contentDocument.readyState === "complete" && frame.contentDocument.URL !== "about:blank") ready();
}

// On a phone the pages of a section are more than fit: the one that is open comes into sight.
for (const open of document.querySelectorAll(".office-nav [aria-current]")) {
  const row = open.parentElement;
  row.scrollLeft = open.offsetLeft - row.offsetLeft - (row.clientWidth - open.offsetWidth) / 2;
}

// On a phone the tree of divisions would push the list off the screen.
const fold = document.querySelector(".tree-fold");
if (fold && window.matchMedia("(max-width: 760px)").matches) fold.open = false;

// What a phone keeps of its owner goes with them; without this script the phone's page clears it when it opens next.
for (const form of document.querySelectorAll('form[action="/sign-out"]')) {
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const { signOut } = await import("./sign-out.js").catch(() => ({ signOut: () => form.submit() }));
    await signOut(form);
  });
}

// A list is printed by a button; without scripts the browser's own command does the same.
for (const button of document.querySelectorAll("button[data-print]")) {
  button.hidden = false;
  button.addEventListener("click", () => window.print());
}

// On paper a map keeps the picture of the screen, made smaller: asked to fit a narrower page it would
// need a moment to draw itself anew, and the printer does not wait.
const PAPER_PX = 680; // the width of A4 upright between its margins, at 96 to the inch
window.addEventListener("beforeprint", () => {
  for (const frame of document.querySelectorAll(".map iframe")) {
    const { offsetWidth: width, offsetHeight: height } = frame;
    const by = Math.min(1, PAPER_PX / width);
    frame.style.cssText = `position:static;flex:none;min-height:0;max-width:none;width:${width}px;height:${height}px;transform:scale(${by});transform-origin:0 0`;
    frame.parentElement.style.cssText = `flex:none;min-height:0;width:${width * by}px;height:${height * by}px`;
  }
});
window.addEventListener("afterprint", () => {
  for (const frame of document.querySelectorAll(".map iframe")) {
    frame.removeAttribute("style");
    frame.parentElement.removeAttribute("style");
  }
});
