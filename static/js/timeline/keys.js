// What the keys do on the timeline.
import { choose } from "./choosing.js";
import { moveCut, redo, reorder, saveCut, split, undo } from "./editing.js";
import { preview } from "./playing.js";
import { nextBeat } from "./scale.js";
import { blocks, state, total } from "./state.js";

const STEPS = { ArrowLeft: -1, ArrowRight: 1 };
const JUMP_SECONDS = 5;

const LETTERS = {
  " ": () => preview.toggle(),
  j: () => preview.seek(preview.time - JUMP_SECONDS),
  k: () => preview.toggle(),
  l: () => preview.seek(preview.time + JUMP_SECONDS),
  s: split,
  home: () => preview.seek(0),
  end: () => preview.seek(total()),
};

// A key that ownKey() says is the timeline's.
export function pressed(event) {
  const key = event.key.toLowerCase();
  if (key !== "z") (LETTERS[key] ?? arrow)(event);
  else if (event.shiftKey) redo();
  else undo();
}

function arrow(event) {
  const step = STEPS[event.key];
  const cut = event.target.closest(".cut");
  const block = event.target.closest(".block");
  const index = block ? state.scenes.findIndex((scene) => scene.id === block.dataset.id) : Number(cut?.dataset.index);
  if (cut) stepCut(index, step, event.altKey);
  else if (block && event.altKey) reorder(index, index + step);
  else if (block) stepChoice(index + step, event.shiftKey);
  else preview.seek(preview.time + step * (event.shiftKey ? 1 : 1 / preview.fps));
}

// By beats; by frames with Alt, or where there is no beat.
function stepCut(index, step, free) {
  const { end } = state.scenes[index];
  const beat = free ? undefined : nextBeat(end, state.song?.beats ?? [], step);
  moveCut(index, beat ?? end + step / preview.fps);
  saveCut(index, free).then(() => blocks.querySelector(`.cut[data-index="${index}"]`)?.focus());
}

function stepChoice(index, more) {
  const next = blocks.querySelectorAll(".block")[index];
  if (!next) return;
  next.focus();
  choose(next.dataset.id, { more });
}
