// Cuts and order by pointer.
import { load } from "./data.js";
import { repaint } from "./drawing.js";
import { moveCut, reorder, saveCut } from "./editing.js";
import { indexAt } from "./edits.js";
import { snapped } from "./scale.js";
import { blocks, secondsAt, state } from "./state.js";

// Less is the tremble of a click.
const DRAG_FROM_PIXELS = 6;

// `free` of the beats: Alt is held.
export const snappedTo = (seconds, free) =>
  free || !state.song ? seconds : snapped(seconds, state.song.beats, state.pixels);

export function grabbed(event) {
  if (event.button) return;
  const cut = event.target.closest(".cut");
  const block = event.target.closest(".block");
  if (cut) {
    const index = Number(cut.dataset.index);
    state.drag = { cut, index, from: state.scenes[index].end };
    hold(cut, event);
    cut.classList.add("dragging");
  } else if (block) {
    const index = state.scenes.findIndex((scene) => scene.id === block.dataset.id);
    state.drag = { block, index, x: event.clientX, moved: false };
  }
}

// A finger may be gone by the time this module is here.
function hold(element, { pointerId }) {
  try {
    element.setPointerCapture(pointerId);
  } catch {
    /* its other events are here, too */
  }
}

export function moved(event) {
  const { drag } = state;
  if (drag?.cut) dragCut(drag, event);
  else if (drag && (drag.moved || Math.abs(event.clientX - drag.x) > DRAG_FROM_PIXELS)) dragBlock(drag, event);
}

function dragCut(drag, event) {
  drag.free = event.altKey;
  drag.at = snappedTo(secondsAt(event), event.altKey);
  moveCut(drag.index, drag.at);
  repaint();
}

function dragBlock(drag, event) {
  if (!drag.moved) {
    hold(drag.block, event);
    drag.block.classList.add("dragging");
  }
  drag.moved = true;
  const x = state.scenes[drag.index].start * state.pixels + event.clientX - drag.x;
  drag.block.style.transform = `translateX(${x}px)`;
}

export function dropped(event) {
  const { drag } = state;
  state.drag = null;
  if (drag?.cut) dropCut(drag);
  else if (drag?.moved) dropBlock(drag, event);
}

function dropCut({ cut, index, from, free }) {
  cut.classList.remove("dragging");
  if (state.scenes[index].end !== from) saveCut(index, free);
}

function dropBlock({ block, index }, event) {
  block.classList.remove("dragging");
  reorder(index, indexAt(state.scenes, secondsAt(event)));
  // The click that ends a drag chooses nothing.
  const ignored = new AbortController();
  const { signal } = ignored;
  blocks.addEventListener("click", (click) => click.stopImmediatePropagation(), { capture: true, once: true, signal });
  setTimeout(() => ignored.abort());
}

export function cancelled() {
  state.drag = null;
  load();
}
