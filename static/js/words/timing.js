// The lane of a song's lines, and the tools above it: drag, nudge, pin, play, check, undo.
import { clock } from "../clock.js";
import { nameStep } from "../elements.js";
import { paintColor, SpanLane, stripes } from "./lane.js";
import { doubtful, edgeMoved, isSure, isTimed, lineAt, moved } from "./lines.js";

const TEXT_FROM_PIXELS = 26;
const BEFORE_SECONDS = 0.6; // of a line that is looked at, so that its start can be heard

export class WordsLane {
  // `player`: {time, playing, seek(seconds), playSpan(start, end)}, in seconds of the song.
  constructor(root, { tools, store, view, player }) {
    this.root = root;
    this.tools = tools;
    this.store = store;
    this.view = view;
    this.player = player;
    this.find = (name) => tools.querySelector(`[data-${name}]`);
    this.marked = (_index) => {}; // a list that follows
    this.current = 0; // also a line without a time, which the lane can't choose
    this.lane = new SpanLane(root, view, this);
    this.font = `12px ${getComputedStyle(document.body).fontFamily}`;
    this.on("words-undo", () => store.step(true));
    this.on("words-redo", () => store.step(false));
    this.on("play-line", () => this.play(this.current));
    this.on("pin", () => this.pin(this.current));
    for (const button of tools.querySelectorAll("[data-check]"))
      button.onclick = () => this.check(Number(button.dataset.check));
    for (const button of tools.querySelectorAll("[data-nudge-line]"))
      button.onclick = () => this.lane.nudge("whole", Number(button.dataset.nudgeLine));
    for (const button of tools.querySelectorAll("[data-nudge-all]"))
      button.onclick = () => store.several({ nudge: Number(button.dataset.nudgeAll) });
    store.listen(() => this.show());
  }

  on(name, act) {
    const button = this.find(name);
    if (button) button.onclick = act;
  }

  get follows() {
    return this.find("follow")?.checked ?? true;
  }

  // The tools as the lines are now.
  show() {
    const { store, lane } = this;
    const { lines, sure, to_check: doubts } = store.quality;
    this.root.hidden = !store.lines.some(isTimed);
    this.tools.hidden = !lines;
    this.current = Math.max(0, Math.min(this.current, lines - 1));
    if (isTimed(store.lines[this.current])) lane.chosen = this.current;
    else if (!isTimed(store.lines[lane.chosen])) lane.chosen = store.lines.findIndex(isTimed);
    this.find("quality").textContent = `${lines} line${lines === 1 ? "" : "s"}, ${sure} sure, ${doubts} to check`;
    for (const button of this.tools.querySelectorAll("[data-check]")) button.disabled = !doubts;
    nameStep(this.find("words-undo"), "Undo", store.undo);
    nameStep(this.find("words-redo"), "Redo", store.redo);
    this.told();
    this.paint();
  }

  // What is known of the chosen line.
  told() {
    const line = this.store.lines[this.current];
    const words = this.find("line-words");
    if (words) words.textContent = line ? this.label(line.index) : "";
    const pin = this.find("pin");
    if (pin) {
      pin.disabled = !isTimed(line);
      pin.setAttribute("aria-pressed", String(Boolean(line?.pinned)));
    }
  }

  paint() {
    if (!this.root.hidden) this.lane.paint();
  }

  choose(index, focus = false) {
    if (isTimed(this.store.lines[index])) this.lane.choose(index, focus);
    this.choosing(index);
    this.paint();
  }

  // The next (1) or previous (-1) line to check, and the player there.
  check(step) {
    const index = doubtful(this.store.lines, this.current, step);
    if (index >= 0) this.goTo(index);
  }

  goTo(index) {
    const line = this.store.lines[index];
    if (isTimed(line)) this.player.seek(Math.max(0, line.start - BEFORE_SECONDS));
    this.choose(index, true);
  }

  play(index) {
    const line = this.store.lines[index];
    if (isTimed(line)) this.player.playSpan(line.start, line.end);
  }

  pin(index) {
    const line = this.store.lines[index];
    if (isTimed(line)) this.store.line(index, { pinned: !line.pinned });
  }

  // What the lane asks of its owner.
  spans() {
    return this.store.lines;
  }

  label(index, part = "whole") {
    const line = this.store.lines[index];
    const named = `Line ${index + 1}: ${line.text}`;
    return part === "whole" ? named : `${part === "start" ? "Start" : "End"} of line ${index + 1}`;
  }

  words(index) {
    const line = this.store.lines[index];
    const known = isSure(line) ? "sure" : "to check";
    return `${clock(line.start)} to ${clock(line.end)}, ${known}${line.pinned ? ", pinned" : ""}`;
  }

  draw(brush, line, { x, width, height, chosen }) {
    const tone = paintColor(isSure(line) ? "--accent" : "--warn");
    brush.globalAlpha = chosen ? 0.5 : 0.22;
    brush.fillStyle = tone;
    brush.fillRect(x, 1, width, height - 2);
    brush.globalAlpha = 0.55;
    if (!isSure(line)) stripes(brush, { x, width, height: height - 2 }, tone);
    brush.globalAlpha = 1;
    brush.fillStyle = tone;
    brush.fillRect(x, 1, line.pinned ? 3 : 1, height - 2);
    if (width < TEXT_FROM_PIXELS) return;
    brush.save();
    brush.beginPath();
    brush.rect(x, 0, width - 3, height);
    brush.clip();
    brush.font = this.font;
    brush.fillStyle = paintColor("--text");
    // What began left of the window is still read in it.
    brush.fillText(`${isSure(line) ? "" : "? "}${line.text}`, Math.max(x, 0) + 7, height / 2 + 4);
    brush.restore();
  }

  moved(index, part, seconds, free, lines) {
    const { duration } = this.view();
    const follow = this.follows && !free;
    const next =
      part === "whole"
        ? moved(lines, index, seconds, { duration, follow })
        : edgeMoved(lines, index, part, seconds, duration);
    this.store.lines = next;
    this.told();
  }

  dropped(index, part, free, before) {
    const line = this.store.lines[index];
    if (line === before[index]) return;
    this.store.tell(this.store.lines.filter((one, place) => one !== before[place]).map((one) => one.index));
    const { start, end } = line;
    const bodies = {
      whole: this.follows && !free ? { start, follow: true } : { start },
      start: { start, end },
      end: { end },
    };
    this.store.line(index, bodies[part]);
  }

  back(lines) {
    this.store.show(lines);
  }

  again(redo) {
    this.find(`words-${redo ? "redo" : "undo"}`).click();
  }

  clicked(index) {
    this.player.seek(this.store.lines[index].start);
  }

  choosing(index) {
    const other = index !== this.current;
    this.current = index;
    this.told();
    this.paint();
    if (other) this.marked(index);
  }

  pressed(event, index) {
    const key = event.key.toLowerCase();
    if (key === "enter") this.play(index);
    else if (key === "p") this.pin(index);
    else return false;
    return true;
  }

  // The line that is sung now.
  playing() {
    return lineAt(this.store.lines, this.player.time);
  }
}
