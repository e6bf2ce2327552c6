// What a hand does to the passages where somebody sings, before the server has confirmed it. They never overlap.
// Each function leaves what it was given as it is.

export const SHORTEST_SECONDS = 0.1;
const USUAL_SECONDS = 4;

/** @typedef {{start: number, end: number, kind: string, confidence: number}} Span */

/**
 * @param {Span[]} spans
 * @param {number} index
 * @param {number} duration
 */
function room(spans, index, duration) {
  return { lowest: spans[index - 1]?.end ?? 0, highest: spans[index + 1]?.start ?? duration };
}

/**
 * `spans` with one moved, or its start or end, to `seconds`, as far as there is room.
 *
 * @param {Span[]} spans
 * @param {number} index
 * @param {"whole" | "start" | "end"} part
 * @param {number} seconds
 * @param {number} duration
 */
export function spanMoved(spans, index, part, seconds, duration) {
  const { lowest, highest } = room(spans, index, duration);
  let { start, end } = spans[index];
  if (part === "start") start = Math.min(Math.max(seconds, lowest), end - SHORTEST_SECONDS);
  else if (part === "end") end = Math.max(Math.min(seconds, highest), start + SHORTEST_SECONDS);
  else {
    const length = end - start;
    start = Math.min(Math.max(seconds, lowest), highest - length);
    end = start + length;
  }
  const moved = { ...spans[index], start: rounded(start), end: rounded(end), confidence: 1 };
  return spans.map((span, place) => (place === index ? moved : span));
}

/**
 * `spans` with a new one at `seconds`, and its index; null where one is already, or where there is no room.
 *
 * @param {Span[]} spans
 * @param {number} seconds
 * @param {number} duration
 * @param {string} kind
 */
export function spanAdded(spans, seconds, duration, kind) {
  if (spans.some((span) => seconds >= span.start && seconds < span.end)) return null;
  const index = spans.filter((span) => span.start <= seconds).length;
  const end = Math.min(seconds + USUAL_SECONDS, spans[index]?.start ?? duration);
  if (end - seconds < SHORTEST_SECONDS) return null;
  const added = { start: rounded(seconds), end: rounded(end), kind, confidence: 1 };
  return { index, spans: [...spans.slice(0, index), added, ...spans.slice(index)] };
}

/** @param {number} seconds */
const rounded = (seconds) => Math.round(seconds * 1000) / 1000;
