import { make, makeButton } from "./elements.js";
import { leaving } from "./leaving.js";

// Toasts: closed by their button. Good news leaves by itself; bad news stays until somebody had time to read it and goes on
// working. What is said again takes the place of what was said before, and only the newest few stay.

export const UNREACHABLE = "The server can't be reached. Try again in a moment.";
const SECONDS = { plain: 6, withButton: 12, toRead: 8 };
const MOST = 3;
const shown = document.getElementById("toasts");

/**
 * @param {string} message
 * @param {string} [tone] good, warn or bad
 * @param {{label: string, act: () => void, undoes?: boolean}} [button] for what can be done about it; one that `undoes` the
 *   last change leaves with the next one
 */
export function toast(message, tone = "bad", button) {
  if (leaving() && tone === "bad") return;
  const box = make("div", { className: `toast toast-${tone}` });
  box.setAttribute("role", tone === "bad" ? "alert" : "status");
  const close = makeButton({ className: "icon-button", textContent: "×" });
  close.setAttribute("aria-label", "Dismiss");
  close.dataset.toastClose = "";
  box.append(make("p", { textContent: message }), ...(button ? [act(button, box)] : []), close);
  box.toggleAttribute("data-undoes", Boolean(button?.undoes));
  shown.append(box);
}

const wordsOf = (box) => box.querySelector("p")?.textContent.trim();

// The server's as well.
function settle(box) {
  if (!box.isConnected) return;
  for (const same of [...shown.children]) if (same !== box && wordsOf(same) === wordsOf(box)) same.remove();
  while (shown.children.length > MOST) shown.firstElementChild.remove();
  raise();
  box.shownAt = performance.now();
  if (box.matches(".toast-good"))
    setTimeout(() => box.remove(), 1000 * (box.querySelector(".button") ? SECONDS.withButton : SECONDS.plain));
}
new MutationObserver((changes) => {
  for (const { addedNodes } of changes) for (const node of addedNodes) if (node.matches?.(".toast")) settle(node);
}).observe(shown, { childList: true });
for (const box of [...shown.children]) settle(box);

// Above an open dialog, too.
export function raise() {
  shown.popover = "manual";
  shown.hidePopover();
  shown.showPopover();
}

// Time begins again for whoever comes back to the tab.
document.addEventListener("visibilitychange", () => {
  for (const box of shown.children) box.shownAt = performance.now();
});
for (const sign of ["pointerdown", "keydown"])
  document.addEventListener(sign, ({ target }) => {
    for (const box of shown.querySelectorAll(".toast:not(.toast-good, [data-undoes])"))
      if (!box.contains(target) && performance.now() - box.shownAt > 1000 * SECONDS.toRead) box.remove();
  });

// Before the next change: what they would undo is not the last one any more.
export function dropUndoes() {
  for (const box of document.querySelectorAll(".toast[data-undoes]")) box.remove();
}

function act({ label, act: does }, box) {
  const onclick = () => {
    box.remove();
    does();
  };
  return makeButton({ className: "button button-small", textContent: label, onclick });
}

document.addEventListener("click", (event) => event.target.closest("[data-toast-close]")?.closest(".toast").remove());

// What a form was refused is said beside it; what has no place of its own is a toast.
const PLACED = "dialog form, .scene form, #inspector form, section.card form, .bar form";
export function tell(element, words) {
  if (element.matches(PLACED))
    import("./refusals.js").then(
      ({ refuse }) => refuse(element, words),
      () => toast(words),
    );
  else toast(words);
}

// A request after the session's end is answered with the sign-in page.
export const signedOut = (xhr) => xhr.responseURL.includes("/accounts/sign-in/");

// An error never takes a place on the page: htmx swaps none of itself (see base.html). Only the studio's own words are shown,
// which it marks by where they go; what a proxy or the web server before it answers is a page of its own.
document.addEventListener("htmx:beforeSwap", ({ detail }) => {
  const { elt } = detail.requestConfig;
  if (!detail.isError) {
    if (ASKING_AGAIN(elt) && !signedOut(detail.xhr)) told = false;
    return;
  }
  detail.isError = false; // htmx would say in the console what the browser says there already
  const own = detail.xhr.getResponseHeader("HX-Retarget");
  const words = own
    ? detail.serverResponse
    : `The server refused this (${detail.xhr.status}). Reload the page, then try again.`;
  if (elt.matches(PLACED)) tell(elt, words);
  else if (ASKED_BY_ITSELF(elt)) tellOnce(elt, problemOf(detail.xhr.status));
  else if (own)
    detail.shouldSwap = true; // a toast, with its links
  else toast(words);
});

// A price that cannot be said is left out: its button says why when it is pressed. What asks again and again says it once.
export const ASKED_BY_ITSELF = (elt) => elt.matches("#poller, [hx-get]");
const ASKING_AGAIN = (elt) => elt.matches("[hx-trigger*=every]");
let told = false;
export function tellOnce(elt, words) {
  if (told || !ASKING_AGAIN(elt)) return;
  told = true;
  toast(words);
}
const problemOf = (status) =>
  status === 404
    ? "What this page shows has been deleted."
    : `The server isn't responding properly (${status}). This page keeps retrying.`;
document.addEventListener("htmx:sendError", (event) => {
  if (event.target.matches?.(PLACED)) tell(event.target, `Not sent. ${UNREACHABLE}`);
});
