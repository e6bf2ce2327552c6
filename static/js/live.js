import { toast } from "./toasts.js";

// Live pages: polls say what the page shows already; pieces that somebody is using right now are left alone.

document.addEventListener("htmx:configRequest", (event) => {
  const seen = [...document.querySelectorAll("[data-seen]")].map((piece) => `${piece.id}:${piece.dataset.seen}`);
  const wanted = event.target.id === "poller" || event.target.closest?.("form[hx-post]");
  if (wanted) event.detail.parameters.seen = seen;
});

// A hidden tab does not ask; it catches up when it is looked at again.
document.addEventListener("htmx:beforeRequest", (event) => {
  const poller = event.target.id === "poller";
  if (poller && document.hidden && !working()) event.preventDefault();
});
document.addEventListener("visibilitychange", wake);
addEventListener("online", wake);

// What the server refused was often asked of an older state: show the present one.
document.addEventListener("htmx:responseError", (event) => { if (event.detail.xhr.status === 409) wake(); });
document.addEventListener("click", (event) => { if (event.target.closest("[data-see-new]")) wake(); });

function wake() {
  const poller = document.getElementById("poller");
  if (!document.hidden && poller) htmx.trigger(poller, "wake");
  if (!document.hidden && title) { document.title = title; title = null; }
}

const busy = (piece) => piece.querySelector("details[data-menu][open], dialog[open]")
  || [...piece.querySelectorAll("video, audio")].some((media) => !media.paused)
  || (piece.contains(document.activeElement) && document.activeElement.matches("input, textarea, select"));

let swapped = null;
document.addEventListener("htmx:oobBeforeSwap", (event) => {
  const piece = event.detail.target;
  if (busy(piece) && event.detail.elt?.id !== "poller" && piece.id !== "status") { event.preventDefault(); return; }
  // The keyboard's place survives the swap of the card it is on.
  const focused = piece.contains(document.activeElement) ? document.activeElement : null;
  swapped = focused && { id: piece.id, place: [...piece.querySelectorAll("a, button, summary, video")].indexOf(focused) };
  ended(piece, event.detail.fragment);
});
document.addEventListener("htmx:oobAfterSwap", () => {
  if (!swapped) return;
  document.getElementById(swapped.id)?.querySelectorAll("a, button, summary, video")[swapped.place]?.focus({ preventScroll: true });
  swapped = null;
});

let title = null;
const working = () => document.querySelector("[data-live='1']");

function ended(piece, fragment) {
  const now = fragment?.querySelector?.("[data-live]");
  if (piece.dataset.live !== "1" || now?.dataset.live !== "0" || !document.hidden) return;
  title ??= document.title;
  document.title = `✓ ${piece.dataset.title}`;
  if (globalThis.Notification?.permission === "granted") new Notification("mvsite", { body: `${piece.dataset.title}: finished` });
}

// A session that ended answers with the sign-in page: a poll goes there; what somebody typed stays where it is.
document.addEventListener("htmx:beforeSwap", (event) => {
  if (!event.detail.xhr.responseURL.includes("/accounts/sign-in/")) return;
  event.detail.shouldSwap = false;
  if (event.detail.requestConfig.verb === "get" && !document.activeElement.matches("input, textarea")) location.reload();
  else toast("Your session has ended. Sign in in another tab, then send this again: nothing is lost.");
});
