// Forms marked data-confirm ask first; main.js stops them and calls this.
import { show } from "./dialogs.js";

/** @param {HTMLFormElement} form */
export function ask(form) {
  const dialog = document.createElement("dialog");
  dialog.setAttribute("aria-labelledby", "confirm-title");
  const title = Object.assign(document.createElement("h2"), { id: "confirm-title", textContent: "Are you sure?" });
  const words = Object.assign(document.createElement("p"), { textContent: form.dataset.confirm, className: "break" });
  const end = Object.assign(document.createElement("div"), { className: "dialog-end" });
  const no = Object.assign(document.createElement("button"), {
    type: "button",
    className: "button button-quiet",
    textContent: "Cancel",
  });
  const yes = Object.assign(document.createElement("button"), {
    type: "button",
    className: "button button-primary",
    textContent: form.dataset.confirmButton ?? form.querySelector("button").textContent,
  });
  no.onclick = () => dialog.close();
  yes.onclick = () => {
    dialog.close();
    form.dataset.confirmed = "yes";
    form.requestSubmit();
  };
  end.append(no, yes);
  dialog.append(title, words, end);
  document.getElementById("dialogs").append(dialog);
  show(dialog, form.querySelector("button"));
}
