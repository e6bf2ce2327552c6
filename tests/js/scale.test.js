import assert from "node:assert/strict";
import { test } from "node:test";
import { nextBeat, pixelsPerSecond, snapped, within } from "../../static/js/timeline/scale.js";

const BEATS = [0, 0.5, 1, 1.5];

test("without zoom the whole film fits", () => {
  assert.equal(pixelsPerSecond({ width: 1002, scenes: 4, seconds: 100, zoom: 0 }), 10);
});

test("the closest zoom is forty times closer", () => {
  assert.equal(pixelsPerSecond({ width: 1002, scenes: 4, seconds: 100, zoom: 1 }), 410);
});

test("on a phone many scenes stay as wide as a finger", () => {
  assert.equal(pixelsPerSecond({ width: 390, scenes: 60, seconds: 120, zoom: 0 }), 20);
  assert.equal(pixelsPerSecond({ width: 640, scenes: 60, seconds: 120, zoom: 0 }), 638 / 120);
});

for (const [name, seconds, pixels, expected] of [
  ["within ten pixels", 0.59, 100, 0.5],
  ["exactly ten pixels away", 0.625, 80, 0.5],
  ["farther away", 0.62, 90, 0.62],
  ["zoomed out, where everything is near", 0.74, 10, 0.5],
  ["before the first", -3, 1, 0],
  ["behind the last", 9, 1, 1.5],
]) {
  test(`a place ${name} of a beat becomes ${expected}`, () => assert.equal(snapped(seconds, BEATS, pixels), expected));
}

test("a song without beats snaps nothing", () => assert.equal(snapped(1.23, [], 1), 1.23));

test("the next beat is never the one that a cut is on", () => {
  assert.deepEqual([nextBeat(0.5, BEATS, 1), nextBeat(0.5, BEATS, -1)], [1, 0]);
  assert.deepEqual([nextBeat(0.496, BEATS, 1), nextBeat(0.504, BEATS, -1)], [1, 0]);
});

test("before the first beat and behind the last there is none", () => {
  assert.deepEqual(
    [nextBeat(1.5, BEATS, 1), nextBeat(0, BEATS, -1), nextBeat(1, [], 1)],
    [undefined, undefined, undefined],
  );
});

test("a place stays inside the film", () => {
  assert.deepEqual([within(-1, 8), within(3, 8), within(99, 8)], [0, 3, 8]);
});
