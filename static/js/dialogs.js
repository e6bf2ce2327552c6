// Links and forms marked data-dialog open their page as a native <dialog>.
import { styled } from "./styles.js";
import { raise, signedOut } from "./toasts.js";

const box = document.getElementById("dialogs");
let opener = null;

// What is outside of an open dialog can't be clicked, so it has the toasts, with their Undo, until it ends.
const toasts = document.getElementById("toasts");
const home = toasts.parentElement;
document.addEventListener("htmx:beforeSwap", ({ detail }) => detail.target === box && carry(home));

function carry(place) {
  if (toasts.parentElement === place) return;
  place.append(toasts);
  if (toasts.querySelector(".toast")) raise();
}

document.addEventListener("click", async (event) => {
  const link = event.target.closest("a[data-dialog], [data-dialog] button");
  if (link && !event.ctrlKey && !event.metaKey && !event.shiftKey) {
    event.preventDefault();
    opener = link.closest("details")?.querySelector("summary") ?? link;
    styled(box); // while the server writes the dialog
    const { form } = link;
    htmx.ajax(
      "GET",
      form ? `${form.action}?${new URLSearchParams(/** @type {any} */ (new FormData(form)))}` : link.href,
      { source: box }, // htmx queues the requests of one source, and keeps only the last
    );
  }
  if (event.target.closest("[data-dialog-close]")) event.target.closest("dialog")?.close();
  if (event.target.matches?.("dialog") && event.target.open) {
    const edges = event.target.getBoundingClientRect();
    const inside =
      event.clientX >= edges.left &&
      event.clientX <= edges.right &&
      event.clientY >= edges.top &&
      event.clientY <= edges.bottom;
    if (!inside) event.target.close();
  }
});

document.addEventListener("htmx:afterSwap", (event) => {
  const dialog =
    event.target.querySelector?.("dialog[data-open]") ??
    document.querySelector("#dialogs dialog[data-open]:not([open])");
  if (dialog && !dialog.open) show(dialog);
});

export async function show(dialog, from = opener) {
  opener = from;
  await styled(box);
  if (dialog.open || !dialog.isConnected) return;
  dialog.addEventListener("close", () => {
    if (dialog.contains(toasts)) carry(home);
    dialog.remove();
    if (opener?.isConnected) opener.focus();
    opener = null;
  });
  dialog.showModal();
  carry(dialog);
}

// Whether a request was taken: not if the response is a question or the sign-in page after the session's end.
export const taken = ({ xhr }) =>
  xhr.status >= 200 && xhr.status < 400 && !xhr.getResponseHeader("HX-Retarget") && !signedOut(xhr);

// A form in a dialog closes it once its request was taken.
document.addEventListener("htmx:afterRequest", (event) => {
  const form = event.target.matches?.("form[data-close-after]") && event.target; // not a price that its button fetched
  if (!form || !taken(event.detail)) return;
  form.closest("dialog")?.close();
  const back = wayBack(form);
  if (back) location.assign(back.href);
});

// A dialog opened as a page of its own has nothing of what the response renews; saving leaves it.
const wayBack = (form) => !form.closest("dialog") && document.querySelector("[data-way-back] a:last-of-type");
document.addEventListener("htmx:beforeSwap", ({ detail }) => {
  const form = detail.requestConfig.elt;
  if (!form.matches("form[data-close-after]") || !wayBack(form)) return;
  if (taken(detail)) detail.shouldSwap = false;
});
