import assert from "node:assert/strict";
import { test } from "node:test";
import { clock } from "../../static/js/clock.js";
import { ranges } from "../../static/js/ranges.js";

for (const [seconds, digits, expected] of [
  [0, 3, "0:00.000"],
  [63.5, 3, "1:03.500"],
  [59.9996, 3, "1:00.000"],
  [6.6668 + 6.6667, 3, "0:13.334"], // a half goes up, as the server writes it
  [59.96, 1, "1:00.0"],
  [3600, 1, "60:00.0"],
]) {
  test(`${seconds} s is ${expected}`, () => assert.equal(clock(seconds, digits), expected));
}

for (const [numbers, expected] of [
  [[], ""],
  [[4], "4"],
  [["3", "1", "2"], "1-3"],
  [[7, 1, 2, 3], "1-3,7"],
  [[2, 2, 1, 1], "1-2"],
  [[9, 10, 11], "9-11"],
]) {
  test(`scenes ${numbers} are "${expected}"`, () => assert.equal(ranges(numbers), expected));
}
