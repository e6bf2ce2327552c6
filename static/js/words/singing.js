// The lane that shows where somebody sings: drag, add, delete, say what it is, undo; and the question where it isn't sure.
import { clock } from "../clock.js";
import { asJson } from "../csrf.js";
import { nameStep } from "../elements.js";
import { toast, UNREACHABLE } from "../toasts.js";
import { paintColor, SpanLane, stripes } from "./lane.js";
import { spanAdded, spanMoved } from "./spans.js";

const SURE = 0.6;
const PARTS = { whole: "moved a passage", start: "moved a start", end: "moved an end" };

export class SingingLane {
  // `song`: {sings, sung, duration_seconds, updated_at} as the server has it. `player` says where to add.
  constructor(root, { tools, audio, view, player, saved = (_song) => {} }) {
    this.root = root;
    this.view = view;
    this.player = player;
    this.saved = saved;
    this.song = { sings: null, sung: [], sung_by_hand: false };
    this.url = `/api/audio/${audio}`;
    this.done = []; // what undo brings back: {sings, sung, sung_by_hand, change}
    this.undone = [];
    this.saving = Promise.resolve();
    this.waiting = 0;
    this.find = (name) => tools.querySelector(`[data-${name}]`);
    this.lane = new SpanLane(root, view, this);
    this.find("sung-add").onclick = () => this.add();
    this.find("sung-remove").onclick = () => this.remove(this.lane.chosen);
    this.find("sung-kind").onclick = () => this.turn(this.lane.chosen);
    this.find("sung-undo").onclick = () => this.step(this.done, this.undone);
    this.find("sung-redo").onclick = () => this.step(this.undone, this.done);
    this.find("sung-reset").onclick = () => this.change({ sings: null }, "reset the singing");
    for (const button of tools.querySelectorAll("[data-sings]"))
      button.onclick = () => this.change({ sings: button.dataset.sings === "yes" }, "answered");
    this.lane.canvas.addEventListener("dblclick", (event) => this.add(this.lane.secondsAt(event)));
  }

  take(song) {
    this.song = song;
    this.show();
  }

  show() {
    const { sings, sung } = this.song;
    if (!sung[this.lane.chosen]) this.lane.chosen = sung.length ? 0 : -1;
    this.find("sung-question").hidden = sings !== null || this.song.analysis_state === "waiting";
    this.find("sung-nobody").hidden = sings !== false;
    this.find("sung-reset").hidden = !this.song.sung_by_hand;
    nameStep(this.find("sung-undo"), "Undo", this.done.at(-1)?.change);
    nameStep(this.find("sung-redo"), "Redo", this.undone.at(-1)?.change);
    this.told();
    this.paint();
  }

  told() {
    const span = this.song.sung[this.lane.chosen];
    this.find("sung-remove").disabled = this.find("sung-kind").disabled = !span;
    this.find("sung-kind").textContent = span?.kind === "speech" ? "It is singing" : "It is speech";
    this.find("sung-words").textContent = span
      ? `${span.kind === "speech" ? "Speech" : "Singing"}, ${this.words(this.lane.chosen)}`
      : "Nobody is heard singing.";
  }

  paint() {
    if (!this.root.hidden) this.lane.paint();
  }

  add(at = this.player.time) {
    const found = spanAdded(this.song.sung, at, this.view().duration, "singing");
    if (!found) return toast("Somebody sings here already, or there is no room. Move the playhead.");
    this.lane.chosen = found.index;
    return this.change({ sung: found.spans }, "added a passage");
  }

  remove(index) {
    if (!this.song.sung[index]) return;
    this.change({ sung: this.song.sung.filter((_, place) => place !== index) }, "deleted a passage");
  }

  turn(index) {
    const other = { singing: "speech", speech: "singing" };
    const sung = this.song.sung.map((span, place) =>
      place === index ? { ...span, kind: other[span.kind], confidence: 1 } : span,
    );
    if (sung[index]) this.change({ sung }, `called it ${sung[index].kind}`);
  }

  // Shown at once. A person's answer replaces what was found, which undo brings back by forgetting the answer.
  change(wish, change, before = this.song) {
    this.done.push({ ...answerOf(before), change });
    this.undone = [];
    return this.save(wish, wish.sung ? { sung: wish.sung, sings: wish.sung.length > 0 } : { sings: wish.sings });
  }

  step(from, to) {
    const step = from.pop();
    if (!step) return;
    to.push({ ...answerOf(this.song), change: step.change });
    const { sings, sung, sung_by_hand } = step;
    const by_hand = sung.length ? { sung } : { sings: Boolean(sings) };
    this.save(sung_by_hand ? by_hand : { sings: null }, { sings, sung });
  }

  save(wish, shown) {
    this.song = { ...this.song, ...shown, sung_by_hand: wish.sings !== null };
    this.show();
    this.waiting += 1;
    this.saving = this.saving.then(() => this.sent(wish));
    return this.saving;
  }

  async sent(wish) {
    const body = { ...wish, updated_at: this.song.updated_at };
    if (wish.sung) body.sung = wish.sung.map(({ start, end, kind }) => ({ start, end, kind }));
    const response = await fetch(this.url, asJson("PATCH", body)).catch(() => null);
    const found = await response?.json().catch(() => null);
    this.waiting -= 1;
    if (!response?.ok) return this.refused(found);
    this.song.updated_at = found.updated_at;
    if (!this.waiting && !this.lane.drag) Object.assign(this.song, answerOf(found));
    this.show();
    return this.saved(found);
  }

  async refused(found) {
    toast(found?.detail ?? UNREACHABLE);
    const again = await fetch(this.url).catch(() => null);
    if (!again?.ok) return;
    this.done = [];
    this.undone = [];
    this.take(await again.json());
  }

  // What the lane asks of its owner.
  spans() {
    return this.song.sung;
  }

  label(index, part) {
    const named = `passage ${index + 1}`;
    return { whole: `Sung ${named}`, start: `Start of ${named}`, end: `End of ${named}` }[part];
  }

  words(index) {
    const { start, end, confidence } = this.song.sung[index];
    return `${clock(start)} to ${clock(end)}, ${Math.round(confidence * 100)} % sure`;
  }

  draw(brush, span, { x, width, height, chosen }) {
    const tone = paintColor(
      this.song.sings === false ? "--line-strong" : span.kind === "speech" ? "--part-1" : "--accent",
    );
    brush.globalAlpha = (chosen ? 0.75 : 0.45) * (0.4 + 0.6 * span.confidence);
    brush.fillStyle = tone;
    // Speech is half as tall, and what is unsure is striped: neither is told by color alone.
    const tall = span.kind === "speech" ? height / 2 : height - 2;
    brush.fillRect(x, height - 1 - tall, width, tall);
    brush.globalAlpha = 0.8;
    if (span.confidence < SURE) stripes(brush, { x, width, height }, tone);
    brush.globalAlpha = 1;
  }

  moved(index, part, seconds, _free, spans) {
    this.song = { ...this.song, sung: spanMoved(spans, index, part, seconds, this.view().duration) };
    this.told();
  }

  dropped(_index, part, _free, before) {
    const { sung } = this.song;
    if (sung !== before) this.change({ sung }, PARTS[part], { ...this.song, sung: before });
  }

  back(spans) {
    this.song = { ...this.song, sung: spans };
    this.told();
  }

  again(redo) {
    this.find(`sung-${redo ? "redo" : "undo"}`).click();
  }

  clicked(index) {
    this.player.seek(this.song.sung[index].start);
  }

  choosing() {
    this.told();
    this.paint();
  }

  pressed(event, index) {
    const key = event.key.toLowerCase();
    const { start, end } = this.song.sung[index];
    if (key === "enter") this.player.playSpan(start, end);
    else if (key === "delete" || key === "backspace") this.remove(index);
    else return false;
    return true;
  }
}

const answerOf = ({ sings, sung, sung_by_hand }) => ({ sings, sung, sung_by_hand });
