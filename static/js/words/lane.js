// A lane of spans under a song: drawn on a canvas as wide as the window on it, so that a thousand spans cost what is
// visible. The chosen one is an element of its own, with a handle at each end, for hands, keys and screen readers.
import { brushOf, color } from "../waves.js";

const PARTS = ["whole", "start", "end"];
// Less is the tremble of a click.
const DRAG_FROM_PIXELS = 4;
const NEAR_PIXELS = 7;
const NUDGE_SECONDS = 0.01;
const WIDE_NUDGE_SECONDS = 0.1;
const REST_MILLISECONDS = 450;

/**
 * `view`: {from: seconds of the song at the lane's left end, pixels: per second, left: scrolled by, width}, read anew.
 * `owner`: {spans(), words(index, part), draw(brush, span, box), moved(index, part, seconds, free): spans to show,
 * dropped(index, part, free), back(spans), again(whether redo, not undo), pressed(event, index): whether the key was its
 * own, choosing(index)}.
 */
export class SpanLane {
  constructor(root, view, owner) {
    this.root = root;
    this.view = view;
    this.owner = owner;
    this.chosen = -1;
    this.drag = null;
    this.resting = 0;
    this.height = 0;
    this.canvas = root.querySelector("canvas");
    this.handles = PARTS.map((part) => this.handle(part));
    this.canvas.after(...this.handles);
    this.canvas.addEventListener("pointerdown", (event) => this.pressed(event));
    root.addEventListener("keydown", (event) => this.key(event));
    root.addEventListener("focusout", () => this.rest());
    addEventListener("pagehide", () => this.rest());
  }

  handle(part) {
    const handle = document.createElement("div");
    handle.className = `lane-${part}`;
    handle.tabIndex = 0;
    handle.role = "slider";
    handle.dataset.part = part;
    handle.ariaOrientation = "horizontal";
    handle.hidden = true;
    handle.addEventListener("pointerdown", (event) => this.grab(event, this.chosen, part, handle));
    return handle;
  }

  secondsAt(event) {
    const { pixels, from } = this.view();
    return from + (event.clientX - this.root.getBoundingClientRect().left) / pixels;
  }

  // The span under a place, the shortest of several; -1 for none.
  indexAt(seconds) {
    const spans = this.owner.spans();
    const slack = NEAR_PIXELS / this.view().pixels;
    let found = -1;
    for (const [index, span] of spans.entries()) {
      if (span.start === null || seconds < span.start || seconds > Math.max(span.end, span.start + slack)) continue;
      if (found < 0 || span.end - span.start < spans[found].end - spans[found].start) found = index;
    }
    return found;
  }

  pressed(event) {
    if (event.button) return;
    const index = this.indexAt(this.secondsAt(event));
    if (index < 0) return;
    this.choose(index);
    // A finger on the lane scrolls it; it drags what is chosen by its element.
    if (event.pointerType !== "touch") this.grab(event, index, "whole", this.canvas);
  }

  choose(index, focus = false) {
    this.rest();
    const other = index !== this.chosen;
    this.chosen = index;
    this.place();
    if (focus) this.handles[0].focus({ preventScroll: true });
    if (other) this.owner.choosing?.(index);
  }

  grab(event, index, part, element) {
    if (event.button) return;
    event.preventDefault();
    this.handles[PARTS.indexOf(part)].focus({ preventScroll: true });
    this.rest();
    const spans = this.owner.spans();
    this.drag = { index, part, spans, x: event.clientX, pointer: event.pointerId, going: false };
    element.setPointerCapture(event.pointerId);
    element.onpointermove = (move) => this.follow(move);
    element.onpointerup = (up) => this.drop(element, up.altKey);
    element.onpointercancel = () => this.cancel(element);
  }

  follow({ clientX, altKey }) {
    const { drag } = this;
    if (!drag || (!drag.going && Math.abs(clientX - drag.x) <= DRAG_FROM_PIXELS)) return;
    drag.going = true;
    const span = drag.spans[drag.index];
    const from = drag.part === "end" ? span.end : span.start;
    this.owner.moved(drag.index, drag.part, from + (clientX - drag.x) / this.view().pixels, altKey, drag.spans);
    this.paint();
  }

  drop(element, free) {
    const { drag } = this;
    this.letGo(element);
    if (drag?.going) this.owner.dropped(drag.index, drag.part, free, drag.spans);
    else if (drag) this.owner.clicked?.(drag.index);
  }

  cancel(element) {
    const { drag } = this;
    this.letGo(element);
    if (drag?.going) this.owner.back(drag.spans);
    this.paint();
  }

  letGo(element) {
    this.drag = null;
    for (const name of ["onpointermove", "onpointerup", "onpointercancel"]) element[name] = null;
  }

  key(event) {
    const { part } = event.target.dataset;
    if (!part) return;
    if (event.ctrlKey || event.metaKey) {
      if (event.key.toLowerCase() !== "z") return;
      this.owner.again(event.shiftKey);
      event.preventDefault();
      return event.stopPropagation();
    }
    if (this.drag && event.key === "Escape") return this.cancel(document.activeElement);
    const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    const next = { ArrowUp: -1, ArrowDown: 1 }[event.key];
    if (step) this.nudge(part, step * (event.shiftKey ? WIDE_NUDGE_SECONDS : NUDGE_SECONDS), event.altKey);
    else if (next) this.chooseNext(next);
    else if (!this.owner.pressed(event, this.chosen)) return;
    event.preventDefault();
    event.stopPropagation(); // the page's own keys mean other things
  }

  chooseNext(step) {
    const spans = this.owner.spans();
    let index = this.chosen + step;
    while (spans[index] && spans[index].start === null) index += step;
    if (spans[index]) this.choose(index, true);
  }

  // Several nudges in a row are saved as one change.
  nudge(part, seconds, free = false) {
    const span = this.owner.spans()[this.chosen];
    if (!span || span.start === null) return;
    this.nudged ??= { index: this.chosen, part, free, spans: this.owner.spans() };
    if (this.nudged.part !== part) {
      this.rest();
      this.nudged = { index: this.chosen, part, free, spans: this.owner.spans() };
    }
    const from = part === "end" ? span.end : span.start;
    this.owner.moved(this.chosen, part, from + seconds, free, this.owner.spans());
    this.paint();
    clearTimeout(this.resting);
    this.resting = setTimeout(() => this.rest(), REST_MILLISECONDS);
  }

  rest() {
    clearTimeout(this.resting);
    const { nudged } = this;
    this.nudged = null;
    if (nudged) this.owner.dropped(nudged.index, nudged.part, nudged.free, nudged.spans);
  }

  place() {
    const span = this.owner.spans()[this.chosen];
    const none = !span || span.start === null;
    const { pixels, from, duration } = this.view();
    for (const [number, handle] of this.handles.entries()) {
      const part = PARTS[number];
      handle.hidden = none;
      if (none) continue;
      const at = part === "end" ? span.end : span.start;
      handle.style.transform = `translateX(${(at - from) * pixels}px)`;
      if (part === "whole") handle.style.width = `${Math.max(3, (span.end - span.start) * pixels)}px`;
      handle.ariaValueMin = "0";
      handle.ariaValueMax = String(duration);
      handle.ariaValueNow = at.toFixed(3);
      handle.ariaLabel = this.owner.label(this.chosen, part);
      handle.ariaValueText = this.owner.words(this.chosen, part);
    }
  }

  paint() {
    const { from, pixels, left, width } = this.view();
    const { height, brush } = this.brush(width);
    const first = from + left / pixels;
    const last = first + width / pixels;
    for (const [index, span] of this.owner.spans().entries()) {
      if (span.start === null || span.end < first || span.start > last) continue;
      const x = (span.start - first) * pixels;
      const wide = Math.max(2, (span.end - span.start) * pixels - 1);
      this.owner.draw(brush, span, { x, width: wide, height, chosen: index === this.chosen });
    }
    this.place();
  }

  brush(width) {
    this.height ||= this.canvas.clientHeight;
    this.canvas.style.width = `${width}px`;
    return { brush: brushOf(this.canvas, width, this.height), height: this.height };
  }
}

// The colors of the page, read once: a style that is asked for on each frame costs more than the drawing.
const colors = new Map();
export function paintColor(name) {
  if (!colors.has(name)) colors.set(name, color(name));
  return colors.get(name);
}

// Slanted stripes: what is unsure is told by more than its color.
export function stripes(brush, { x, width, height }, fill) {
  brush.save();
  brush.beginPath();
  brush.rect(x, 0, width, height);
  brush.clip();
  brush.strokeStyle = fill;
  brush.lineWidth = 2;
  brush.beginPath();
  for (let at = Math.max(x, 0) - height; at < Math.min(x + width, 4000); at += 8) {
    brush.moveTo(at, height);
    brush.lineTo(at + height, 0);
  }
  brush.stroke();
  brush.restore();
}
