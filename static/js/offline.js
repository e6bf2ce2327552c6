import { make } from "./elements.js";
import { leaving } from "./leaving.js";

// One banner while the server can't be reached. It leaves by itself; what waits for that listens for "server:back".

const AGAIN_MILLISECONDS = 3000;
let banner = null;
let asking = 0;

/** The server didn't answer at all. */
export function lost() {
  if (banner || leaving()) return;
  banner = make("p", {
    className: "offline",
    textContent: "The server can't be reached. Nothing is lost; this page goes on by itself when it answers.",
  });
  banner.setAttribute("role", "status");
  document.body.prepend(banner);
  asking = setInterval(ask, AGAIN_MILLISECONDS);
}

function ask() {
  const poller = document.getElementById("poller");
  if (poller) htmx.trigger(poller, "wake");
  else fetch(location.href, { method: "HEAD" }).then(back, () => {});
}

function back() {
  if (!banner) return;
  clearInterval(asking);
  banner.remove();
  banner = null;
  document.dispatchEvent(new CustomEvent("server:back"));
}

addEventListener("offline", lost);
document.addEventListener("htmx:sendError", lost);
document.addEventListener("htmx:beforeOnLoad", back);
