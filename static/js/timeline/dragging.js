// Cuts, order and slips by pointer. With Shift, a dragged cut moves all that follows, and a dragged block slips its clip.
import { load } from "./data.js";
import { repaint } from "./drawing.js";
import { moveCut, reorder, saveCut, saveSlip, slip } from "./editing.js";
import { indexAt } from "./places.js";
import { snapped } from "./scale.js";
import { blocks, rippling, secondsAt, state } from "./state.js";

// Less is the tremble of a click.
const DRAG_FROM_PIXELS = 6;

// A scene that is let go this far from the scenes goes back to its place.
const AWAY_PIXELS = 120;

// `free` of the beats: Alt is held.
export const snappedTo = (seconds, free) =>
  free || !state.song ? seconds : snapped(seconds, state.song.beats, state.pixels);

export function grabbed(event) {
  if (event.button) return;
  // The mark of how a scene begins lies on its cut: a click opens it, a drag moves the cut.
  const mark = event.target.closest(".entry");
  const cut = mark ? cutUnder(mark) : event.target.closest(".cut");
  const block = event.target.closest(".block");
  if (cut) {
    const index = Number(cut.dataset.index);
    const { end: from } = state.scenes[index];
    state.drag = { cut, index, from, scenes: state.scenes, mark, x: event.clientX, beside: 0 };
    if (mark) state.drag.beside = secondsAt(event) - from;
    else hold(cut, event);
  } else if (block) {
    const index = state.scenes.findIndex((scene) => scene.id === block.dataset.id);
    const { clip_in } = state.scenes[index];
    const slips = event.shiftKey && typeof clip_in === "number";
    state.drag = { block, index, x: event.clientX, moved: false, slips, from: clip_in };
  }
}

const cutUnder = (mark) => {
  const index = [...blocks.querySelectorAll(".entry")].indexOf(mark) - 1;
  return blocks.querySelector(`.cut[data-index="${index}"]`);
};

// A finger may be gone by the time this module is here.
function hold(element, { pointerId }) {
  element.classList.add("dragging");
  try {
    element.setPointerCapture(pointerId);
  } catch {
    /* its other events are here, too */
  }
}

export function moved(event) {
  const { drag } = state;
  const far = drag && (drag.moved || Math.abs(event.clientX - drag.x) > DRAG_FROM_PIXELS);
  if (drag?.cut && (far || !drag.mark)) dragCut(drag, event);
  else if (far) {
    if (drag.slips) dragClip(drag, event);
    else dragBlock(drag, event);
  }
}

// The picture moves with the hand: to the right, an earlier part of the clip comes.
function dragClip(drag, event) {
  if (!drag.moved) hold(drag.block, event);
  drag.moved = true;
  slip(drag.index, drag.from - (event.clientX - drag.x) / state.pixels);
}

function dragCut(drag, event) {
  if (drag.mark && !drag.moved) hold(drag.cut, event);
  drag.moved = true;
  drag.free = event.altKey;
  drag.ripple = rippling(event);
  drag.follow = () => moveCut(drag.index, drag.at, drag.ripple);
  drag.at = snappedTo(secondsAt(event) - drag.beside, event.altKey);
  state.scenes = drag.scenes;
  drag.follow();
  repaint();
}

function dragBlock(drag, event) {
  if (!drag.moved) hold(drag.block, event);
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

function dropCut({ cut, index, from, free, ripple, mark, moved }) {
  cut.classList.remove("dragging");
  if (mark && moved) dropClick();
  if (state.scenes[index].end !== from) saveCut(index, { free, ripple });
}

function dropBlock({ block, index, slips }, event) {
  block.classList.remove("dragging");
  const { top, bottom } = blocks.getBoundingClientRect();
  const away = Math.max(top - event.clientY, event.clientY - bottom) > AWAY_PIXELS;
  if (slips) saveSlip(index);
  else reorder(index, away ? index : indexAt(state.scenes, secondsAt(event)));
  dropClick();
}

// The click that ends a drag chooses and opens nothing.
function dropClick() {
  const ignored = new AbortController();
  const { signal } = ignored;
  const drop = (click) => {
    click.preventDefault();
    click.stopImmediatePropagation();
  };
  blocks.addEventListener("click", drop, { capture: true, once: true, signal });
  setTimeout(() => ignored.abort());
}

// By the browser, or by Escape: everything is where it was.
export function cancelled() {
  const { drag } = state;
  state.drag = null;
  (drag?.cut ?? drag?.block)?.classList.remove("dragging");
  if (drag?.cut) state.scenes = drag.scenes;
  repaint();
  load();
}
