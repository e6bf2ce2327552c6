/**
 * Numbers of scenes as an address names them: [1, 2, 3, 7] is "1-3,7".
 *
 * @param {Array<number | string>} numbers
 */
export function ranges(numbers) {
  /** @type {Array<{first: number, last: number}>} */
  const runs = [];
  for (const number of [...new Set(numbers.map(Number))].sort((one, other) => one - other)) {
    const run = runs.at(-1);
    if (run && number === run.last + 1) run.last = number;
    else runs.push({ first: number, last: number });
  }
  return runs.map(({ first, last }) => (first === last ? first : `${first}-${last}`)).join(",");
}
