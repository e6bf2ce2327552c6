// What hands do on the timeline, as one piece that comes when the first of them is there.
export { cancelled, dropped, grabbed, moved } from "./dragging.js";
export { redo, split, undo } from "./editing.js";
export { pressed } from "./keys.js";
