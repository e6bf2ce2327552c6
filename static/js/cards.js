// Cards of a long film are light until they come near the window; the next poll brings the rest of them. A poll may fail,
// and one that was asked for may be dropped with the poller it was asked of: what is near is asked for until it is here.
const NEAR_PIXELS = 900;
const TOGETHER_MILLISECONDS = 60;
const AGAIN_MILLISECONDS = 3000;
const SELDOM_MILLISECONDS = 15000;
let watch = null;
let list = null;
let asking = 0;

function found(entries) {
  for (const { isIntersecting, target } of entries)
    if (isIntersecting) {
      watch.unobserve(target);
      target.dataset.near = "";
      ask(TOGETHER_MILLISECONDS, AGAIN_MILLISECONDS);
    }
}

function ask(wait, next) {
  clearTimeout(asking);
  asking = setTimeout(() => {
    if (!document.querySelector("[data-light][data-near]")) return;
    document.dispatchEvent(new Event("news"));
    ask(next, Math.min(2 * next, SELDOM_MILLISECONDS));
  }, wait);
}

// A row that scrolls is its own window.
function look() {
  const now = document.querySelector("#scenes > ol");
  if (now !== list) {
    watch?.disconnect();
    list = now;
    const root = list && getComputedStyle(list).overflowX === "auto" ? list : null;
    watch = new IntersectionObserver(found, { root, rootMargin: `${NEAR_PIXELS}px` });
  }
  for (const card of document.querySelectorAll("[data-light]:not([data-near])")) watch.observe(card);
}

look();
document.addEventListener("htmx:load", look);
