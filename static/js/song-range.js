// The part of a song to use, on its waveform: two handles beside the typed times, and a button that plays it.
import { clock } from "./clock.js";
import { partOf } from "./part-range.js";

const SHORTEST = 1;
const PLAY = "Play this part";

for (const range of document.querySelectorAll("[data-song-range]")) follow(range);

/** @param {HTMLElement} range */
function follow(range) {
  const form = range.closest("form");
  const row = form.querySelector("[data-range-row]");
  const hands = range.querySelector("[data-range-hands]");
  const [first, last] = hands.querySelectorAll("input");
  const now = hands.querySelector("[data-range-now]");
  const button = row.querySelector("[data-range-play]");
  const fields = [form.elements[first.dataset.range], form.elements[last.dataset.range]];
  const sound = new Audio();
  sound.preload = "none";
  let length = 0;
  // A part that begins or ends with the song has nothing typed there.
  const written = (seconds) => (seconds && seconds < length - 0.1 ? clock(seconds, 1) : "");
  const whole = partOf(hands, fields, { shortest: SHORTEST, digits: 1, written, changed: show });
  /** @type {(seconds: number) => string} */
  const share = (seconds) => `${(100 * seconds) / length}%`;

  range.addEventListener("waveform:drawn", ({ detail }) => {
    length = detail.duration_seconds;
    row.hidden = false;
    whole(length);
  });
  // Another song: the part was one of the song before.
  form.querySelector("[data-song-choice]")?.addEventListener("change", ({ target }) => {
    stop();
    hands.hidden = row.hidden = true;
    range.dataset.audio = target.value;
    for (const field of fields) field.value = "";
  });
  button.addEventListener("click", () => (sound.paused ? play() : stop()));
  sound.addEventListener("ended", stop);
  document.addEventListener("visibilitychange", () => document.hidden && stop());

  function show(from, to, hand) {
    if (hand) stop();
    row.querySelector("[data-range-words]").textContent =
      `${clock(to - from, 1)} of ${clock(length, 1)} · ${clock(from, 1)} – ${clock(to, 1)}`;
  }

  async function play() {
    const source = `/api/audio/get/${range.dataset.audio}`;
    if (!sound.src.endsWith(source)) sound.src = source;
    sound.currentTime = Number(first.value);
    button.textContent = "Stop";
    now.hidden = false;
    try {
      await sound.play();
      requestAnimationFrame(step);
    } catch {
      stop(); // stopped again before it began, or this browser can't play it
    }
  }

  function step() {
    if (sound.paused) return;
    if (sound.currentTime >= Number(last.value)) return stop();
    now.style.left = share(sound.currentTime);
    requestAnimationFrame(step);
  }

  function stop() {
    sound.pause();
    button.textContent = PLAY;
    now.hidden = true;
  }
}
