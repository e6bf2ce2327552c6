// Links marked data-dialog open their page as a native <dialog>; forms marked data-confirm ask first.

let opener = null;

document.addEventListener("click", async (event) => {
  const link = event.target.closest("a[data-dialog]");
  if (link && !event.ctrlKey && !event.metaKey && !event.shiftKey) {
    event.preventDefault();
    opener = link.closest("details")?.querySelector("summary") ?? link;
    htmx.ajax("GET", link.getAttribute("href"), { target: "#dialogs", swap: "innerHTML" });
  }
  if (event.target.closest("[data-dialog-close]")) event.target.closest("dialog")?.close();
  if (event.target.matches?.("dialog") && event.target.open) {
    const box = event.target.getBoundingClientRect();
    const inside = event.clientX >= box.left && event.clientX <= box.right && event.clientY >= box.top && event.clientY <= box.bottom;
    if (!inside) event.target.close();
  }
});

document.addEventListener("htmx:afterSwap", (event) => {
  const dialog = event.target.querySelector?.("dialog[data-open]") ?? document.querySelector("#dialogs dialog[data-open]:not([open])");
  if (dialog && !dialog.open) show(dialog);
});

function show(dialog) {
  dialog.addEventListener("close", () => {
    dialog.remove();
    if (opener?.isConnected) opener.focus();
    opener = null;
  });
  dialog.showModal();
}

// A form in a dialog closes it once its request was taken.
document.addEventListener("htmx:afterRequest", (event) => {
  const form = event.target.matches?.("form[data-close-after]") && event.target; // not a price that its button fetched
  if (form && event.detail.successful && !event.detail.xhr.getResponseHeader("HX-Retarget")) form.closest("dialog")?.close();
});

document.addEventListener("submit", (event) => {
  const form = event.target.closest("form[data-confirm]");
  if (!form || form.dataset.confirmed) return;
  event.preventDefault();
  event.stopImmediatePropagation();
  const dialog = document.createElement("dialog");
  dialog.setAttribute("aria-labelledby", "confirm-title");
  const title = Object.assign(document.createElement("h2"), { id: "confirm-title", textContent: "Are you sure?" });
  const words = Object.assign(document.createElement("p"), { textContent: form.dataset.confirm, className: "break" });
  const end = Object.assign(document.createElement("div"), { className: "dialog-end" });
  const no = Object.assign(document.createElement("button"), { type: "button", className: "button button-quiet", textContent: "Cancel" });
  const yes = Object.assign(document.createElement("button"), { type: "button", className: "button button-primary", textContent: form.dataset.confirmButton ?? form.querySelector("button").textContent });
  no.onclick = () => dialog.close();
  yes.onclick = () => { dialog.close(); form.dataset.confirmed = "yes"; form.requestSubmit(); };
  end.append(no, yes);
  dialog.append(title, words, end);
  document.getElementById("dialogs").append(dialog);
  opener = form.querySelector("button");
  show(dialog);
}, true);
