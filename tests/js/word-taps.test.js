import assert from "node:assert/strict";
import { test } from "node:test";
import { wordsOf, wordTapped } from "../../static/js/words/word-taps.js";

const line = (text, start, end, words) => ({ index: 0, text, start, end, confidence: 1, pinned: true, words });
const times = (lines) => [lines[0].words.map((word) => word.start), lines[0].end];

for (const [text, expected] of [
  ["  the  road ", ["the", "road"]],
  ["「風」の中、で ok?", ["「風」", "の", "中、", "で", "ok?"]],
  ["キャット", ["キャ", "ッ", "ト"]],
  ["يا ليل", ["يا", "ليل"]],
  ["…", ["…"]],
])
  test(`words of ${text}`, () => assert.deepEqual(wordsOf(line(text, 0, 1)), expected));

test("the server's division stays", () =>
  assert.deepEqual(wordsOf(line("hello you", 0, 1, [{ text: "hello you", start: 0 }])), ["hello you"]));

test("words that were not tapped share the rest, and the line grows with a late one", () => {
  const first = wordTapped([line("a b c", 1, 4)], 0, 0, 1, 10);
  assert.deepEqual(times(first), [[1, 2, 3], 4]);
  const second = wordTapped(first, 0, 1, 3, 10);
  assert.deepEqual(times(second), [[1, 3, 3.5], 4]);
  assert.deepEqual(times(wordTapped(second, 0, 2, 5, 10)), [[1, 3, 5], 5.4]);
});

test("a word comes after the one before it, and inside the song", () => {
  const first = wordTapped([line("a b", 9, 9.5)], 0, 0, 9, 10);
  assert.deepEqual(times(wordTapped(first, 0, 1, 8, 10)), [[9, 9.05], 9.5]);
  assert.deepEqual(times(wordTapped(first, 0, 1, 9.9, 10)), [[9, 9.9], 10]);
});
