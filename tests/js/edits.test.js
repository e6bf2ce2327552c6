import assert from "node:assert/strict";
import { test } from "node:test";
import { cutMoved, reordered, sceneAround, slipped } from "../../static/js/timeline/edits.js";
import { offWords } from "../../static/js/timeline/lips.js";
import { chosenAfter, indexAt, placed, refreshed } from "../../static/js/timeline/places.js";

const rows = (...durations) =>
  durations.map((duration, index) => ({ id: `s${index + 1}`, sequence: index + 1, duration }));
const film = (...durations) => placed(rows(...durations));
const ends = (scenes) => scenes.map(({ end }) => end);

test("scenes lie one after the other, whatever the server's durations look like", () => {
  assert.deepEqual(ends(film("2.500000", 1, "0.25")), [2.5, 3.5, 3.75]);
  assert.deepEqual(ends(film(null, undefined, 2)), [0, 0, 2]);
  assert.deepEqual(placed([]), []);
  const [, second] = film(2, 3);
  assert.deepEqual([second.start, second.end, second.length, second.id], [2, 5, 3, "s2"]);
});

test("with a song the next scene gives what the cut takes", () => {
  const moved = cutMoved(film(2, 2, 2), 0, 2.5, true);
  assert.deepEqual(ends(moved), [2.5, 4, 6]);
  assert.deepEqual(
    moved.map(({ length }) => length),
    [2.5, 1.5, 2],
  );
});

test("without a song all later scenes move along", () => {
  const moved = cutMoved(film(2, 2, 2), 0, 3, false);
  assert.deepEqual(ends(moved), [3, 5, 7]);
  assert.deepEqual(
    moved.map(({ length }) => length),
    [3, 2, 2],
  );
});

for (const [name, seconds, tied, expected] of [
  ["before the scene's start", -100, true, [0.25, 4]],
  ["onto its start", 0, false, [0.25, 2.25]],
  ["behind the next scene", 100, true, [3.75, 4]],
  ["behind the next scene, with no song to hold it", 100, false, [100, 102]],
  ["nowhere", 2, true, [2, 4]],
]) {
  test(`a cut that is dragged ${name} leaves a quarter of a second`, () => {
    assert.deepEqual(ends(cutMoved(film(2, 2), 0, seconds, tied)), expected);
  });
}

test("the last cut moves freely, for no scene follows it", () => {
  assert.deepEqual(ends(cutMoved(film(2, 2), 1, 9, false)), [2, 9]);
  assert.deepEqual(ends(cutMoved(film(2), 0, 9, true)), [9]);
});

test("a change leaves the scenes that it was given alone", () => {
  const before = film(2, 2);
  cutMoved(before, 0, 3, true);
  const order = ["a", "b"];
  reordered(order, 0, 1);
  assert.deepEqual(
    [ends(before), order],
    [
      [2, 4],
      ["a", "b"],
    ],
  );
});

test("an order changes by taking one out and putting it in elsewhere", () => {
  assert.deepEqual(reordered(["a", "b", "c", "d"], 0, 2), ["b", "c", "a", "d"]);
  assert.deepEqual(reordered(["a", "b", "c", "d"], 3, 0), ["d", "a", "b", "c"]);
});

test("a place belongs to one scene, and what lies behind the end to the last", () => {
  const scenes = film(2, 2);
  assert.deepEqual(
    [-1, 0, 1.9, 2, 3.9, 4, 99].map((seconds) => indexAt(scenes, seconds)),
    [0, 0, 0, 1, 1, 1, 1],
  );
});

test("only the inside of a scene can be split", () => {
  const scenes = film(2, 2);
  assert.deepEqual(
    [0, 0.01, 0.03, 2, 3, 4, 5].map((seconds) => sceneAround(scenes, seconds)?.id),
    [undefined, undefined, "s1", undefined, "s2", undefined, undefined],
  );
});

const ORDER = ["a", "b", "c", "d"];
for (const [name, before, id, how, after] of [
  ["a click chooses one alone", ["a", "b"], "c", {}, ["c"]],
  ["Ctrl adds one", ["a"], "c", { more: true }, ["a", "c"]],
  ["Ctrl takes one out", ["a", "c"], "c", { more: true }, ["a"]],
  ["Shift chooses all from the last one", ["b"], "d", { range: true }, ["b", "c", "d"]],
  ["Shift works backwards", ["d"], "b", { range: true }, ["d", "b", "c"]],
  ["Shift with nothing chosen is a click", [], "b", { range: true }, ["b"]],
]) {
  test(name, () => assert.deepEqual([...chosenAfter(new Set(before), ORDER, id, how)], after));
}

test("rows that were read again take their own places", () => {
  const scenes = film(1, 2, 3);
  const found = refreshed(scenes, [{ id: "s2", sequence: 2, duration: 5 }]);
  assert.deepEqual(ends(placed(found)), [1, 6, 9]);
});

test("rows of another order are not put in", () => {
  assert.equal(refreshed(film(1, 2), [{ id: "s1", sequence: 2, duration: 5 }]), null);
  assert.equal(refreshed(film(1, 2), [{ id: "s3", sequence: 3, duration: 5 }]), null);
});

const sung = (scenes, extra = {}) => scenes.map((scene) => ({ ...scene, clip_id: "c", lip_synced: true, ...extra }));
for (const [name, change, off] of [
  ["a ripple moves all later scenes off their words", (film) => cutMoved(film, 0, 3, true, true), ["s2", "s3"]],
  ["a rolled cut keeps them on their words", (film) => cutMoved(film, 0, 1.5, true), []],
  ["a slip moves one", (film) => slipped(film, 1, 0.5), ["s2"]],
  ["nobody sees a hundredth of a second", (film) => slipped(film, 1, 1.01), []],
  ["a new clip has words of its own", (film) => sung(slipped(film, 1, 0.5), { clip_id: "d" }), []],
  ["a scene that isn't lip-synced has none", (film) => sung(slipped(film, 1, 0.5), { lip_synced: false }), []],
]) {
  test(name, () => {
    const before = sung(film(2, 2, 2), { clip_in: 1 });
    assert.deepEqual(
      offWords(before, change(before)).map(({ id }) => id),
      off,
    );
  });
}
