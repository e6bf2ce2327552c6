// What a change does to the scenes, before the server has confirmed it. Each function leaves what it was given as it is.

const SHORTEST_SECONDS = 0.25;
const LEAST_SECONDS = 0.02; // half a frame

/**
 * A scene as the server sends it, and with its place in the film: all in seconds.
 *
 * @typedef {object} Row
 * @property {string} id
 * @property {number} sequence
 * @property {string | number | null} duration
 * @property {number | null} [clip_in] where in its clip it starts
 * @property {number | null} [clip_out]
 * @typedef {Row & {start: number, end: number, length: number}} Scene
 */

/**
 * The server's rows with their places: each scene begins where the one before it ends.
 *
 * @template {Row} R
 * @param {R[]} rows
 */
export function placed(rows) {
  let at = 0;
  return rows.map((row) => {
    const start = at;
    at += Number(row.duration ?? 0);
    return between(row, start, at);
  });
}

/**
 * @template {Row} R
 * @param {R} scene
 * @param {number} start
 * @param {number} end
 */
const between = (scene, start, end) => ({ ...scene, start, end, length: end - start });

/**
 * The end of scene `index` at `seconds`. Where the film is `tied` to a song, the next scene gives or takes the time, and
 * goes on showing the same picture at the same time; with `ripple`, or without a song, all later scenes move along, and
 * the last one of a song gives or takes.
 *
 * @template {Scene} S
 * @param {S[]} scenes
 * @param {number} index
 * @param {number} seconds
 * @param {boolean} tied
 * @param {boolean} [ripple]
 */
export function cutMoved(scenes, index, seconds, tied, ripple = false) {
  const [scene, next, last] = [scenes[index], scenes[index + 1], scenes.length - 1];
  const moves = !tied || (ripple && index < last);
  const giver = moves ? scenes[last] : next;
  const room = tied && giver ? giver.length - SHORTEST_SECONDS : Infinity;
  const end = Math.min(Math.max(seconds, scene.start + SHORTEST_SECONDS), scene.end + room);
  const shift = end - scene.end;
  return scenes.map((one, place) => {
    if (place < index) return one;
    if (place === index) return between(one, one.start, end);
    if (moves) return between(one, one.start + shift, tied && place === last ? one.end : one.end + shift);
    return place === index + 1 ? rolled(between(one, end, one.end), shift) : one;
  });
}

/**
 * A scene whose start moved, with the part of its clip that keeps the picture in place.
 *
 * @template {Scene} S
 * @param {S} scene
 * @param {number} later
 */
const rolled = (scene, later) =>
  scene.clip_in === undefined || scene.clip_in === null
    ? scene
    : { ...scene, clip_in: Math.max(0, scene.clip_in + later) };

/**
 * The scenes with another part of the clip of scene `index`, from `seconds` of it on.
 *
 * @template {Scene} S
 * @param {S[]} scenes
 * @param {number} index
 * @param {number} seconds
 */
export function slipped(scenes, index, seconds) {
  const clip_in = Math.max(0, seconds);
  return scenes.map((one, place) => {
    if (place !== index) return one;
    const shift = clip_in - (one.clip_in ?? 0);
    return { ...one, clip_in, clip_out: (one.clip_out ?? 0) + shift };
  });
}

/**
 * `items` with the one at `from` taken out and put in at `to`.
 *
 * @template T
 * @param {T[]} items
 * @param {number} from
 * @param {number} to
 */
export function reordered(items, from, to) {
  const order = [...items];
  order.splice(to, 0, ...order.splice(from, 1));
  return order;
}

/**
 * The scene under a place, by its index; behind the end it is the last one.
 *
 * @param {Scene[]} scenes
 * @param {number} seconds
 */
export function indexAt(scenes, seconds) {
  const index = scenes.findIndex((scene) => seconds < scene.end);
  return index < 0 ? scenes.length - 1 : index;
}

/**
 * The cut before (`step` -1) or after (1) a place; the ends of the film count.
 *
 * @param {Scene[]} scenes
 * @param {number} seconds
 * @param {number} step
 * @param {number} last
 */
export function cutBeside(scenes, seconds, step, last) {
  const cuts = [0, ...scenes.map((scene) => scene.end)];
  const near = 0.001; // the playhead on a cut is past it
  if (step < 0) return cuts.findLast((cut) => cut < seconds - near) ?? 0;
  return cuts.find((cut) => cut > seconds + near) ?? last;
}

/**
 * The scene that a cut at `seconds` would split: at its edges there is nothing to split.
 *
 * @template {Scene} S
 * @param {S[]} scenes
 * @param {number} seconds
 */
export const sceneAround = (scenes, seconds) =>
  scenes.find((scene) => seconds > scene.start + LEAST_SECONDS && seconds < scene.end - LEAST_SECONDS);

/**
 * What is chosen after a click on `id`: it alone; with `more` it is added or taken out; with `range` all from the one
 * chosen last. `order` is every id as shown.
 *
 * @param {Set<string>} chosen
 * @param {string[]} order
 * @param {string} id
 * @param {{more?: boolean, range?: boolean}} [how]
 */
export function chosenAfter(chosen, order, id, { more = false, range = false } = {}) {
  if (range && chosen.size) {
    const ends = [order.indexOf([...chosen].at(-1) ?? id), order.indexOf(id)].sort((one, other) => one - other);
    return new Set([...chosen, ...order.slice(ends[0], ends[1] + 1)]);
  }
  if (!more) return new Set([id]);
  const other = new Set(chosen);
  if (!other.delete(id)) other.add(id);
  return other;
}

/**
 * Scenes by the rows that were read again; null where the rows are those of another order.
 *
 * @template {Row} R
 * @param {R[]} scenes
 * @param {R[]} rows
 */
export function refreshed(scenes, rows) {
  if (rows.some(({ id, sequence }) => scenes[sequence - 1]?.id !== id)) return null;
  const bySequence = new Map(rows.map((row) => [row.sequence, row]));
  return scenes.map((scene, index) => bySequence.get(index + 1) ?? scene);
}
