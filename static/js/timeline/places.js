// Where the scenes are in the film, and which of them are meant. Nothing here changes what it was given.

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
export const between = (scene, start, end) => ({ ...scene, start, end, length: end - start });

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
