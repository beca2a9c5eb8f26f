// Elements made by hand: whatever is written into them is text, never markup.
export function make(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    if (name === "on") {
      for (const [kind, heard] of Object.entries(value)) element.addEventListener(kind, heard);
    } else if (value === true) element.setAttribute(name, "");
    else element.setAttribute(name, String(value));
  }
  element.append(...children.flat().filter((child) => child !== null && child !== undefined));
  return element;
}

export const button = (text, heard, attributes = {}) =>
  make("button", { type: "button", ...attributes, on: { click: heard } }, text);

let made = 0;
export const fresh = (stem) => `${stem}-${(made += 1)}`;

// A field with its label and, beside it, what is wrong with it; `around` holds the control, if it is not alone.
export function field(label, control, around = control) {
  const told = make("p", { class: "field-error", id: fresh("error"), hidden: true });
  control.id ||= fresh("field");
  const box = make("div", { class: "field" }, make("label", { for: control.id }, label), around, told);
  box.fault = (text) => {
    told.textContent = text || "";
    told.hidden = !text;
    if (text) {
      control.setAttribute("aria-invalid", "true");
      control.setAttribute("aria-describedby", told.id);
    } else {
      control.removeAttribute("aria-invalid");
      control.removeAttribute("aria-describedby");
    }
  };
  return box;
}

export function choices(options, value) {
  return options.map(([code, text]) => {
    const option = make("option", { value: code }, text);
    option.selected = code === value;
    return option;
  });
}

// A dialog that answers with the button that was pressed, and with null if it was left.
export function ask({ title, body, buttons, kind = "" }) {
  return new Promise((resolve) => {
    const heading = make("h2", { id: fresh("dialog") }, title);
    const foot = make("div", { class: "dialog-buttons" });
    const dialog = make("dialog", { class: `desk-dialog ${kind}`, "aria-labelledby": heading.id }, heading, make("div", { class: "dialog-body" }, body), foot);
    const back = document.activeElement;
    const close = (answer) => {
      dialog.close();
      dialog.remove();
      if (back && back.isConnected && document.activeElement === document.body) back.focus();
      resolve(answer);
    };
    for (const { value, text, primary, first } of buttons) {
      foot.append(button(text, () => close(value), { class: primary ? "primary" : null, autofocus: first, "data-answer": value }));
    }
    dialog.addEventListener("cancel", (event) => {
      event.preventDefault();
      close(null);
    });
    document.body.append(dialog);
    dialog.showModal();
  });
}
