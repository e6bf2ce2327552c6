import assert from "node:assert/strict";
import test from "node:test";
import { curve } from "../../static/js/crop-curve.js";

const at = (keys, seconds) => curve(keys, 1, seconds);

test("a crop's curve passes its keys, rests between equal ones and never goes beyond", () => {
  const keys = [[0, 0.2, 0.5, 1], [1, 0.2, 0.5, 1], [2, 0.8, 0.5, 1]]; // biome-ignore format: a table
  assert.deepEqual(
    [0, 0.5, 1, 2, 9].map((time) => at(keys, time)),
    [0.2, 0.2, 0.2, 0.8, 0.8],
  );
  assert.equal(at(keys, 1.5).toFixed(6), "0.500000");
  for (let time = 0; time < 2; time += 0.01) assert.ok(at(keys, time) >= 0.2 && at(keys, time) <= 0.8);
});

test("two keys at one time are a jump", () => {
  const keys = [[0, 0.2, 0.5, 1], [1, 0.2, 0.5, 1], [1, 0.8, 0.5, 1], [2, 0.8, 0.5, 1]]; // biome-ignore format: a table
  assert.deepEqual(
    [0.99, 1, 1.5].map((time) => at(keys, time)),
    [0.2, 0.8, 0.8],
  );
});
