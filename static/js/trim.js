// The part of its clip that a scene shows: two handles on pictures of the whole clip, which the player follows.
import { make } from "./elements.js";
import { partOf } from "./part-range.js";
import { frameOf } from "./timeline/frames.js";

const PICTURES = 8;
const SHORTEST_SECONDS = 0.05;
const STEPS = { ArrowLeft: -1, ArrowDown: -1, ArrowRight: 1, ArrowUp: 1 };

function look() {
  for (const hands of document.querySelectorAll("[data-trim-hands]:not([data-known])")) {
    hands.dataset.known = "";
    follow(hands);
  }
}

function follow(hands) {
  const form = hands.closest("form");
  const video = form.querySelector("video");
  const whole = partOf(hands, [form.elements.start_time, form.elements.end_time], {
    shortest: SHORTEST_SECONDS,
    digits: 3,
    written: (seconds) => seconds.toFixed(3),
    changed: (_from, _to, hand) => {
      if (!hand) return;
      video.pause();
      video.currentTime = Number(hand.value);
    },
  });
  // By frames; with Shift by ten.
  const [frames, seconds = 1] = hands.dataset.fps.split("/").map(Number);
  hands.addEventListener("keydown", (event) => {
    const step = STEPS[event.key];
    if (!step) return;
    event.preventDefault();
    event.target.value = String(Number(event.target.value) + ((event.shiftKey ? 10 : 1) * step * seconds) / frames);
    event.target.dispatchEvent(new Event("input", { bubbles: true }));
  });
  const begin = () => {
    if (!Number.isFinite(video.duration)) return; // the typed times are left
    whole(video.duration);
    draw(hands.previousElementSibling, video);
  };
  if (video.readyState) begin();
  else video.addEventListener("loadedmetadata", begin, { once: true });
}

async function draw(strip, { currentSrc, duration }) {
  for (let index = 0; index < PICTURES && strip.isConnected; index += 1) {
    const src = await frameOf(currentSrc, ((index + 0.5) / PICTURES) * duration);
    if (src) strip.append(make("img", { src, alt: "", draggable: false }));
  }
}

look();
document.addEventListener("htmx:load", look);
