// Forms marked data-confirm ask first; main.js stops them and calls this.
import { show } from "./dialogs.js";
import { make, makeButton } from "./elements.js";

/** @param {HTMLFormElement} form */
export function ask(form) {
  const dialog = make("dialog");
  dialog.setAttribute("aria-labelledby", "confirm-title");
  const title = make("h2", { id: "confirm-title", textContent: "Are you sure?" });
  const words = make("p", { textContent: form.dataset.confirm, className: "break" });
  const end = make("div", { className: "dialog-end" });
  const no = makeButton({ className: "button button-quiet", textContent: "Cancel" });
  const yes = makeButton({
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
