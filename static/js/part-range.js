// A part chosen by two handles on a picture of the whole, beside two typed times.
import { clock, secondsOf } from "./clock.js";

/**
 * `written` is a handle's time as its field says it; `changed` is told the part whenever it is another one, and which
 * handle was moved.
 *
 * @param {HTMLElement} hands
 * @param {any[]} fields
 * @param {{shortest: number, digits: number, written: (seconds: number, length: number) => string,
 *   changed: (from: number, to: number, hand?: HTMLInputElement) => void}} how
 * @returns {(seconds: number) => void} to be called with the length of the whole, once that is known
 */
export function partOf(hands, fields, { shortest, digits, written, changed }) {
  const [first, last] = hands.querySelectorAll("input");
  /** @type {NodeListOf<HTMLElement>} */
  const [before, after] = hands.querySelectorAll(".part-range-off");
  let length = 0;

  // Times that aren't right yet leave the handles where they are.
  function typed() {
    const [from, to] = fields.map((field) => secondsOf(field.value));
    if (!fields[0].value || from < length) first.value = String(from || 0);
    if (!fields[1].value || to <= length) last.value = String(to || length);
    show();
  }

  function moved({ target: hand }) {
    if (hand === first) first.value = String(Math.max(0, Math.min(Number(first.value), Number(last.value) - shortest)));
    else last.value = String(Math.min(length, Math.max(Number(last.value), Number(first.value) + shortest)));
    fields[hand === first ? 0 : 1].value = written(Number(hand.value), length);
    show(hand);
  }

  /** @param {HTMLInputElement} [hand] */
  function show(hand) {
    const [from, to] = [Number(first.value), Number(last.value)];
    before.style.width = `${(100 * from) / length}%`;
    after.style.width = `${(100 * (length - to)) / length}%`;
    for (const one of [first, last]) one.setAttribute("aria-valuetext", clock(Number(one.value), digits));
    changed(from, to, hand);
  }

  for (const field of fields) field.addEventListener("input", typed);
  hands.addEventListener("input", moved);
  return (seconds) => {
    length = seconds;
    first.max = last.max = last.value = String(length);
    first.value = "0";
    hands.hidden = false;
    typed();
  };
}
