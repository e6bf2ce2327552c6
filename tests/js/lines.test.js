import assert from "node:assert/strict";
import { test } from "node:test";
import { doubtful, edgeMoved, lineAt, moved, qualityOf, tapped } from "../../static/js/words/lines.js";

const song = (...spans) =>
  spans.map(([start, end, more = {}], index) => ({
    index,
    text: `line ${index + 1}`,
    start,
    end,
    confidence: 0.9,
    pinned: false,
    ...more,
  }));
const times = (lines) => lines.map(({ start, end }) => [start, end]);
const pinned = { pinned: true, confidence: 1 };
const duration = 12;
const all = { duration, follow: true };

test("the rest follows in proportion up to the next pinned line, as on the server", () => {
  const lines = song([1, 3], [3, 5], [5, 7], [7, 9, pinned]);
  const found = moved(lines, 1, 4, all);
  assert.deepEqual(times(found), [
    [1, 3],
    [4, 5.5],
    [5.5, 7],
    [7, 9],
  ]);
  assert.deepEqual(times(moved(found, 1, 2, all)).slice(0, 2), [
    [1, 2],
    [2, 4.5],
  ]);
  assert.equal(moved(lines, 1, 99, all)[1].start, 6.95);
});

test("the rest shifts where no pinned line follows, and stays in the song", () => {
  const lines = song([1, 3], [3, 5], [5, 7], [7, 9]);
  assert.deepEqual(times(moved(lines, 1, 4, all)), [
    [1, 3],
    [4, 6],
    [6, 8],
    [8, 10],
  ]);
  assert.equal(moved(lines, 1, 99, all)[3].start, 11.95);
  assert.deepEqual(times(moved(lines, 1, 99, { duration, follow: false }))[1], [5, 7]);
});

test("an edge stops at its neighbors", () => {
  const lines = song([1, 3], [4, 5], [6, 7]);
  assert.deepEqual(times(edgeMoved(lines, 1, "start", 2, duration))[1], [3, 5]);
  assert.deepEqual(times(edgeMoved(lines, 1, "end", 9, duration))[1], [4, 6]);
  assert.deepEqual(times(edgeMoved(lines, 1, "end", 1, duration))[1], [4, 4.05]);
});

test("taps time lines that had no time, each until the next", () => {
  let lines = song([null, null], [null, null], [null, null]);
  const taken = new Set();
  for (const [index, at] of [1, 2.5, 11].entries()) {
    lines = tapped(lines, index, at, { duration, tapped: taken, unknown: new Set([0, 1, 2]) });
    taken.add(index);
  }
  assert.deepEqual(times(lines), [
    [1, 2.5],
    [2.5, 10.5],
    [11, 12],
  ]);
  assert.ok(lines.every((line) => line.pinned && line.confidence === 1));
});

test("a tap behind pinned lines takes them along", () => {
  const lines = tapped(song([1, 2], [2, 3, pinned], [5, 6, pinned]), 0, 2.5, {
    duration,
    tapped: new Set(),
    unknown: new Set(),
  });
  assert.ok(lines[1].start > 2.5 && lines[1].start < 5 && !lines[1].pinned && lines[2].pinned);
});

test("what is to check is found in both directions, and around the ends", () => {
  const lines = song([1, 2], [2, 3, { confidence: 0.3 }], [null, null], [5, 6]);
  assert.deepEqual([doubtful(lines, 1, 1), doubtful(lines, 1, -1), doubtful(lines, 3, 1)], [2, 2, 1]);
  assert.equal(doubtful(song([1, 2]), 0, 1), -1);
  assert.deepEqual(qualityOf(lines), { lines: 4, sure: 2, to_check: 2 });
  assert.deepEqual([lineAt(lines, 0.5), lineAt(lines, 2.5), lineAt(lines, 9)], [-1, 1, 3]);
});
