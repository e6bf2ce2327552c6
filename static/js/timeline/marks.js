// A marked range of the film: it plays in a loop.
import { preview } from "./playing.js";
import { find, state, total } from "./state.js";

export const marked = () => preview.range.on;

export function mark(side) {
  const range = { start: 0, end: total(), ...preview.range, [side]: preview.time, on: true };
  // A mark on the other side of its partner begins a new range.
  if (range.end <= range.start) Object.assign(range, side === "start" ? { end: total() } : { start: 0 });
  preview.range = range;
  showMarks();
}

export function unmark() {
  preview.range = {};
  showMarks();
}

export function showMarks() {
  const { start, end, on } = preview.range;
  const band = find("range");
  band.hidden = !on;
  find("unmark").hidden = !on;
  if (!on) return;
  band.style.transform = `translateX(${start * state.pixels}px)`;
  band.style.width = `${Math.max(2, (end - start) * state.pixels)}px`;
}
