// Draws the song and lays out the scenes and their cuts.
import { clock } from "../clock.js";
import { bars, color, hues } from "../waves.js";
import { showTime } from "./playing.js";
import { pixelsPerSecond } from "./scale.js";
import { blocks, canvas, find, inner, isLive, scroll, state, total } from "./state.js";

const HEIGHT = 104;
// The song's lanes from the top: sections, then waveform and beats, then where somebody sings.
const SECTIONS = { height: 20, words: 14 };
const WAVE = { top: 22, height: 74 };
const VOICE = { top: 99, height: 3 };
// Closer than that, beats are a gray surface.
const BEATS_FROM_PIXELS = 12;

export function layout() {
  const zoom = Number(find("zoom").value) / 100;
  const { scenes } = state;
  state.pixels = pixelsPerSecond({ width: scroll.clientWidth, scenes: scenes.length, seconds: total(), zoom });
  inner.style.width = `${Math.max(scroll.clientWidth, total() * state.pixels)}px`;
  const elements = new Map([...blocks.querySelectorAll(".block")].map((block) => [block.dataset.id, block]));
  const order = scenes.map((scene) => elements.get(scene.id) ?? newBlock());
  const known = blocks.querySelectorAll(".cut");
  const cuts = scenes.map((_, index) => known[index] ?? newCut(index));
  for (const [index, scene] of scenes.entries()) {
    fill(order[index], scene);
    fillCut(cuts[index], scene, index);
  }
  show([...order, ...cuts]);
  place();
  paint();
  showTime();
}

// Only when they differ: what is taken out loses the keyboard's focus and the pointer that holds it.
function show(children) {
  const focused = document.activeElement;
  const same =
    children.length === blocks.children.length && children.every((child, index) => child === blocks.children[index]);
  if (!same) blocks.replaceChildren(...children);
  if (blocks.contains(focused)) focused.focus({ preventScroll: true });
}

function newBlock() {
  const block = document.createElement("button");
  block.type = "button";
  block.className = "block";
  block.append(document.createElement("strong"), Object.assign(document.createElement("span"), { className: "state" }));
  return block;
}

function fill(block, scene) {
  const words = `${clock(scene.start)} to ${clock(scene.end)}, ${scene.status.replaceAll("-", " ")}`;
  block.dataset.id = scene.id;
  block.dataset.status = scene.status;
  block.toggleAttribute("data-live", isLive(scene));
  block.setAttribute("aria-pressed", state.chosen.has(scene.id));
  block.setAttribute("aria-label", `Scene ${scene.sequence}, ${words}`);
  block.firstChild.textContent = scene.sequence;
  block.style.backgroundImage = scene.image_url ? `url("${scene.image_url}")` : "";
}

function newCut(index) {
  const cut = document.createElement("button");
  cut.type = "button";
  cut.className = "cut";
  cut.dataset.index = index;
  return cut;
}

function fillCut(cut, scene, index) {
  cut.setAttribute("aria-label", `End of scene ${scene.sequence}; arrow keys move it`);
  // With a song the last scene ends with it.
  cut.hidden = Boolean(state.song) && index === state.scenes.length - 1;
}

function place() {
  const { scenes, pixels } = state;
  state.editor?.place();
  const all = blocks.children;
  for (const [index, scene] of scenes.entries()) {
    all[index].style.transform = `translateX(${scene.start * pixels + 1}px)`;
    all[index].style.width = `${Math.max(4, scene.length * pixels - 2)}px`;
    all[scenes.length + index].style.transform = `translateX(${scene.end * pixels}px)`;
  }
}

// The canvas is as wide as the window on the timeline and shows what is there.
function paint() {
  const width = scroll.clientWidth;
  const brush = brushOf(width);
  if (!state.song) return;
  const left = scroll.scrollLeft / state.pixels;
  const view = { left, right: left + width / state.pixels, width, x: (seconds) => (seconds - left) * state.pixels };
  paintSections(brush, view);
  if (state.pixels > BEATS_FROM_PIXELS) paintBeats(brush, view);
  if (state.song.peaks.maximum) paintWave(brush, view);
  brush.fillStyle = color("--accent");
  for (const [start, end] of state.song.voice)
    brush.fillRect(view.x(start), VOICE.top, (end - start) * state.pixels, VOICE.height);
}

function brushOf(width) {
  const scale = devicePixelRatio || 1;
  if (canvas.width !== Math.round(width * scale)) {
    canvas.style.width = `${width}px`;
    canvas.width = Math.round(width * scale);
    canvas.height = HEIGHT * scale;
  }
  const brush = canvas.getContext("2d");
  brush.setTransform(scale, 0, 0, scale, 0, 0);
  brush.clearRect(0, 0, width, HEIGHT);
  return brush;
}

function paintSections(brush, { left, right, x }) {
  const palette = hues(state.song.sections);
  brush.font = `12px ${getComputedStyle(document.body).fontFamily}`;
  for (const part of state.song.sections) {
    if (part.end < left || part.start > right) continue;
    const wide = (part.end - part.start) * state.pixels;
    brush.fillStyle = palette.get(part.label);
    brush.globalAlpha = 0.28;
    brush.fillRect(x(part.start), 0, wide - 1, SECTIONS.height);
    brush.globalAlpha = 1;
    brush.fillStyle = color("--text");
    brush.fillText(part.label, Math.max(x(part.start), 0) + 6, SECTIONS.words, wide - 8);
  }
}

function paintBeats(brush, { left, right, x }) {
  const [strong, weak] = [color("--line-strong"), color("--line")];
  for (const beat of state.song.beats) {
    if (beat < left || beat > right) continue;
    brush.fillStyle = state.song.downbeats.has(beat) ? strong : weak;
    brush.fillRect(x(beat), WAVE.top, 1, WAVE.height);
  }
}

function paintWave(brush, { left, right, width }) {
  const { from, duration, peaks } = state.song;
  brush.save();
  brush.translate(0, WAVE.top);
  bars(brush, peaks, {
    from: (left + from) / duration,
    to: (right + from) / duration,
    width,
    height: WAVE.height,
  });
  brush.restore();
}

let painting = false;
export function repaint() {
  if (painting) return;
  painting = true;
  requestAnimationFrame(() => {
    painting = false;
    place();
    paint();
    showTime();
  });
}

scroll.addEventListener("scroll", repaint, { passive: true });
new ResizeObserver(layout).observe(scroll);
find("zoom").addEventListener("input", () => {
  const middle = (scroll.scrollLeft + scroll.clientWidth / 2) / state.pixels;
  layout();
  scroll.scrollLeft = middle * state.pixels - scroll.clientWidth / 2;
});
