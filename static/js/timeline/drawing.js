// Draws the song and lays out the scenes and their cuts.
import { clock } from "../clock.js";
import { make, makeButton } from "../elements.js";
import { bars, brushOf, color, hues } from "../waves.js";
import { entryMarks } from "./entries.js";
import { showMarks } from "./marks.js";
import { showTime } from "./playing.js";
import { pixelsPerSecond } from "./scale.js";
import { blocks, canvas, find, inner, isLive, scroll, state, total } from "./state.js";

// The song's lanes from the top: sections, then waveform and beats, then where somebody sings.
const SECTIONS = { height: 20, words: 14 };
const WAVE = { top: 22, bottom: 8 };
const VOICE = { bottom: 2, height: 3 };
// A number of one digit has room on a block from here on; each further one needs more.
const NUMBER_PIXELS = 14;
const DIGIT_PIXELS = 7;
const MARKS_PIXELS = 34;
// Of blocks that are narrower, every so many have their number.
const EVERY = [5, 10, 20, 25, 50, 100];
const TIMES_PIXELS = 70; // apart
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
  const links = entryMarks(scenes, blocks.querySelectorAll(".entry"));
  for (const [index, scene] of scenes.entries()) {
    fill(order[index], scene);
    fillCut(cuts[index], scene, index);
  }
  show([...order, ...cuts, ...links]);
  place();
  paint();
  for (const lane of state.lanes) lane.paint();
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
  const block = makeButton({ className: "block" });
  block.append(make("strong"), ...["gap", "state", "marks"].map((className) => make("span", { className })));
  return block;
}

function fill(block, scene) {
  // Its card knows what fills the gap, which is no part of the scene itself.
  const filled = (scene.gap && document.getElementById(`scene-${scene.id}`)?.dataset.filled) || "";
  const gap = scene.gap ? `, gap ${scene.gap.toFixed(1)} seconds ${filled}`.trimEnd() : "";
  const sung = scene.lip_synced ? ", lip-synced" : "";
  const words = `${clock(scene.start)} to ${clock(scene.end)}, ${scene.status.replaceAll("-", " ")}${gap}${sung}`;
  block.dataset.id = scene.id;
  block.dataset.status = scene.status;
  block.toggleAttribute("data-live", isLive(scene));
  block.setAttribute("aria-pressed", state.chosen.has(scene.id));
  block.setAttribute("aria-label", `Scene ${scene.sequence}, ${words}`);
  block.firstChild.textContent = scene.sequence;
  block.querySelector(".marks").textContent = scene.lip_synced ? "●" : "";
  block.toggleAttribute("data-gap", Boolean(scene.gap));
  block.toggleAttribute("data-filled", Boolean(filled));
  block.toggleAttribute("data-older", scene.older_words);
  if (scene.stale) block.ariaLabel += `. ${scene.stale_reason}`;
  if (scene.older_words) block.ariaLabel += ", older words";
  block.title = block.getAttribute("aria-label");
  fillPicture(block, scene);
}

// The poster is of the clip's start.
let frames = null;
async function fillPicture(block, { id, clip_in, video_url, poster_url }) {
  const paint = (url) => {
    block.style.backgroundImage = url ? `url("${url}")` : "";
  };
  const own = clip_in > 0 && video_url ? `${video_url}#${clip_in.toFixed(2)}` : "";
  if (block.dataset.picture === own && own) return;
  block.dataset.picture = own;
  paint(poster_url);
  if (!own) return;
  frames ??= import("./frames.js");
  const url = await (await frames).frameOf(video_url, clip_in);
  if (url && block.dataset.id === id && block.dataset.picture === own) paint(url);
}

function newCut(index) {
  const cut = makeButton({ className: "cut" });
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
  showMarks();
  const all = blocks.children;
  const every = EVERY.find((many) => (many * total() * pixels) / scenes.length > MARKS_PIXELS);
  for (const [index, scene] of scenes.entries()) {
    all[index].style.transform = `translateX(${scene.start * pixels + 1}px)`;
    const wide = Math.max(4, scene.length * pixels - 2);
    all[index].style.width = `${wide}px`;
    const narrow = wide < NUMBER_PIXELS + DIGIT_PIXELS * String(scene.sequence).length;
    all[index].toggleAttribute("data-narrow", narrow);
    const roomy = (total() - scene.start) * pixels > MARKS_PIXELS;
    all[index].toggleAttribute("data-numbered", narrow && roomy && (!index || scene.sequence % every === 0));
    all[index].querySelector(".marks").hidden = wide < MARKS_PIXELS;
    if (scene.gap) all[index].querySelector(".gap").style.width = `${(100 * scene.gap) / scene.length}%`;
    all[scenes.length + index].style.transform = `translateX(${scene.end * pixels}px)`;
    const link = all[2 * scenes.length + index];
    link.style.transform = `translateX(${scene.start * pixels}px)`;
    link.toggleAttribute("data-narrow", wide < MARKS_PIXELS);
  }
}

// The canvas is as wide as the window on the timeline and shows what is there.
function paint() {
  const { clientWidth: width } = scroll;
  const { clientHeight: height } = canvas;
  canvas.style.width = `${width}px`;
  const brush = brushOf(canvas, width, height);
  const left = scroll.scrollLeft / state.pixels;
  const view = {
    left,
    right: left + width / state.pixels,
    width,
    height: height - WAVE.top - WAVE.bottom,
    x: (seconds) => (seconds - left) * state.pixels,
  };
  if (!state.song) return paintTimes(brush, view);
  if (state.song.peaks.maximum) paintWave(brush, view);
  if (state.pixels > BEATS_FROM_PIXELS) paintBeats(brush, view);
  paintSections(brush, view);
  brush.fillStyle = color("--accent");
  for (const [start, end] of state.song.voice)
    brush.fillRect(view.x(start), height - VOICE.bottom - VOICE.height, (end - start) * state.pixels, VOICE.height);
}

// Without a song.
function paintTimes(brush, { left, right, x }) {
  const step = [1, 2, 5, 10, 15, 30, 60].find((seconds) => seconds * state.pixels > TIMES_PIXELS) ?? 300;
  brush.font = `12px ${getComputedStyle(document.body).fontFamily}`;
  brush.fillStyle = color("--quiet");
  for (let seconds = Math.floor(left / step) * step; seconds < right; seconds += step) {
    brush.fillRect(x(seconds), 0, 1, 6);
    brush.fillText(clock(seconds, 0), x(seconds) + 5, 14);
  }
}

function paintSections(brush, { left, right, x }) {
  const palette = hues(state.song.sections);
  brush.font = `12px ${getComputedStyle(document.body).fontFamily}`;
  for (const part of state.song.sections) {
    if (part.end < left || part.start > right) continue;
    const wide = (part.end - part.start) * state.pixels;
    brush.fillStyle = palette.get(part.label);
    brush.globalAlpha = 0.5;
    brush.fillRect(x(part.start), 0, wide - 1, SECTIONS.height);
    brush.globalAlpha = 1;
    brush.fillStyle = color("--text");
    brush.fillText(part.label, Math.max(x(part.start), 0) + 6, SECTIONS.words, wide - 8);
  }
}

// Behind the wave.
function paintBeats(brush, { left, right, height, x }) {
  brush.globalCompositeOperation = "destination-over";
  const [strong, weak] = [color("--line-strong"), color("--line")];
  for (const beat of state.song.beats) {
    if (beat < left || beat > right) continue;
    brush.fillStyle = state.song.downbeats.has(beat) ? strong : weak;
    brush.fillRect(x(beat), WAVE.top, 1, height);
  }
  brush.globalCompositeOperation = "source-over";
}

// In the hues of the song's sections.
function paintWave(brush, { left, right, width, height, x }) {
  const { from, duration, peaks, sections } = state.song;
  brush.save();
  brush.translate(0, WAVE.top);
  bars(brush, peaks, {
    from: (left + from) / duration,
    to: (right + from) / duration,
    width,
    height,
  });
  const palette = hues(sections);
  brush.globalCompositeOperation = "source-atop";
  for (const part of sections) {
    brush.fillStyle = palette.get(part.label);
    brush.fillRect(x(part.start), 0, (part.end - part.start) * state.pixels, height);
  }
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
    for (const lane of state.lanes) lane.paint();
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
