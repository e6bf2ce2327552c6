// The Pro editor's lists: one row for each segment with exact times, its voice and its crop; one line for each voice.
import { clock } from "./clock.js";
import { make, makeButton } from "./elements.js";
import { chooseFace, faceWords } from "./pro-faces.js";
import {
  audioOf,
  change,
  editor,
  find,
  follow,
  hue,
  problems,
  remove,
  round,
  SHORTEST_SECONDS,
  snapped,
  sounds,
  state,
  video,
} from "./pro-state.js";
import { paint } from "./pro-track.js";
import { color } from "./waves.js";

const SNAP_PIXELS = 8;
const rows = find("segments");

export function renderRows() {
  find("empty").hidden = state.segments.length > 0;
  for (const row of [...rows.children])
    if (!state.segments.some((segment) => segment.id === row.dataset.row)) row.remove();
  state.segments.forEach((segment, index) => {
    const row = rowOf(segment);
    // Moving a row takes the focus from its fields, so it is moved only to another place.
    if (rows.children[index] !== row) rows.insertBefore(row, rows.children[index] ?? null);
    fill(row, segment, index);
  });
}

export function renderAudios() {
  find("audios").replaceChildren(
    ...state.audios.map((audio) => {
      const line = make("li", { className: "row" });
      line.style.setProperty("--hue", hue(audio.ref));
      const swatch = make("span", { className: "pro-swatch" });
      const name = make("span", { className: "grow break", textContent: audio.name });
      const time = make("span", { className: "quiet small mono", textContent: clock(audio.seconds ?? 0) });
      const used = state.segments.some((segment) => segment.ref === audio.ref);
      const drop = makeButton({
        className: "icon-button",
        textContent: "×",
        disabled: used,
        title: used ? "In use by a segment" : "Remove",
      });
      drop.setAttribute("aria-label", `Remove ${audio.name}`);
      drop.addEventListener("click", () => {
        state.audios = state.audios.filter((one) => one !== audio);
        editor.changed();
      });
      line.append(swatch, name, time, drop);
      return line;
    }),
  );
}

function rowOf(segment) {
  const old = rows.querySelector(`[data-row="${segment.id}"]`);
  if (old) return old;
  const row = document.getElementById("pro-segment").content.cloneNode(true).firstElementChild;
  row.dataset.row = segment.id;
  row.addEventListener("change", (event) => typed(event.target, segment));
  row.querySelector("[data-remove]").addEventListener("click", () => remove(segment));
  row.querySelector("[data-face]").addEventListener("click", () => chooseFace(segment));
  row.querySelector("[data-faceless]").addEventListener("click", () => change(segment, { speaker: null }));
  row.querySelector("[data-play]").addEventListener("click", () => play(segment));
  row.querySelector("[data-crop-wave]").addEventListener("pointerdown", (event) => dragCrop(event, segment));
  return row;
}

function typed(input, segment) {
  const name = input.dataset.field;
  if (name === "mode") change(segment, { mode: input.value });
  else if (name === "ref") {
    const { seconds } = state.audios.find((audio) => audio.ref === input.value);
    const whole = segment.cropped && segment.to <= seconds ? {} : { from: 0, to: seconds };
    change(segment, { ref: input.value, ...whole });
  } else if (name === "cropped")
    change(segment, {
      cropped: input.checked,
      ...(segment.to > segment.from ? {} : { from: 0, to: audioOf(segment)?.seconds ?? 0 }),
    });
  else if (input.value !== "") change(segment, { [name]: Number(input.value) });
}

function fill(row, segment, index) {
  row.style.setProperty("--hue", hue(segment.ref));
  row.querySelector("[data-name]").textContent = `Segment ${index + 1}`;
  row.querySelector("[data-long]").textContent = `${round(segment.end - segment.start).toFixed(3)} s`;
  const choice = row.querySelector("[data-field=ref]");
  choice.replaceChildren(
    ...state.audios.map((audio) => new Option(audio.name, audio.ref, false, audio.ref === segment.ref)),
  );
  row.querySelector("[data-field=mode]").value = segment.mode ?? "";
  const chosen = segment.speaker?.coordinates;
  row.querySelector("[data-face]").textContent = chosen
    ? `Sings: the face at ${faceWords(segment.speaker)}`
    : "Choose who sings";
  row.querySelector("[data-faceless]").hidden = !chosen;
  for (const name of ["start", "end", "from", "to"]) {
    const input = row.querySelector(`[data-field=${name}]`);
    if (input !== document.activeElement) input.value = segment[name].toFixed(3);
  }
  row.querySelector("[data-field=cropped]").checked = segment.cropped;
  row.querySelector("[data-crop]").hidden = !segment.cropped;
  const list = problems.get(segment.id) ?? [];
  row.classList.toggle("pro-row-wrong", list.length > 0);
  row.querySelector("[data-problems]").replaceChildren(...list.map((textContent) => make("li", { textContent })));
  const audio = audioOf(segment);
  const sound = audio && sounds.get(audio.id);
  const wave = row.querySelector("[data-crop-wave]");
  wave.hidden = !sound;
  if (sound) paintCrop(wave, sound, segment, audio);
}

function paintCrop(canvas, sound, segment, audio) {
  const brush = paint(canvas, sound.peaks, { from: 0, to: 1 });
  if (!brush || !segment.cropped) return;
  const { clientWidth: width, clientHeight: height } = canvas;
  brush.fillStyle = "rgb(11 13 16 / 72%)";
  brush.fillRect(0, 0, (width * segment.from) / audio.seconds, height);
  brush.fillRect((width * segment.to) / audio.seconds, 0, width, height);
  brush.fillStyle = color("--accent");
  for (const edge of [segment.from, segment.to])
    brush.fillRect(Math.min(width - 3, Math.max(0, (width * edge) / audio.seconds - 1)), 0, 3, height);
}

function dragCrop(event, segment) {
  if (!segment.cropped) return;
  segment.tie = null;
  event.preventDefault();
  const audio = audioOf(segment);
  const box = event.currentTarget.getBoundingClientRect();
  const voice = sounds.get(audio.id)?.edges ?? [];
  const at = (now) => {
    const seconds = Math.min(1, Math.max(0, (now.clientX - box.left) / box.width)) * audio.seconds;
    return round(snapped(seconds, voice, (SNAP_PIXELS / box.width) * audio.seconds));
  };
  const edge = Math.abs(at(event) - segment.from) <= Math.abs(at(event) - segment.to) ? "from" : "to";
  const move = (now) => {
    segment[edge] =
      edge === "from"
        ? Math.max(0, Math.min(at(now), segment.to - SHORTEST_SECONDS))
        : Math.max(at(now), segment.from + SHORTEST_SECONDS);
    editor.render();
  };
  move(event);
  follow(move, editor.changed);
}

// The segment with its voice, as far as that can be heard before it is made.
function play(segment) {
  const audio = audioOf(segment);
  video.currentTime = segment.start;
  video.muted = Boolean(audio);
  const sound = audio && new Audio(audio.url);
  if (sound) sound.currentTime = segment.cropped ? segment.from : 0;
  video.play();
  sound?.play();
  const watch = () => {
    if (!video.paused && video.currentTime < segment.end) return requestAnimationFrame(watch);
    video.pause();
    sound?.pause();
    video.muted = false;
    return null;
  };
  requestAnimationFrame(watch);
}
