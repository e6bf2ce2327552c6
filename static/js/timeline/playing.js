// The playhead, and what plays at it.
import { clock } from "../clock.js";
import { Preview } from "../preview.js";
import { within } from "./scale.js";
import { canvas, find, head, root, scroll, secondsAt, state, total } from "./state.js";

// What follows the playhead while it doesn't play by itself.
export const followers = new Set();
const follow = () => {
  if (!preview.playing) for (const one of followers) one(preview.time);
};

export const preview = new Preview(root, {
  scenes: () => state.scenes,
  total,
  moved: () => {
    showTime();
    follow();
  },
  stopped: follow,
});

export function showTime() {
  const at = preview.time * state.pixels;
  head.style.transform = `translateX(${at}px)`;
  find("clock").textContent = `${clock(preview.time)} / ${clock(total())}`;
  const outside = at < scroll.scrollLeft || at > scroll.scrollLeft + scroll.clientWidth;
  if (preview.playing && outside) scroll.scrollLeft = at - 60;
}

canvas.addEventListener("pointerdown", (event) => {
  const drag = (move) => preview.seek(within(secondsAt(move), total()));
  drag(event);
  canvas.setPointerCapture(event.pointerId);
  canvas.onpointermove = drag;
  canvas.onpointerup = () => {
    canvas.onpointermove = null;
  };
});
