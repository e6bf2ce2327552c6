// What hands do on the timeline, as one piece that comes when the first of them is there.
import { mark } from "./marks.js";

export { cancelled, dropped, grabbed, moved } from "./dragging.js";
export { redo, split } from "./editing.js";
export { cutBack, cutOn, frameBack, frameOn, pressed, showKeys } from "./keys.js";
export { unmark } from "./marks.js";
export const markIn = () => mark("start");
export const markOut = () => mark("end");
export { asked as undo } from "./editing.js";
