// What the timeline's parts share: the page's elements, and what is on them now.
const LIVE = ["generating-image", "generating-video", "generating-lipsync", "trimming", "uploading"];

export const root = document.querySelector("[data-timeline]");
export const find = (name) => root.querySelector(`[data-${name}]`);
export const [scroll, inner, canvas, blocks, head] = ["scroll", "inner", "wave", "blocks", "playhead"].map(find);

export const state = {
  scenes: [],
  served: [], // the same, as the server last sent them while the screen was not ahead
  now: [], // as it last sent them at all
  song: null,
  chosen: new Set(),
  pixels: 10, // per second
  drag: null,
  moves: 0, // of cuts and clips that wait or are under way
  stack: { undo: null, redo: null, question: "" }, // what undo and redo would do
  editor: null, // of the song, once it was opened
  lanes: [], // of its lines, and of where somebody sings
};

// Whether what follows moves along: the button says so for fingers, Shift for once.
export const rippling = ({ shiftKey }) => shiftKey !== (find("ripple").getAttribute("aria-pressed") === "true");
export const total = () => Math.max(state.scenes.at(-1)?.end ?? 0, state.song?.length ?? 0, 1);
// With Shift the comma and the full stop are other characters on most keyboards.
const WITH_SHIFT = { Comma: ",", Period: "." };
export function keyOf({ key, code, shiftKey }) {
  const small = key.toLowerCase();
  return (shiftKey && !".,?".includes(small) && WITH_SHIFT[code]) || small;
}
export const isLive = (scene) => LIVE.includes(scene.status);
export const inspected = () => state.chosen.size === 1 && state.scenes.find((scene) => state.chosen.has(scene.id));
export const secondsAt = (event) => (event.clientX - inner.getBoundingClientRect().left) / state.pixels;
