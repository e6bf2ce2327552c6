// What the timeline's parts share: the page's elements, and what is on them now.
const LIVE = ["generating-image", "generating-video", "generating-lipsync", "trimming", "uploading"];

export const root = document.querySelector("[data-timeline]");
export const find = (name) => root.querySelector(`[data-${name}]`);
export const [scroll, inner, canvas, blocks, head] = ["scroll", "inner", "wave", "blocks", "playhead"].map(find);

export const state = {
  scenes: [],
  song: null,
  chosen: new Set(),
  pixels: 10, // per second
  drag: null,
  moves: 0, // of cuts that wait or are under way
  editor: null, // of the song, once it was opened
};

export const total = () => Math.max(state.scenes.at(-1)?.end ?? 0, state.song?.length ?? 0, 1);
export const isLive = (scene) => LIVE.includes(scene.status);
export const inspected = () => state.chosen.size === 1 && state.scenes.find((scene) => state.chosen.has(scene.id));
export const secondsAt = (event) => (event.clientX - inner.getBoundingClientRect().left) / state.pixels;
