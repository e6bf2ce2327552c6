// The picture beside "Another moment" follows the slider, the typed time and the chosen frame.
import { clock } from "./clock.js";

const CALM_MS = 150; // while the slider moves, not every frame is worth a request
let waiting = 0;

document.addEventListener("input", ({ target }) => {
  const form = target.closest("[data-cover]");
  if (!form) return;
  const typed = form.querySelector("[name='seconds']");
  const range = form.querySelector("[data-cover-range]");
  if (target === range) typed.value = clock(Number(range.value));
  if (target.name === "moment") {
    typed.value = "";
    range.value = target.value;
  }
  const [seconds, minutes = 0] = (typed.value || range.value).split(":").reverse();
  const moment = 60 * Number(minutes) + Number(seconds);
  if (!Number.isFinite(moment)) return;
  if (target === typed) range.value = String(moment);
  clearTimeout(waiting);
  waiting = setTimeout(() => {
    form.querySelector("[data-cover-shown]").src = form.dataset.cover + moment;
  }, CALM_MS);
});
