// What a change does to the scenes, before the server has confirmed it. Each function leaves what it was given as it is.

const SHORTEST_SECONDS = 0.25;

/**
 * A scene as the server sends it, and with its place in the film: all in seconds.
 *
 * @typedef {{id: string, sequence: number, duration: string | number | null}} Row
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
 * The end of scene `index` at `seconds`. Where the film is `tied` to a song, the next scene gives or takes the time;
 * without one, all later scenes move along.
 *
 * @template {Scene} S
 * @param {S[]} scenes
 * @param {number} index
 * @param {number} seconds
 * @param {boolean} tied
 */
export function cutMoved(scenes, index, seconds, tied) {
  const [scene, next] = [scenes[index], scenes[index + 1]];
  const highest = tied && next ? next.end - SHORTEST_SECONDS : Infinity;
  const end = Math.min(Math.max(seconds, scene.start + SHORTEST_SECONDS), highest);
  const shift = end - scene.end;
  return scenes.map((one, place) => {
    if (place < index) return one;
    if (place === index) return between(one, one.start, end);
    if (!tied) return between(one, one.start + shift, one.end + shift);
    return place === index + 1 ? between(one, end, one.end) : one;
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
 * The scene that a cut at `seconds` would split: on its edges there is nothing to split.
 *
 * @template {Scene} S
 * @param {S[]} scenes
 * @param {number} seconds
 */
export const sceneAround = (scenes, seconds) => scenes.find((scene) => seconds > scene.start && seconds < scene.end);

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
