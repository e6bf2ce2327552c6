// The part of a song to use, on its waveform: two handles beside the typed times, and a button that plays it.
import { clock, secondsOf } from "./clock.js";

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
  /** @type {(seconds: number) => string} */
  const share = (seconds) => `${(100 * seconds) / length}%`;

  range.addEventListener("waveform:drawn", ({ detail }) => {
    length = detail.duration_seconds;
    first.max = last.max = String(length);
    hands.hidden = row.hidden = false;
    typed();
  });
  // Another song: the part was one of the song before.
  form.querySelector("[data-song-choice]")?.addEventListener("change", ({ target }) => {
    stop();
    hands.hidden = row.hidden = true;
    range.dataset.audio = target.value;
    for (const field of fields) field.value = "";
  });
  for (const field of fields) field.addEventListener("input", typed);
  for (const hand of [first, last]) hand.addEventListener("input", () => moved(hand));
  button.addEventListener("click", () => (sound.paused ? play() : stop()));
  sound.addEventListener("ended", stop);
  document.addEventListener("visibilitychange", () => document.hidden && stop());

  // Times that aren't right yet leave the handles where they are.
  function typed() {
    const [from, to] = fields.map((field) => secondsOf(field.value));
    if (!fields[0].value || from < length) first.value = String(from || 0);
    if (!fields[1].value || to <= length) last.value = String(to || length);
    show();
  }

  function moved(hand) {
    if (hand === first) first.value = String(Math.max(0, Math.min(Number(first.value), Number(last.value) - SHORTEST)));
    else last.value = String(Math.min(length, Math.max(Number(last.value), Number(first.value) + SHORTEST)));
    fields[0].value = Number(first.value) ? clock(Number(first.value), 1) : "";
    fields[1].value = Number(last.value) < length - 0.1 ? clock(Number(last.value), 1) : "";
    stop();
    show();
  }

  function show() {
    const [from, to] = [Number(first.value), Number(last.value)];
    range.querySelector("[data-range-before]").style.width = share(from);
    range.querySelector("[data-range-after]").style.width = share(length - to);
    for (const hand of [first, last]) hand.setAttribute("aria-valuetext", clock(Number(hand.value), 1));
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
