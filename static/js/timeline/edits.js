// What a change does to the scenes, before the server has confirmed it. Each function leaves what it was given as it is.

import { between } from "./places.js";

const SHORTEST_SECONDS = 0.25;
const LEAST_SECONDS = 0.02; // half a frame

/** @typedef {import("./places.js").Scene} Scene */

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
