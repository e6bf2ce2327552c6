/**
 * A time as people read it: 63.5 is "1:03.500". Rounded first, else 59.9996 would be "0:60.000"; halves of a microsecond
 * grid go up, as the server writes them.
 *
 * @param {number} seconds
 */
export function clock(seconds, digits = 3) {
  const scale = 10 ** digits;
  const rounded = Math.round((Math.round(seconds * 1e6) * scale) / 1e6) / scale;
  return `${Math.floor(rounded / 60)}:${(rounded % 60).toFixed(digits).padStart(digits ? digits + 3 : 2, "0")}`;
}

/**
 * A time as people type it, `1:23.5`, `83.5` or `83,5`, in seconds; NaN for anything else.
 *
 * @param {string} text
 */
export function secondsOf(text) {
  const [, minutes, seconds] = /^(?:(\d{1,3}):)?(\d{1,5}(?:[.,]\d{1,6})?)$/.exec(text.trim()) ?? [];
  return 60 * Number(minutes ?? 0) + Number(seconds?.replace(",", "."));
}
