import { make } from "./elements.js";
import { leaving } from "./leaving.js";

// One banner while the server can't be reached. It leaves by itself; what waits for that listens for "server:back".

const AGAIN_MILLISECONDS = 3000;
let banner = null;
let waiting = 0;
let asking = 0;

/** The server didn't answer at all. */
export function lost() {
  if (banner || leaving()) return;
  banner = make("p", { className: "offline" });
  write();
  banner.setAttribute("role", "status");
  document.body.prepend(banner);
  asking = setInterval(ask, AGAIN_MILLISECONDS);
}

/** So many more changes (or fewer) are kept until the server answers. */
export function waits(more) {
  waiting += more;
  if (banner) write();
}

function write() {
  const kept = waiting ? ` ${waiting} change${waiting > 1 ? "s" : ""} will be sent then.` : "";
  banner.textContent = `The server can't be reached. This page goes on when it answers.${kept}`;
}

addEventListener("beforeunload", (event) => {
  if (banner && waiting) event.preventDefault();
});

// htmx would say in the console what the browser says there already.
document.addEventListener("htmx:beforeRequest", ({ detail }) => {
  detail.error = "";
});

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
