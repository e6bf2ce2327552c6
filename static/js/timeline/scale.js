// Time and place on the timeline: seconds and pixels, and the beats near them. Nothing here knows the page.

const SNAP_PIXELS = 10;
const PHONE_PIXELS = 640;
const FINGER_PIXELS = 40;
// A beat that a cut is on already is not the next one.
const ON_THE_BEAT_SECONDS = 0.01;

/**
 * Pixels per second. `zoom` of 0 shows everything at once, 1 is the closest. On a phone scenes are never narrower than a
 * finger; the timeline scrolls sideways there.
 *
 * @param {{width: number, scenes: number, seconds: number, zoom: number}} view
 */
export function pixelsPerSecond({ width, scenes, seconds, zoom }) {
  const whole = Math.max(width - 2, width < PHONE_PIXELS ? FINGER_PIXELS * scenes : 0) / seconds;
  return whole * (1 + zoom * zoom * 40);
}

/**
 * The nearest beat within the reach of a hand, else the place itself.
 *
 * @param {number} seconds
 * @param {number[]} beats
 * @param {number} pixels per second
 */
export function snapped(seconds, beats, pixels) {
  if (!beats.length) return seconds;
  const near = beats.reduce((best, beat) => (Math.abs(beat - seconds) < Math.abs(best - seconds) ? beat : best));
  return Math.abs(near - seconds) * pixels <= SNAP_PIXELS ? near : seconds;
}

/**
 * The beat after (`step` 1) or before (-1) a place; undefined where there is none.
 *
 * @param {number} seconds
 * @param {number[]} beats
 * @param {number} step
 */
export function nextBeat(seconds, beats, step) {
  return step > 0
    ? beats.find((beat) => beat > seconds + ON_THE_BEAT_SECONDS)
    : beats.findLast((beat) => beat < seconds - ON_THE_BEAT_SECONDS);
}

/**
 * @param {number} seconds
 * @param {number} last
 */
export const within = (seconds, last) => Math.min(Math.max(0, seconds), last);
