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

// On a phone the tree of divisions would push the list off the screen.
const fold = document.querySelector(".tree-fold");
if (fold && window.matchMedia("(max-width: 760px)").matches) fold.open = false;
