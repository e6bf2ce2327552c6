import assert from "node:assert/strict";
import { test } from "node:test";
import { songOf } from "../../static/js/timeline/song.js";

const facts = {
  duration_seconds: 60,
  grid: { beats: [9.5, 10, 10.5], downbeats: [10] },
  sings: true,
  sung: [{ start: 12, end: 13 }],
  analysis: {
    sections: [{ label: "verse", start_seconds: 0, end_seconds: 20 }],
  },
};

test("everything counts from where the song is used", () => {
  const song = songOf(facts, { maximum: [1] }, { from: 10, until: 40 });
  assert.equal(song.length, 30);
  assert.deepEqual(song.beats, [-0.5, 0, 0.5]);
  assert.ok(song.downbeats.has(0));
  assert.deepEqual([song.sections[0].start, song.sections[0].end], [-10, 10]);
  assert.deepEqual(song.voice, [[2, 3]]);
});

test("a song that is used to its end has no end of its own", () => {
  assert.equal(songOf(facts, {}, { from: 10, until: 0 }).length, 50);
});

test("a song that nothing was heard in yet is empty, not broken", () => {
  const song = songOf({ duration_seconds: 5, grid: {}, analysis: {} }, {}, { from: 0, until: 0 });
  assert.deepEqual([song.beats, song.sections, song.voice, song.downbeats.size, song.length], [[], [], [], 0, 5]);
});
