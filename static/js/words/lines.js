// What a correction does to a song's lines, before the server has confirmed it: the rules of engines/lyrics/corrections.py.
// Each function leaves what it was given as it is.

export const SHORTEST_SECONDS = 0.05;
const SURE = 0.6;
// A tapped line of unknown length lasts until the next tap, or this long.
const USUAL_SECONDS = 3;
const LONGEST_SECONDS = 8;

/**
 * A line as the server sends it: seconds of the song, null until they are known.
 *
 * @typedef {object} Line
 * @property {number} index
 * @property {string} text
 * @property {number | null} start
 * @property {number | null} end
 * @property {number} confidence
 * @property {boolean} pinned
 * @property {{text: string, start: number}[]} [words]
 * @typedef {Line & {start: number, end: number}} TimedLine
 */

/**
 * @param {Line | null | undefined} line
 * @returns {line is TimedLine}
 */
export const isTimed = (line) => Boolean(line && line.start !== null && line.end !== null);
/** @param {Line} line */
export const isSure = (line) => isTimed(line) && line.confidence >= SURE;

/** @param {Line[]} lines */
export function qualityOf(lines) {
  const sure = lines.filter(isSure).length;
  return { lines: lines.length, sure, to_check: lines.length - sure };
}

/**
 * The nearest line to check behind (`step` 1) or before (-1) a line, around the ends; -1 where all are sure.
 *
 * @param {Line[]} lines
 * @param {number} from
 * @param {number} step
 */
export function doubtful(lines, from, step) {
  for (let count = 1; count <= lines.length; count += 1) {
    const index = (((from + step * count) % lines.length) + lines.length) % lines.length;
    if (!isSure(lines[index])) return index;
  }
  return -1;
}

/**
 * The line that is sung at a place, else the last one before it; -1 before the first.
 *
 * @param {Line[]} lines
 * @param {number} seconds
 */
export function lineAt(lines, seconds) {
  let found = -1;
  for (const line of lines) if (isTimed(line) && line.start <= seconds + 1e-6) found = line.index;
  return found;
}

/**
 * The timed line next to a line.
 *
 * @param {Line[]} lines
 * @param {number} index
 * @param {number} step
 */
function neighbor(lines, index, step) {
  for (let place = index + step; place >= 0 && place < lines.length; place += step) {
    const line = lines[place];
    if (isTimed(line)) return line;
  }
  return null;
}

/**
 * `lines` with line `index` moved to `start`. With `follow`, those behind it go along: in proportion up to the next
 * pinned one, else all by the same. It stops where the order or the song would end.
 *
 * @param {Line[]} lines
 * @param {number} index
 * @param {number} start
 * @param {{duration: number, follow: boolean}} how
 */
export function moved(lines, index, start, { duration, follow }) {
  const line = lines[index];
  if (!isTimed(line)) return lines;
  const before = neighbor(lines, index, -1);
  const lowest = before ? before.start + SHORTEST_SECONDS : 0;
  const pinned = follow ? lines.find((one) => one.index > index && one.pinned && isTimed(one)) : undefined;
  const fixed = isTimed(pinned) ? pinned.start : null;
  const last = pinned?.index ?? lines.length;
  const behind = lines.slice(index, last).filter(isTimed).at(-1) ?? line;
  const next = neighbor(lines, index, 1);
  let highest = duration - SHORTEST_SECONDS;
  if (fixed !== null) highest = fixed - SHORTEST_SECONDS;
  else if (follow) highest = duration - SHORTEST_SECONDS - (behind.start - line.start);
  else if (next) highest = Math.max(next.start, line.start);
  const to = rounded(Math.max(Math.min(start, highest), Math.min(lowest, line.start)));
  const scale = fixed === null ? 1 : (fixed - to) / Math.max(fixed - line.start, 1e-6);
  /** @param {number} time */
  const place = (time) => (fixed === null || time < fixed ? Math.max(0, to + (time - line.start) * scale) : time);
  return lines.map((one) => {
    if (one.index === index) {
      const end = follow ? place(line.end) : to + line.end - line.start;
      return { ...one, ...span(to, Math.min(end, duration)), confidence: 1, pinned: true };
    }
    if (!isTimed(one)) return one;
    if (follow && one.index > index && one.index < last)
      return { ...one, ...span(place(one.start), Math.min(place(one.end), duration)) };
    if (follow && one === before && one.end <= line.start + 1e-3 && to < one.end) return { ...one, end: to };
    return one;
  });
}

/**
 * `lines` with the start or the end of line `index` at `seconds`, not over a neighbor that it does not overlap already.
 *
 * @param {Line[]} lines
 * @param {number} index
 * @param {"start" | "end"} edge
 * @param {number} seconds
 * @param {number} duration
 */
export function edgeMoved(lines, index, edge, seconds, duration) {
  const line = lines[index];
  if (!isTimed(line)) return lines;
  const [before, next] = [neighbor(lines, index, -1), neighbor(lines, index, 1)];
  let { start, end } = line;
  if (edge === "start") {
    const lowest = before ? (before.end <= start + 1e-3 ? before.end : before.start) : 0;
    start = Math.min(Math.max(seconds, lowest), end - SHORTEST_SECONDS);
  } else {
    const highest = next && next.start >= end - 1e-3 ? next.start : duration;
    end = Math.max(Math.min(seconds, highest), start + SHORTEST_SECONDS);
  }
  return lines.map((one) => (one === line ? { ...one, ...span(start, end), confidence: 1, pinned: true } : one));
}

/**
 * `lines` with a tap at `when` for line `index`: it starts there and is pinned, the line before ends there at the
 * latest, and those behind follow. Pinned lines in the way are no longer pinned: who taps times them anew.
 *
 * @param {Line[]} lines
 * @param {number} index
 * @param {number} when in seconds
 * @param {{duration: number, tapped: ReadonlySet<number>, unknown: ReadonlySet<number>}} how `unknown` had no length yet
 */
export function tapped(lines, index, when, { duration, tapped: before, unknown }) {
  const earlier = neighbor(lines, index, -1);
  const seconds = earlier ? Math.max(when, earlier.start + SHORTEST_SECONDS) : when;
  const free = lines.map((line) =>
    line.index > index && line.pinned && isTimed(line) && line.start <= seconds + SHORTEST_SECONDS
      ? { ...line, pinned: false }
      : line,
  );
  const line = free[index];
  const next = neighbor(free, index, 1);
  const usual = Math.min(seconds + USUAL_SECONDS, next && next.start > seconds ? next.start : duration);
  const at = { ...line, start: line.start ?? seconds, end: line.end ?? usual };
  const following = moved(
    free.map((one) => (one.index === index ? at : one)),
    index,
    seconds,
    { duration, follow: true },
  );
  const [previous, now] = [following[index - 1], following[index]];
  if (!isTimed(previous) || !isTimed(now) || !before.has(index - 1)) return following;
  const until = unknown.has(index - 1) ? Math.min(now.start, previous.start + LONGEST_SECONDS) : previous.end;
  const end = Math.max(Math.min(until, now.start), previous.start + SHORTEST_SECONDS);
  return following.map((one) => (one === previous ? { ...one, end: rounded(end) } : one));
}

/** @param {number} seconds */
const rounded = (seconds) => Math.round(seconds * 1000) / 1000;

/**
 * @param {number} start
 * @param {number} end
 */
const span = (start, end) => ({
  start: rounded(start),
  end: rounded(Math.max(end, start + SHORTEST_SECONDS)),
});
