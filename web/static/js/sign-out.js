// Signing out on any page: what this person's phone keeps goes with them, what is not yet sent only after a warning.
import { sessionNow } from "./field/net.js";
import { Vault } from "./field/vault.js";

const HEARD = "gridmap-field";

// What of theirs has not been sent; null where nothing is kept in this browser.
async function kept(person) {
  const vault = await Vault.found();
  return vault && { vault, ...(await vault.unsent(person)) };
}

// Whether to go on; the page brings the dialog in the reader's language.
function confirmed({ records, patrols }) {
  const dialog = document.querySelector("#leaving").content.firstElementChild.cloneNode(true);
  document.body.append(dialog);
  dialog.querySelector("[data-unsent]").hidden = !records;
  dialog.querySelector("[data-patrol]").hidden = !patrols;
  dialog.querySelector("[data-n]").textContent = new Intl.NumberFormat(document.documentElement.lang).format(records);
  dialog.showModal();
  return new Promise((resolve) => {
    dialog.addEventListener("close", () => {
      dialog.remove();
      resolve(dialog.returnValue === "out");
    }, { once: true });
  });
}

// The form itself ends the session, so that the browser forgets its pages; nothing is cleared where nobody answers.
export async function signOut(form) {
  const { person } = form.dataset;
  const found = await kept(person).catch(() => null); // a browser that keeps nothing forbids the look
  if (found && (found.records || found.patrols) && !(await confirmed(found))) return;
  if (found && (await sessionNow())) {
    await found.vault.leave(person);
    if ("BroadcastChannel" in window) new BroadcastChannel(HEARD).postMessage("signed out"); // to the phone's page beside
  }
  form.submit();
}
