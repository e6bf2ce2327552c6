// The playhead, and what plays at it.
import { clock } from "../clock.js";
import { Preview } from "../preview.js";
import { within } from "./scale.js";
import { canvas, find, head, root, scroll, secondsAt, state, total } from "./state.js";

export const preview = new Preview(root, { scenes: () => state.scenes, total, moved: () => showTime() });

export function showTime() {
  const at = preview.time * state.pixels;
  head.style.transform = `translateX(${at}px)`;
  find("clock").textContent = `${clock(preview.time)} / ${clock(total())}`;
  const outside = at < scroll.scrollLeft || at > scroll.scrollLeft + scroll.clientWidth;
  if (preview.playing && outside) scroll.scrollLeft = at - 60;
}

canvas.addEventListener("pointerdown", (event) => {
  const follow = (move) => preview.seek(within(secondsAt(move), total()));
  follow(event);
  canvas.setPointerCapture(event.pointerId);
  canvas.onpointermove = follow;
  canvas.onpointerup = () => {
    canvas.onpointermove = null;
  };
});
