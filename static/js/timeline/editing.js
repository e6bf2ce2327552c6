// What a person can do to the scenes on the timeline: move a cut, change the order, split, undo.
import { call, change } from "./data.js";
import { layout } from "./drawing.js";
import { cutMoved, reordered, sceneAround } from "./edits.js";
import { preview } from "./playing.js";
import { state } from "./state.js";

// On the screen only, while a hand or a key moves it.
export function moveCut(index, seconds) {
  state.scenes = cutMoved(state.scenes, index, seconds, Boolean(state.song));
}

// The id and version say which scene was seen: another tab may have put another one in its place. The version is read
// when it is this change's turn, since those before it count it up.
export function saveCut(index, free) {
  const scene = state.scenes[index];
  const { sequence, id: scene_id } = scene;
  const duration = scene.length.toFixed(6);
  state.moves += 1;
  return change(() => {
    const { version } = state.scenes.find(({ id }) => id === scene_id) ?? scene;
    return call(`/scenes/${sequence}`, { duration, snap: !free, scene_id, version }, "PATCH").finally(() => {
      state.moves -= 1;
    });
  });
}

export function reorder(from, to) {
  const seen = state.scenes.map((scene) => scene.id);
  if (from === to || to < 0 || to >= seen.length) return layout();
  return change(() => call("/scenes/reorder", { scene_ids: reordered(seen, from, to), seen_ids: seen }));
}

export const undo = () => change(() => call("/undo", {}));
export const redo = () => change(() => call("/redo", {}));
export const split = () =>
  change(() => {
    const scene = sceneAround(state.scenes, preview.time);
    if (!scene) throw new Error("Put the playhead inside a scene, then split.");
    const at = (preview.time - scene.start).toFixed(6);
    return call(`/scenes/${scene.sequence}/split`, { at, scene_id: scene.id });
  });
