// Who sings: the faces that a worker saw in the video, to click on in its picture. A choice is kept as the service's
// orders say it: a frame, counted from 0, and a point in it, in pixels.
import { clock } from "./clock.js";
import { makeButton } from "./elements.js";
import { change, find, form, frame, state, video } from "./pro-state.js";

const AGAIN_MILLISECONDS = 1500;
const NEAR_SECONDS = 0.2; // faces are looked for eight times a second
const picture = find("faces");
const words = find("faces-words");
const whole = form.querySelector("[data-pro-option=active_speaker_detection]");
const known = new Map(); // video id → what was seen
let wanted = null; // whom faces are shown for: {segment}, without one for the whole order

async function seen(id) {
  if (known.has(id)) return known.get(id);
  const response = await fetch(`/api/assets/${id}/faces`);
  const told = await response.json();
  if (!response.ok) throw new Error(told.detail);
  if (told.looking) {
    await new Promise((done) => setTimeout(done, AGAIN_MILLISECONDS));
    return wanted && state.video?.id === id ? seen(id) : null;
  }
  if (told.problem) throw new Error(told.problem);
  known.set(id, told);
  return told;
}

// Show the faces at the moment that has the most of them; at another one when the video is moved there.
export async function chooseFace(segment) {
  const mine = { segment };
  stop();
  wanted = mine;
  say("Looking for faces…");
  video.pause();
  let found = null;
  try {
    found = await seen(state.video.id);
  } catch (error) {
    if (wanted === mine) say(error.message || "The studio isn't responding.");
  }
  if (!found || wanted !== mine) return;
  const [from, to] = segment ? [segment.start, segment.end] : [0, Infinity];
  mine.found = found;
  mine.moments = found.frames.filter(({ time, faces }) => faces.length && time >= from && time < to);
  const best = mine.moments.toSorted((one, other) => other.faces.length - one.faces.length)[0];
  if (!best) {
    say(`No face can be seen in ${segment ? "this segment" : "this video"}.`);
    return;
  }
  video.currentTime = best.time;
  draw();
  picture.querySelector("button")?.focus();
}

function stop() {
  wanted = null;
  picture.replaceChildren();
  say("");
}

function say(text) {
  words.textContent = text;
  words.hidden = !text;
}

function draw() {
  if (!wanted?.found) return;
  const away = (moment) => Math.abs(moment.time - video.currentTime);
  const moment = wanted.moments.toSorted((one, other) => away(one) - away(other))[0];
  const faces = moment && away(moment) < NEAR_SECONDS ? moment.faces.toSorted((one, other) => one.x - other.x) : [];
  say(faces.length ? "Click on the one who sings." : "Move the video to a moment that shows a face.");
  const { width, height } = wanted.found;
  const scale = Math.min(video.clientWidth / width, video.clientHeight / height);
  const [left, top] = [(video.clientWidth - width * scale) / 2, (video.clientHeight - height * scale) / 2];
  const chosen = wanted.segment ? wanted.segment.speaker : JSON.parse(whole.value || "null");
  picture.replaceChildren(
    ...faces.map((face, index) => {
      const speaker = speakerAt(moment, face);
      const button = makeButton({ className: "pro-face" });
      button.setAttribute("aria-label", `Face ${index + 1} of ${faces.length}, from the left`);
      button.setAttribute("aria-pressed", String(JSON.stringify(chosen) === JSON.stringify(speaker)));
      const box = { left: left + face.x * scale, top: top + face.y * scale };
      Object.assign(box, { width: face.width * scale, height: face.height * scale });
      for (const [side, pixels] of Object.entries(box)) button.style[side] = `${pixels}px`;
      button.addEventListener("click", () => take(speaker));
      return button;
    }),
  );
}

function speakerAt({ time }, face) {
  const inside = (value, most) => Math.min(most - 1, Math.max(0, Math.round(value)));
  const { width, height } = wanted.found;
  const point = [inside(face.x + face.width / 2, width), inside(face.y + face.height / 2, height)];
  return { auto_detect: false, frame_number: Math.floor(time / frame() + 0.05), coordinates: point };
}

function take(speaker) {
  const { segment } = wanted;
  stop();
  if (segment) change(segment, { speaker });
  else {
    showSpeaker(speaker);
    whole.dispatchEvent(new Event("change"));
  }
}

// In the options of the whole order, a chosen face is one more choice.
export function showSpeaker(speaker) {
  whole.querySelector("[data-face]")?.remove();
  if (!speaker?.coordinates) return;
  const option = new Option(`the face chosen at ${faceWords(speaker)}`, JSON.stringify(speaker), false, true);
  option.dataset.face = "";
  whole.append(option);
}

export const faceWords = ({ frame_number: number, coordinates }) =>
  `${clock(number * frame())}, ${coordinates?.join(" × ")}`;

export function forgetFaces() {
  stop();
  for (const segment of state.segments) segment.speaker = null;
  showSpeaker(null);
}

for (const name of ["seeked", "loadeddata"]) video.addEventListener(name, draw);
video.addEventListener("play", stop);
addEventListener("resize", draw);
form.addEventListener("keydown", (event) => event.key === "Escape" && stop());
find("face-all").addEventListener("click", () => state.video && chooseFace(null));
