// The timeline by keyboard.
import { choose } from "./choosing.js";
import { moveCut, redo, reorder, saveCut, split, undo } from "./editing.js";
import { preview } from "./playing.js";
import { nextBeat } from "./scale.js";
import { blocks, state, total } from "./state.js";

const ELSEWHERE = "input, textarea, select, dialog, .menu";
const STEPS = { ArrowLeft: -1, ArrowRight: 1 };
const JUMP_SECONDS = 5;

// Each returns whether the key was its own; the browser then does nothing else with it.
const byKey = [arrows, space, letters, ends];

document.addEventListener("keydown", (event) => {
  if (event.defaultPrevented || event.target.closest(ELSEWHERE) || document.querySelector("dialog[open]")) return;
  if (event.ctrlKey || event.metaKey) {
    if (event.key.toLowerCase() !== "z") return;
    event.preventDefault();
    if (event.shiftKey) redo();
    else undo();
    return;
  }
  if (byKey.some((act) => act(event))) event.preventDefault();
});

function arrows(event) {
  const step = STEPS[event.key];
  if (!step) return false;
  const cut = event.target.closest(".cut");
  const block = event.target.closest(".block");
  const index = block ? state.scenes.findIndex((scene) => scene.id === block.dataset.id) : Number(cut?.dataset.index);
  if (cut) stepCut(index, step, event.altKey);
  else if (block && event.altKey) reorder(index, index + step);
  else if (block) stepChoice(index + step, event.shiftKey);
  else preview.seek(preview.time + step * (event.shiftKey ? 1 : 1 / preview.fps));
  return true;
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

function space(event) {
  if (event.key !== " " || event.target.closest("button, summary, a")) return false;
  preview.toggle();
  return true;
}

const LETTERS = {
  j: () => preview.seek(preview.time - JUMP_SECONDS),
  k: () => preview.toggle(),
  l: () => preview.seek(preview.time + JUMP_SECONDS),
  s: split,
};

function letters(event) {
  const act = LETTERS[event.key.toLowerCase()];
  if (!act || event.target.closest("summary")) return false;
  act();
  return true;
}

function ends(event) {
  if (event.key !== "Home" && event.key !== "End") return false;
  preview.seek(event.key === "Home" ? 0 : total());
  return true;
}
