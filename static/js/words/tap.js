// Timing lines by ear: the song plays, and each tap is the start of the next line, or of the next word. Nothing is saved
// before Finish, which makes one version of all taps.
import { isTimed, tapped } from "./lines.js";
import { wordsOf, wordTapped } from "./word-taps.js";

const LEAD_SECONDS = 3; // heard before the first line
const KEYS = [" ", "t"];
const timeUntil =
  (end) =>
  ({ text, start }) => ({ text, start: Math.min(start, end) });

export class Tapping {
  // `shown(on)` is told when tapping begins and ends.
  constructor(panel, { store, lane, player, duration, shown }) {
    this.panel = panel;
    this.store = store;
    this.lane = lane;
    this.player = player;
    this.duration = duration;
    this.shown = shown;
    this.on = false;
    this.taps = [];
    this.find = (name) => panel.querySelector(`[data-${name}]`);
    const button = this.find("tap-here");
    // On the press, not the click that follows when the finger has left.
    button.onpointerdown = (event) => {
      if (event.button) return;
      event.preventDefault();
      this.tap(event.timeStamp);
    };
    button.onclick = (event) => event.detail === 0 && this.tap(event.timeStamp); // a screen reader's
    this.find("tap-undo").onclick = () => this.back();
    this.find("tap-finish").onclick = () => this.finish();
    this.find("tap-cancel").onclick = () => this.cancel();
    this.find("tap-pause").onclick = () => player.toggle();
    document.addEventListener("keydown", (event) => this.key(event), { capture: true });
    addEventListener("beforeunload", (event) => {
      if (this.on && this.taps.length) event.preventDefault();
    });
  }

  // `words`: a tap for each word of the lines.
  start(index, { words }) {
    this.words = words;
    this.word = 0;
    const { lines } = this.store;
    this.before = lines;
    this.taps = [];
    this.index = Math.max(0, index);
    this.unknown = new Set(lines.filter((line) => !isTimed(line)).map((line) => line.index));
    this.set(true);
    const line = lines[this.index];
    const earlier = lines.slice(0, this.index).findLast(isTimed);
    const from = isTimed(line) ? line.start - LEAD_SECONDS : (earlier?.end ?? 0) - LEAD_SECONDS;
    this.player.seek(Math.max(0, from));
    this.player.play();
    this.find("tap-here").focus({ preventScroll: true });
  }

  set(on) {
    this.on = on;
    this.panel.hidden = !on;
    this.shown(on);
    this.show();
  }

  show() {
    const { lines } = this.store;
    const [now, next] = [lines[this.index], lines[this.index + 1]];
    const shown = now ? now.text : "That was the last line.";
    this.find("tap-line").replaceChildren(...(now && this.words ? this.marked(now) : [shown]));
    this.find("tap-line").ariaLive = this.words ? "off" : "polite";
    this.find("tap-here").textContent = `Tap where this ${this.words ? "word" : "line"} starts`;
    this.find("tap-next").textContent = next ? next.text : "";
    const count = this.taps.length;
    this.find("tap-count").textContent = this.words
      ? `${count} ${count === 1 ? "word" : "words"} tapped`
      : `${count} of ${lines.length} tapped`;
    this.find("tap-undo").disabled = !this.taps.length;
    this.find("tap-here").disabled = !now;
  }

  // The line with its next word marked.
  marked(line) {
    const { text } = line;
    const texts = wordsOf(line);
    const before = texts.slice(0, this.word).reduce((place, word) => text.indexOf(word, place) + word.length, 0);
    const start = text.indexOf(texts[this.word], before);
    const mark = document.createElement("mark");
    mark.textContent = texts[this.word];
    return [text.slice(0, start), mark, text.slice(start + texts[this.word].length)];
  }

  // `at` is when the hand was there; the song has gone on since.
  tap(at) {
    if (!this.on || this.index >= this.store.lines.length) return;
    if (!this.player.playing) return void this.player.play();
    const late = Math.min(Math.max(0, performance.now() - at), 500) / 1000;
    const seconds = Math.max(0, this.player.time - late * this.player.sound.playbackRate);
    const { lines } = this.store;
    const { index, word } = this;
    const indexes = new Set(this.taps.map((tap) => tap.index));
    const how = { duration: this.duration(), tapped: indexes, unknown: this.unknown };
    this.taps.push({ index, word, lines });
    const found = word ? lines : tapped(lines, index, seconds, how);
    this.store.show(this.words ? wordTapped(found, index, word, seconds, how.duration) : found);
    this.lane.choose(index);
    this.word = this.words && word + 1 < wordsOf(lines[index]).length ? word + 1 : 0;
    if (!this.word) this.index += 1;
    this.show();
  }

  back() {
    const last = this.taps.pop();
    if (!last) return;
    this.index = last.index;
    this.word = last.word;
    this.store.show(last.lines);
    const earlier = last.lines.slice(0, last.index).findLast(isTimed);
    this.player.seek(Math.max(0, this.player.time - LEAD_SECONDS, earlier?.start ?? 0));
    if (!this.player.playing) this.player.play();
    this.show();
  }

  async finish() {
    const { lines } = this.store;
    const indexes = new Set(this.taps.map((tap) => tap.index));
    const { before } = this;
    this.player.stop();
    this.set(false);
    if (!indexes.size) return;
    const free = lines.filter((line) => before[line.index].pinned && !line.pinned && !indexes.has(line.index));
    const found = await this.store.several({
      lines: [
        ...[...indexes].map((index) => {
          const { start, end, words } = lines[index];
          return { index, start, end, follow: true, ...(this.words && { words: words.map(timeUntil(end)) }) };
        }),
        ...free.map(({ index }) => ({ index, pinned: false })),
      ],
    });
    if (found) this.taps = [];
    else if (this.store.lines.length === lines.length || !this.store.lines.length) this.again(lines);
  }

  // It wasn't saved: the taps stay, for another Finish.
  again(lines) {
    this.store.show(lines);
    this.set(true);
  }

  cancel() {
    this.player.stop();
    this.store.show(this.before);
    this.taps = [];
    this.set(false);
  }

  key(event) {
    if (!this.on || event.ctrlKey || event.metaKey || event.altKey || event.target.closest?.("dialog, select")) return;
    const key = event.key.toLowerCase();
    const own = event.target.closest?.("button") && !event.target.closest("[data-tap-here]");
    if (KEYS.includes(key) && !(key === " " && own)) {
      if (!event.repeat) this.tap(event.timeStamp);
    } else if (key === "backspace") this.back();
    else if (key === "escape") this.cancel();
    else if (key === "enter" && !own) this.finish();
    else return;
    event.preventDefault();
    event.stopImmediatePropagation();
  }
}
