// The Pro editor's track: segments on the video's time, their sound under them, drawn and moved by mouse and keyboard.
import { clock } from "./clock.js";
import { make, makeButton } from "./elements.js";
import {
  addSegment,
  audioOf,
  change,
  edges,
  editor,
  find,
  follow,
  followSong,
  frame,
  hue,
  length,
  problems,
  remove,
  round,
  SHORTEST_SECONDS,
  snapped,
  sounds,
  start,
  state,
  video,
} from "./pro-state.js";
import { bars, brushOf } from "./waves.js";

const SNAP_PIXELS = 8;
const TICK_STEPS = [0.1, 0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300];
const TICK_PIXELS = 70;
const track = find("track");
const zoom = find("zoom");

export function paint(canvas, peaks, part) {
  const { clientWidth: width, clientHeight: height } = canvas;
  if (!width) return null;
  const brush = brushOf(canvas, width, height);
  bars(brush, peaks, { ...part, width, height });
  return brush;
}

export function renderTrack() {
  if (!length()) return;
  const focused = document.activeElement?.dataset?.segment;
  for (const old of track.querySelectorAll(".pro-segment, .pro-ghost")) old.remove();
  for (const part of ghosts()) track.append(ghost(part));
  track.append(...state.segments.map(block));
  if (focused) track.querySelector(`[data-segment="${focused}"]`)?.focus({ preventScroll: true });
  renderSounds();
}

// What the window's or the zoom's size decides.
export function resizeTrack() {
  find("lane").style.width = `${100 * zoom.value}%`;
  const width = track.clientWidth;
  const step = TICK_STEPS.find((one) => (one / length()) * width >= TICK_PIXELS) ?? TICK_STEPS.at(-1);
  const ticks = length() ? Array.from({ length: Math.floor(length() / step) + 1 }, (_, index) => index * step) : [];
  find("ruler").replaceChildren(
    ...ticks.map((seconds) => {
      const tick = make("span", {
        textContent: step < 1 ? clock(seconds).slice(0, -2) : clock(seconds).slice(0, -4),
      });
      place(tick, seconds);
      return tick;
    }),
  );
  const own = sounds.get(state.video?.id);
  if (own) paint(find("wave"), own.peaks, { from: 0, to: 1 });
  renderTrack();
}

export function renderSuggestions() {
  const button = find("suggest");
  const count = ghosts().length;
  button.hidden = !count;
  button.textContent = count === 1 ? "Use the singing part" : `Use the ${count} singing parts`;
}

const place = (element, from, to) => {
  element.style.left = `${(100 * from) / length()}%`;
  if (to !== undefined) element.style.width = `${(100 * (to - from)) / length()}%`;
};

// Sung parts of the song that no segment covers yet.
const ghosts = () =>
  (start.video?.id === state.video?.id ? (start.sung ?? []) : []).filter(
    (part) => !state.segments.some((segment) => segment.start < part.end && segment.end > part.start),
  );

const accept = (part) => addSegment(part.start, part.end);

function ghost(part) {
  const button = makeButton({ className: "pro-ghost", textContent: "sung" });
  place(button, part.start, part.end);
  button.setAttribute("aria-label", `Use the singing part ${clock(part.start)} to ${clock(part.end)}`);
  button.addEventListener("click", () => track.querySelector(`[data-segment="${accept(part).id}"]`)?.focus());
  return button;
}

function block(segment, index) {
  const button = makeButton({ className: "pro-segment" });
  button.dataset.segment = segment.id;
  button.style.setProperty("--hue", hue(segment.ref));
  place(button, segment.start, segment.end);
  button.setAttribute("aria-label", `Segment ${index + 1}, ${clock(segment.start)} to ${clock(segment.end)}`);
  button.setAttribute("aria-invalid", String(problems.has(segment.id)));
  button.title = (problems.get(segment.id) ?? []).join(" ");
  button.append(make("i"), `${index + 1}`, make("i"));
  button.addEventListener("pointerdown", (event) => drag(event, segment, button));
  button.addEventListener("keydown", (event) => keys(event, segment));
  return button;
}

function renderSounds() {
  const lane = find("sounds");
  lane.replaceChildren();
  for (const segment of state.segments) {
    const audio = audioOf(segment);
    const sound = audio && sounds.get(audio.id);
    if (!sound) continue;
    const canvas = make("canvas");
    canvas.style.setProperty("--hue", hue(segment.ref));
    place(canvas, segment.start, segment.end);
    lane.append(canvas);
    paint(
      canvas,
      sound.peaks,
      segment.cropped ? { from: segment.from / audio.seconds, to: segment.to / audio.seconds } : { from: 0, to: 1 },
    );
  }
}

// --- hands ---
const secondsAt = (event) => {
  const box = track.getBoundingClientRect();
  return Math.min(1, Math.max(0, (event.clientX - box.left) / box.width)) * length();
};

function near(seconds, moved) {
  const others = state.segments.filter((one) => one !== moved).flatMap((one) => [one.start, one.end]);
  return snapped(
    seconds,
    [...edges.own, ...edges.sung, ...others, video.currentTime],
    (SNAP_PIXELS / track.clientWidth) * length(),
  );
}

function drag(event, segment, button) {
  event.preventDefault();
  event.stopPropagation();
  button.focus({ preventScroll: true });
  const grips = button.querySelectorAll("i");
  const edge = event.target === grips[0] ? "start" : event.target === grips[1] ? "end" : "both";
  const [from, to, origin] = [segment.start, segment.end, secondsAt(event)];
  const move = (now) => {
    const by = secondsAt(now) - origin;
    if (edge === "start") segment.start = round(Math.min(near(from + by, segment), to - SHORTEST_SECONDS));
    else if (edge === "end") segment.end = round(Math.max(near(to + by, segment), from + SHORTEST_SECONDS));
    else moveWhole(segment, from + by, to - from);
    followSong(segment);
    editor.render();
  };
  follow(move, editor.changed);
}

// Either end may snap; the nearer one wins.
function moveWhole(segment, first, seconds) {
  const [byStart, byEnd] = [near(first, segment) - first, near(first + seconds, segment) - first - seconds];
  const shift = !byEnd || (byStart && Math.abs(byStart) <= Math.abs(byEnd)) ? byStart : byEnd;
  segment.start = round(Math.min(Math.max(0, first + shift), length() - seconds));
  segment.end = round(segment.start + seconds);
}

track.addEventListener("pointerdown", (event) => {
  if (!length() || event.target.closest("button")) return;
  event.preventDefault();
  const origin = near(secondsAt(event));
  let segment = null;
  const move = (now) => {
    const here = near(secondsAt(now), segment);
    if (!segment && Math.abs(here - origin) < SHORTEST_SECONDS) return;
    segment ??= addSegment(Math.min(origin, here), Math.max(origin, here));
    [segment.start, segment.end] = [round(Math.min(origin, here)), round(Math.max(origin, here))];
    followSong(segment);
    editor.render();
  };
  follow(move, () => {
    if (segment) editor.changed();
    else video.currentTime = origin;
  });
});

function keys(event, segment) {
  const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
  if (event.key === "Delete" || event.key === "Backspace") {
    event.preventDefault();
    remove(segment);
  }
  if (!step) return;
  event.preventDefault();
  const by = step * frame() * (event.shiftKey ? 10 : 1);
  if (event.altKey)
    change(segment, { end: Math.max(segment.start + SHORTEST_SECONDS, Math.min(length(), segment.end + by)) });
  else if (event.ctrlKey || event.metaKey)
    change(segment, { start: Math.min(segment.end - SHORTEST_SECONDS, Math.max(0, segment.start + by)) });
  else if (segment.start + by >= 0 && segment.end + by <= length())
    change(segment, { start: segment.start + by, end: segment.end + by });
}

video.addEventListener("timeupdate", showTime);
function showTime() {
  const playhead = find("playhead");
  playhead.style.left = `${(100 * video.currentTime) / (length() || 1)}%`;
  find("clock").textContent = `${clock(video.currentTime)} / ${clock(length())}`;
  if (!video.paused) {
    playhead.scrollIntoView({ block: "nearest", inline: "nearest" });
    requestAnimationFrame(showTime);
  }
}

zoom.addEventListener("input", resizeTrack);
find("add").addEventListener("click", () => {
  const [from, to] = freePlace(video.currentTime);
  track.querySelector(`[data-segment="${addSegment(from, to).id}"]`)?.focus();
});

// Up to two seconds between the segments: from this moment, else after it, else wherever there is room.
function freePlace(moment) {
  const gaps = [];
  let clear = 0;
  for (const segment of [...state.segments, { start: length() + frame(), end: 0 }]) {
    gaps.push([clear, segment.start - frame()]);
    clear = Math.max(clear, segment.end + frame());
  }
  const rooms = gaps.filter(([from, to]) => to - from >= SHORTEST_SECONDS);
  const [from, to] = rooms
    .map(([first, last]) => [Math.max(first, moment), last])
    .find(([first, last]) => last - first >= SHORTEST_SECONDS) ??
    rooms[0] ?? [moment, length()];
  return [from, Math.min(from + 2, to)];
}
find("suggest").addEventListener("click", () => ghosts().forEach(accept));
