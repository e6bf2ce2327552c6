// Timing the words of a line by ear: what a tap for one of them does to the line.
import { isTimed, SHORTEST_SECONDS } from "./lines.js";

const LAST_WORD_SECONDS = 0.4; // is sung at least this long
// In scripts without spaces, each character is a word, with its small kana and the punctuation around it.
const CHARACTER = "[\\u3040-\\u30ff\\u3400-\\u9fff\\uff66-\\uff9f]";
const SMALL = "[ぁぃぅぇぉゃゅょァィゥェォャュョー\\p{P}]*";
const WORD = new RegExp(`\\p{P}*${CHARACTER}${SMALL}|(?:(?!${CHARACTER})\\S)+`, "gu");

/**
 * A line's words as texts: as the server divided it, else by spaces.
 *
 * @param {import("./lines.js").Line} line
 * @returns {string[]}
 */
export const wordsOf = (line) =>
  line.words?.length ? line.words.map((word) => word.text) : (line.text.match(WORD) ?? [line.text]);

/**
 * `lines` with a tap at `when` for a word of line `index`: it starts there, and those behind it share the rest of the
 * line, which is made longer where it would have ended before. The first word starts with its line.
 *
 * @param {import("./lines.js").Line[]} lines
 * @param {number} index
 * @param {number} word
 * @param {number} when in seconds
 * @param {number} duration of the song
 */
export function wordTapped(lines, index, word, when, duration) {
  const line = lines[index];
  if (!isTimed(line)) return lines;
  const texts = wordsOf(line);
  const before = word ? (line.words?.[word - 1]?.start ?? line.start) + SHORTEST_SECONDS : line.start;
  const start = word ? Math.max(when, before) : line.start;
  const end = Math.max(line.end, Math.min(start + LAST_WORD_SECONDS, duration), start);
  const share = (end - start) / (texts.length - word);
  const words = texts.map((text, place) => {
    const at = place < word ? (line.words?.[place]?.start ?? line.start) : start + (place - word) * share;
    return { text, start: rounded(at) };
  });
  return lines.map((one) => (one === line ? { ...line, end: rounded(end), words } : one));
}

/** @param {number} seconds */
const rounded = (seconds) => Math.round(seconds * 1000) / 1000;
