// Cards of a long film are light until they come near the window; the next poll brings the rest of them.
const NEAR_PIXELS = 900;
const TOGETHER_MILLISECONDS = 60;
let watch = null;
let list = null;
let asking = 0;

function found(entries) {
  for (const { isIntersecting, target } of entries)
    if (isIntersecting) {
      watch.unobserve(target);
      target.dataset.near = "";
      clearTimeout(asking);
      asking = setTimeout(() => htmx.trigger(document.getElementById("poller"), "wake"), TOGETHER_MILLISECONDS);
    }
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
