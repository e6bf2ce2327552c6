// What the keys do on the timeline. The sheet (`?`) lists them: templates/studio/timeline_keys.html.
import { styled } from "../styles.js";
import { choose } from "./choosing.js";
import { cancelled } from "./dragging.js";
import { moveCut, redo, reorder, saveCut, saveSlip, slip, split, undo } from "./editing.js";
import { cutBeside } from "./edits.js";
import { mark, marked, unmark } from "./marks.js";
import { indexAt } from "./places.js";
import { preview } from "./playing.js";
import { nextBeat } from "./scale.js";
import { blocks, find, keyOf, rippling, state, total } from "./state.js";
import { fullScreen } from "./workspace.js";

const STEPS = { ArrowLeft: -1, ArrowRight: 1 };

// Held down, the others would do the same again and again.
const REPEATING = ["arrowleft", "arrowright", "arrowup", "arrowdown", ",", ".", "z"];

const LETTERS = {
  " ": () => preview.toggle(),
  j: () => preview.shuttle(-1),
  k: () => preview.stop(),
  l: () => preview.shuttle(1),
  s: () => split(),
  escape: () => (state.drag ? cancelled() : choose([...state.chosen].at(-1))),
  i: () => mark("start"),
  o: () => mark("end"),
  x: () => (marked() ? unmark() : null),
  ",": (event) => slipBy(event.shiftKey ? -10 : -1),
  ".": (event) => slipBy(event.shiftKey ? 10 : 1),
  arrowup: (event) => toCut(-1, event),
  arrowdown: (event) => toCut(1, event),
  f: fullScreen,
  m: () => find("mute")?.click(),
  home: () => preview.seek(0),
  end: () => preview.seek(total()),
  "?": showKeys,
};

export async function showKeys() {
  await styled(document.getElementById("dialogs"));
  find("keys").showModal();
}

// A key that ownKey() says is the timeline's.
export function pressed(event) {
  const key = keyOf(event);
  if (event.repeat && !REPEATING.includes(key)) return;
  if (key !== "z") (LETTERS[key] ?? arrow)(event);
  else if (event.shiftKey) redo();
  else undo();
}

function arrow(event) {
  const step = STEPS[event.key];
  const cut = event.target.closest(".cut");
  const block = event.target.closest(".block");
  const index = block ? state.scenes.findIndex((scene) => scene.id === block.dataset.id) : Number(cut?.dataset.index);
  if (cut) stepCut(index, step, event);
  else if (block && event.altKey) reorder(index, index + step);
  else preview.seek(preview.time + step * (event.shiftKey ? 1 : 1 / preview.fps));
}

// What the player's buttons do without the keys.
const frame = (step) => preview.seek(preview.time + step / preview.fps);
const cut = (step) => preview.seek(cutBeside(state.scenes, preview.time, step, total()));
export const [frameBack, frameOn, cutBack, cutOn] = [frame, frame, cut, cut].map(
  (act, at) => () => act(at % 2 ? 1 : -1),
);

// By beats; by frames with Alt, or where there is no beat.
function stepCut(index, step, event) {
  const { end } = state.scenes[index];
  const beat = event.altKey ? undefined : nextBeat(end, state.song?.beats ?? [], step);
  const ripple = rippling(event);
  moveCut(index, beat ?? end + step / preview.fps, ripple);
  saveCut(index, { free: event.altKey, ripple }).then(() =>
    blocks.querySelector(`.cut[data-index="${index}"]`)?.focus(),
  );
}

// To the cut before or after the playhead; with Shift the scenes on the way are chosen, too.
function toCut(step, event) {
  const { scenes } = state;
  if (event.shiftKey) {
    const chosen = scenes.findIndex((scene) => scene.id === [...state.chosen].at(-1));
    const next = scenes[chosen + step];
    if (next) choose(next.id, { more: true });
    return;
  }
  preview.seek(cutBeside(scenes, preview.time, step, total()));
  const block = blocks.querySelectorAll(".block")[indexAt(scenes, preview.time)];
  if (event.target.closest(".block")) block?.focus({ preventScroll: true });
}

// The chosen scene shows an earlier or later part of its clip.
function slipBy(frames) {
  const index = state.scenes.findIndex((scene) => state.chosen.has(scene.id));
  const scene = state.scenes[index];
  if (state.chosen.size !== 1 || typeof scene?.clip_in !== "number") return;
  slip(index, scene.clip_in + frames / preview.fps);
  saveSlip(index);
}
