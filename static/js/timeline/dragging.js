// Cuts, order and playhead by pointer.
import { load } from "./data.js";
import { repaint } from "./drawing.js";
import { moveCut, reorder, saveCut } from "./editing.js";
import { indexAt } from "./edits.js";
import { preview } from "./playing.js";
import { snapped, within } from "./scale.js";
import { blocks, canvas, secondsAt, state, total } from "./state.js";

// Less is the tremble of a click.
const DRAG_FROM_PIXELS = 6;

// `free` of the beats: Alt is held.
export const snappedTo = (seconds, free) =>
  free || !state.song ? seconds : snapped(seconds, state.song.beats, state.pixels);

blocks.addEventListener("pointerdown", (event) => {
  if (event.button) return;
  const cut = event.target.closest(".cut");
  const block = event.target.closest(".block");
  if (cut) {
    const index = Number(cut.dataset.index);
    state.drag = { cut, index, from: state.scenes[index].end };
    cut.setPointerCapture(event.pointerId);
    cut.classList.add("dragging");
  } else if (block) {
    const index = state.scenes.findIndex((scene) => scene.id === block.dataset.id);
    state.drag = { block, index, x: event.clientX, moved: false };
  }
});

blocks.addEventListener("pointermove", (event) => {
  const { drag } = state;
  if (drag?.cut) dragCut(drag, event);
  else if (drag && (drag.moved || Math.abs(event.clientX - drag.x) > DRAG_FROM_PIXELS)) dragBlock(drag, event);
});

function dragCut(drag, event) {
  drag.free = event.altKey;
  drag.at = snappedTo(secondsAt(event), event.altKey);
  moveCut(drag.index, drag.at);
  repaint();
}

function dragBlock(drag, event) {
  if (!drag.moved) {
    drag.block.setPointerCapture(event.pointerId);
    drag.block.classList.add("dragging");
  }
  drag.moved = true;
  const x = state.scenes[drag.index].start * state.pixels + event.clientX - drag.x;
  drag.block.style.transform = `translateX(${x}px)`;
}

blocks.addEventListener("pointerup", (event) => {
  const { drag } = state;
  state.drag = null;
  if (drag?.cut) dropCut(drag);
  else if (drag?.moved) dropBlock(drag, event);
});

function dropCut({ cut, index, from, free }) {
  cut.classList.remove("dragging");
  if (state.scenes[index].end !== from) saveCut(index, free);
}

function dropBlock({ block, index }, event) {
  block.classList.remove("dragging");
  reorder(index, indexAt(state.scenes, secondsAt(event)));
  // The click that ends a drag chooses nothing.
  blocks.addEventListener("click", (click) => click.stopImmediatePropagation(), { capture: true, once: true });
}

blocks.addEventListener("pointercancel", () => {
  state.drag = null;
  load();
});

canvas.addEventListener("pointerdown", (event) => {
  const follow = (move) => preview.seek(within(secondsAt(move), total()));
  follow(event);
  canvas.setPointerCapture(event.pointerId);
  canvas.onpointermove = follow;
  canvas.onpointerup = () => {
    canvas.onpointermove = null;
  };
});
