import { ranges } from "./ranges.js";
import { signedOut } from "./toasts.js";

// Live pages: polls and forms say in their body what the page shows already; pieces that somebody is using right now are
// left alone.

document.addEventListener("htmx:configRequest", ({ target, detail }) => {
  if (target.id === "poller" || target.matches("form[hx-post]")) Object.assign(detail.parameters, held());
  // An address holds about four thousand characters. What `parameters` gives for several values is no real array.
  const scenes = detail.formData.getAll("scene");
  if (detail.verb === "get" && scenes.length > 1) detail.parameters.scene = ranges(scenes);
});

const FULL = ".scene:not([data-light]), .scene[data-near]";
function held() {
  const all = (what, name) => [...document.querySelectorAll(what)].map((piece) => piece.dataset[name]);
  return { seen: all("[data-seen]", "seen").join(" "), full: ranges(all(FULL, "scene")) };
}

// A hidden tab does not ask; it catches up when it is looked at again.
document.addEventListener("htmx:beforeRequest", (event) => {
  const poller = event.target.id === "poller";
  if (poller && document.hidden && !working()) event.preventDefault();
});
document.addEventListener("visibilitychange", wake);
addEventListener("online", wake);

// What the server refused was often asked of an older state: show the present one.
document.addEventListener("htmx:afterRequest", (event) => {
  if (event.detail.xhr.status === 409) wake();
});
document.addEventListener("news", wake);
document.addEventListener("click", (event) => {
  if (event.target.closest("[data-see-new]")) wake();
});

function wake() {
  const poller = document.getElementById("poller");
  if (!document.hidden && poller) htmx.trigger(poller, "wake");
}

// A playing clip is left alone by the poll, and gives way to what somebody asks for.
let polled = false;
/** @type {Element | null} */
let answered = null;
document.addEventListener("htmx:beforeSwap", (event) => {
  answered = event.detail.requestConfig.elt;
  polled = answered.id === "poller";
});
const busy = (piece) =>
  piece.querySelector("details[data-menu][open], dialog[open]") ||
  (polled && [...piece.querySelectorAll("video, audio")].some((media) => !media.paused)) ||
  (piece.contains(document.activeElement) && document.activeElement.matches("input, textarea, select"));

// A form or poll that waits for its answer stays in the page: what a removed one is answered is lost.
const waits = (piece) =>
  [piece, ...piece.querySelectorAll("form")].some((one) => one !== answered && one.matches(".htmx-request"));

// The keyboard's place survives the swap of the card or row it is on, and rows stay where they are in the window.
const PLACES = "a, button, summary, video";
let swapped = {};
document.addEventListener("htmx:oobBeforeSwap", (event) => {
  const piece = event.detail.target;
  if (waits(piece) || (busy(piece) && piece.id !== "status")) {
    event.preventDefault();
    return;
  }
  const focused = piece.contains(document.activeElement) ? document.activeElement : null;
  const owner = focused?.closest("[data-seen]");
  const row =
    piece.matches("[data-list]") &&
    scrollY > 0 &&
    [...piece.querySelectorAll("[data-seen]")].find((one) => one.getBoundingClientRect().top >= 0);
  swapped = {
    focus: owner && { id: owner.id, place: [...owner.querySelectorAll(PLACES)].indexOf(focused) },
    row: row && { id: row.id, top: row.getBoundingClientRect().top },
  };
  if (piece.dataset.live === "1" || piece.dataset.lipsync === "running")
    import("./done.js").then(({ changed }) => changed(piece));
});
document.addEventListener("htmx:oobAfterSwap", () => {
  const { focus, row } = swapped;
  swapped = {};
  if (focus) document.getElementById(focus.id)?.querySelectorAll(PLACES)[focus.place]?.focus({ preventScroll: true });
  const now = row && document.getElementById(row.id);
  if (now) scrollBy(0, now.getBoundingClientRect().top - row.top);
});

const working = () => document.querySelector("[data-live='1']");

document.addEventListener("htmx:beforeSwap", ({ detail }) => {
  if (!signedOut(detail.xhr)) return;
  detail.shouldSwap = false;
  import("./ended.js").then(({ ended }) => ended(detail.requestConfig));
});
