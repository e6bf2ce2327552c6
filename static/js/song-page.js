// The song's page: its sound, waveform and lanes, and the list of lines below, which shows the same.
import { clock } from "./clock.js";
import { toast } from "./toasts.js";
import { bars, brushOf, color, hues } from "./waves.js";
import { lineAt } from "./words/lines.js";
import { LineList } from "./words/list.js";
import { SongPlayer } from "./words/player.js";
import { SingingLane } from "./words/singing.js";
import { WordsStore } from "./words/store.js";
import { WordsLane } from "./words/timing.js";

const CLOSEST_PIXELS = 200; // per second
const USUAL_PIXELS = 30;
const PEAKS_AGAIN_MILLISECONDS = 2000;
const SECTION = { height: 18, words: 13 };
const TICKS = [0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600];
const TICK_PIXELS = 80;

const root = document.querySelector("[data-song-timing]");
const find = (name) => root.querySelector(`[data-${name}]`);
const { audio } = root.dataset;
const [scroll, inner, wave, head] = ["scroll", "inner", "song-wave", "playhead"].map(find);
const view = { from: 0, pixels: USUAL_PIXELS, left: 0, width: 0, duration: Number(root.dataset.duration) };
let song = null;
let peaks = null;

const player = new SongPlayer(find("song-sound"), {
  button: find("play"),
  time: find("clock"),
  moved: (seconds) => showTime(seconds),
});
const store = new WordsStore(audio);
const words = new WordsLane(find("words-lane"), { tools: find("words-tools"), store, view: () => view, player });
const singing = new SingingLane(find("sung-lane"), {
  tools: find("sung-tools"),
  audio,
  view: () => view,
  player,
  // The page's forms were made of the song before.
  saved: ({ updated_at }) => {
    for (const input of document.querySelectorAll("input[name=updated_at]")) input.value = updated_at;
  },
});
const list = new LineList(store, words);
// Tapping comes with the first wish for it.
let tapping = null;
const startTapping = async (how) => {
  const { Tapping } = await import("./words/tap.js");
  tapping ??= new Tapping(find("tapping"), {
    store,
    lane: words,
    player,
    duration: () => view.duration,
    shown: (on) => {
      for (const name of ["start", "words"]) find(`tap-${name}`).disabled = on;
    },
  });
  tapping.start(words.current, how);
};
find("tap-start").onclick = () => startTapping({ words: false });
find("tap-words").onclick = () => startTapping({ words: true });
find("speed").onchange = ({ target }) => {
  player.sound.playbackRate = Number(target.value);
};

function showTime(seconds) {
  const at = seconds * view.pixels;
  head.style.transform = `translateX(${at}px)`;
  const outside = at < view.left || at > view.left + view.width - 20;
  if (outside && !words.lane.drag && !singing.lane.drag) scroll.scrollLeft = at - view.width / 8;
}

function layout() {
  view.width = scroll.clientWidth;
  const whole = view.width / Math.max(view.duration, 1);
  const closest = Math.max(whole, CLOSEST_PIXELS);
  view.pixels = whole * (closest / whole) ** (Number(find("zoom").value) / 100);
  inner.style.width = `${Math.max(view.width, view.duration * view.pixels)}px`;
  view.left = scroll.scrollLeft;
  paint();
}

function zoomTo(pixels) {
  const whole = scroll.clientWidth / Math.max(view.duration, 1);
  const share = Math.log(Math.max(1, pixels / whole)) / Math.log(Math.max(CLOSEST_PIXELS, whole * 1.01) / whole);
  find("zoom").value = String(Math.min(100, Math.round(100 * share)));
}

let painting = false;
function paint() {
  if (painting) return;
  painting = true;
  requestAnimationFrame(() => {
    painting = false;
    paintWave();
    words.paint();
    singing.paint();
    head.style.transform = `translateX(${player.time * view.pixels}px)`;
  });
}

function paintWave() {
  const height = wave.clientHeight;
  wave.style.width = `${view.width}px`;
  const brush = brushOf(wave, view.width, height);
  const first = view.left / view.pixels;
  const last = first + view.width / view.pixels;
  const x = (seconds) => (seconds - first) * view.pixels;
  brush.font = `12px ${getComputedStyle(document.body).fontFamily}`;
  for (const part of song?.analysis.sections ?? []) {
    const { label, start_seconds: start, end_seconds: end } = part;
    if (end < first || start > last) continue;
    brush.globalAlpha = 0.28;
    brush.fillStyle = hues(song.analysis.sections).get(label);
    brush.fillRect(x(start), 0, (end - start) * view.pixels - 1, SECTION.height);
    brush.globalAlpha = 1;
    brush.fillStyle = color("--text");
    brush.fillText(label, Math.max(x(start), 0) + 6, SECTION.words, (end - start) * view.pixels);
  }
  paintTicks(brush, { first, last, x, height });
  if (!peaks?.maximum) return;
  brush.save();
  brush.translate(0, SECTION.height);
  const { duration } = view;
  bars(brush, peaks, {
    from: first / duration,
    to: last / duration,
    width: view.width,
    height: height - SECTION.height - 14,
  });
  brush.restore();
}

function paintTicks(brush, { first, last, x, height }) {
  const every = TICKS.find((seconds) => seconds * view.pixels >= TICK_PIXELS) ?? 1200;
  brush.fillStyle = color("--quiet");
  for (let at = Math.ceil(first / every) * every; at <= last; at += every) {
    brush.fillRect(x(at), height - 6, 1, 6);
    brush.fillText(clock(at, every < 1 ? 1 : 0).replace(/:0+(\d\d)$/, ":$1"), x(at) + 4, height - 2);
  }
}

wave.addEventListener("pointerdown", (event) => {
  if (event.button) return;
  const seek = (move) =>
    player.seek(Math.min((move.clientX - inner.getBoundingClientRect().left) / view.pixels, view.duration));
  if (event.pointerType === "touch") return void wave.addEventListener("click", seek, { once: true });
  seek(event);
  wave.setPointerCapture(event.pointerId);
  wave.onpointermove = seek;
  wave.onpointerup = wave.onpointercancel = () => {
    wave.onpointermove = null;
  };
});
scroll.addEventListener(
  "scroll",
  () => {
    view.left = scroll.scrollLeft;
    paint();
  },
  { passive: true },
);
find("zoom").addEventListener("input", () => {
  const middle = player.time * view.pixels;
  const shown = middle >= view.left && middle <= view.left + view.width;
  const seconds = shown ? player.time : (view.left + view.width / 2) / view.pixels;
  const at = shown ? middle - view.left : view.width / 2;
  layout();
  scroll.scrollLeft = seconds * view.pixels - at;
});

const TYPED = "input:not([type=checkbox], [type=range]), textarea, select, dialog, [contenteditable]";
document.addEventListener("keydown", (event) => {
  if (event.defaultPrevented || event.target.closest?.(TYPED)) return;
  const key = event.key.toLowerCase();
  if (key === "z" && (event.ctrlKey || event.metaKey)) {
    const lane = event.target.closest?.(".lane-sung, [data-sung-tools]") ? "sung" : "words";
    find(`${lane}-${event.shiftKey ? "redo" : "undo"}`).click();
  } else if (event.ctrlKey || event.metaKey || event.altKey) return;
  else if (key === " " && !event.target.closest?.("button, summary, a, input")) player.toggle();
  else if (key === "n") words.check(event.shiftKey ? -1 : 1);
  else return;
  event.preventDefault();
});

async function load() {
  const [facts, drawn] = await Promise.all(
    ["", "/peaks"].map((part) => fetch(`/api/audio/${audio}${part}`).then((response) => response.json())),
  );
  song = facts;
  // A long song's energy is finer than its peaks.
  peaks =
    drawn.energy?.length > drawn.maximum?.length
      ? { maximum: drawn.energy, minimum: drawn.energy.map(() => 0) }
      : drawn;
  view.duration = facts.duration_seconds || view.duration || player.sound.duration || 1;
  singing.root.hidden = false;
  singing.take(facts);
  if (!drawn.maximum) setTimeout(load, PEAKS_AGAIN_MILLISECONDS);
  layout();
}

await Promise.all([load(), store.load(LineList.known())]).catch((error) => toast(error.message));
zoomTo(USUAL_PIXELS);
layout();
new ResizeObserver(layout).observe(scroll);
list.follow();
player.tell();
goToAsked();
addEventListener("hashchange", goToAsked);

// `#line-3`, or `#at-41.5`: the line that is sung then.
function goToAsked() {
  const [, kind, number] = /^#(line|at)-(\d+(?:\.\d+)?)$/.exec(location.hash) ?? [];
  if (!kind || !store.lines.length) return;
  const index = kind === "line" ? Number(number) - 1 : lineAt(store.lines, Number(number));
  words.goTo(Math.min(Math.max(0, index), store.lines.length - 1));
}
