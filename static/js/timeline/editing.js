// What a person can do to the scenes on the timeline: move a cut, slip a clip, change the order, split, undo.
import { toast } from "../toasts.js";
import { offerRedo } from "../undoing.js";
import { choose } from "./choosing.js";
import { call, change, watchLips } from "./data.js";
import { layout } from "./drawing.js";
import { cutMoved, reordered, sceneAround, slipped } from "./edits.js";
import { indexAt } from "./places.js";
import { preview } from "./playing.js";
import { snapped } from "./scale.js";
import { state } from "./state.js";

const NEAR_A_BEAT = 5; // pixels a frame: within two frames

// On the screen only, while a hand or a key moves it.
export function moveCut(index, seconds, ripple) {
  state.scenes = cutMoved(state.scenes, index, seconds, Boolean(state.song), ripple);
}

// The id and version say which scene was seen: another tab may have put another one in its place. The version is read
// when it is this change's turn, since those before it count it up.
export function saveCut(index, { free, ripple }) {
  const scene = state.scenes[index];
  const { sequence, id: scene_id, end } = scene;
  let body;
  return move(() => {
    // An undo on the way here may have moved where the scene starts.
    const { version, start } = state.now.find(({ id }) => id === scene_id) ?? scene;
    const duration = (end - start).toFixed(6);
    body ??= { duration, snap: !free, ripple: Boolean(ripple), scene_id, version };
    watchLips();
    return call(`/scenes/${sequence}`, body, "PATCH");
  });
}

// A change that the screen shows already: what the server had before it is not shown again.
function move(action) {
  state.moves += 1;
  return change(action, () => {
    state.moves -= 1;
  });
}

export function reorder(from, to) {
  const seen = state.scenes.map((scene) => scene.id);
  if (from === to || to < 0 || to >= seen.length) return layout();
  return change(() => {
    watchLips();
    return call("/scenes/reorder", { scene_ids: reordered(seen, from, to), seen_ids: seen });
  });
}

// Another part of the scene's clip, with its cuts where they are: on the screen, and then for good.
export function slip(index, seconds) {
  state.scenes = slipped(state.scenes, index, seconds);
  preview.show(true);
}
export function saveSlip(index) {
  const { sequence, id: scene_id, clip_in } = state.scenes[index];
  return move(() => {
    watchLips();
    return call(`/scenes/${sequence}`, { clip_in: clip_in.toFixed(6), scene_id }, "PATCH");
  });
}

// A question is asked before work that was done since, or an earlier sitting, is touched.
export const undo = (confirmed = false) =>
  change(async () => {
    const { undo: next, question } = state.stack;
    if (!next) return;
    const ask = (words) => toast(words, "warn", { label: "Undo it", act: () => undo(true), undoes: true });
    if (question && !confirmed) return ask(question);
    try {
      await call("/undo", { change_id: next.id, confirmed });
    } catch (error) {
      if (error.code !== "confirm_undo") throw error;
      return ask(error.message);
    }
    document.dispatchEvent(new Event("scenes:undone"));
    return offerRedo(next, redo);
  });
export const asked = () => undo();
export const redo = () => change(() => state.stack.redo && call("/redo", { change_id: state.stack.redo.id }));
// At the playhead; on a beat only where nobody would see the difference. The second click of a double one splits nothing.
export const split = (click) => click?.detail > 1 || splitAt(preview.time);
const splitAt = (seconds) =>
  change(async () => {
    const near = snapped(seconds, state.song?.beats ?? [], NEAR_A_BEAT * preview.fps);
    const place = Math.round(near * preview.fps) / preview.fps; // a song that just played stops between frames
    const scene = sceneAround(state.scenes, place);
    if (!scene) throw new Error("Put the playhead inside a scene, then split.");
    const body = { at: (place - scene.start).toFixed(6), snap: false, scene_id: scene.id };
    await call(`/scenes/${scene.sequence}/split`, body);
    cutAt = place;
  }).then(goOn);

// The half at the playhead is the chosen one, as anywhere at rest.
let cutAt = -1;
function goOn() {
  const half = state.scenes[indexAt(state.scenes, Math.max(cutAt, preview.time))];
  if (cutAt >= 0 && half && !preview.playing) choose(half.id);
  cutAt = -1;
}
