// J, K, L, space and the arrows on whatever video the pointer or the keyboard is at.

let current = null;
document.addEventListener("pointerover", (event) => {
  current = event.target.closest?.(".player, .picture")?.querySelector("video") ?? current;
});
document.addEventListener(
  "play",
  (event) => {
    if (!event.target.matches("video")) return;
    current = event.target;
    for (const other of document.querySelectorAll("video"))
      if (other !== current && !other.paused && !other.closest("[data-compare]")) other.pause();
  },
  true,
);

document.addEventListener("keydown", (event) => {
  if (
    event.target.closest("input, textarea, select, button, summary, a, dialog") ||
    event.ctrlKey ||
    event.metaKey ||
    event.altKey
  )
    return;
  const video = event.target.closest?.("video") ?? document.querySelector(".player video") ?? current;
  if (!video) return;
  const frame = 1 / 24;
  const keys = {
    k: () => (video.paused ? video.play() : video.pause()),
    j: () => {
      video.currentTime -= 5;
    },
    l: () => {
      video.currentTime += 5;
    },
    ",": () => {
      video.pause();
      video.currentTime -= frame;
    },
    ".": () => {
      video.pause();
      video.currentTime += frame;
    },
  };
  if (event.key === " " && event.target.tagName !== "VIDEO") {
    keys.k();
    event.preventDefault();
    return;
  }
  keys[event.key.toLowerCase()]?.();
});
