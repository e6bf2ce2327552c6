/**
 * A time as people read it: 63.5 is "1:03.500". Rounded first, else 59.9996 would be "0:60.000".
 *
 * @param {number} seconds
 */
export function clock(seconds, digits = 3) {
  const rounded = Number(seconds.toFixed(digits));
  return `${Math.floor(rounded / 60)}:${(rounded % 60).toFixed(digits).padStart(digits + 3, "0")}`;
}
