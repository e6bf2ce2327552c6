// Two videos under one clock: the first leads, the second is drawn back to it when it drifts, and the song with them.
import { clock } from "./clock.js";

const DRIFT_SECONDS = 0.05;
const FRAME_SECONDS = 1 / 24;
const pair = (from) => {
  const box = from.closest("[data-compare]");
  const [lead, other] = box.querySelectorAll("video");
  return { box, lead, other, song: box.querySelector("[data-compare-song]") };
};

document.addEventListener("click", (event) => {
  if (event.target.matches("[data-compare-play]")) toggle(event.target);
  if (event.target.matches("[data-compare-sound]")) {
    const { lead, other } = pair(event.target);
    [lead.muted, other.muted] = [other.muted, lead.muted];
    event.target.textContent = `Sound: ${lead.muted ? "result" : "original"}`;
  }
});
document.addEventListener("input", (event) => {
  if (!event.target.matches("[data-compare-seek]")) return;
  const both = pair(event.target);
  seek(both, (both.lead.duration || 0) * (event.target.value / 1000));
});
// Another choice of clips is another dialog.
document.addEventListener("change", (event) => {
  const form = event.target.closest("dialog [data-compare-choice]");
  if (form)
    htmx.ajax("GET", `${form.getAttribute("action")}?${new URLSearchParams(/** @type {any} */ (new FormData(form)))}`, {
      source: "#dialogs",
    });
});
document.addEventListener("keydown", (event) => {
  const box = document.querySelector("[data-compare-keys]");
  if (!box || event.target.closest("select, input, video") || event.ctrlKey || event.metaKey || event.altKey) return;
  const key = event.key.toLowerCase();
  const step = box.querySelector("video") && { arrowleft: -1, arrowright: 1 }[key];
  if (key === " " && box.querySelector("video") && !event.target.closest("button, a"))
    toggle(box.querySelector("[data-compare-play]"));
  else if (step) seek(pair(box), pair(box).lead.currentTime + step * FRAME_SECONDS);
  else if (key === "a" || key === "b") box.dataset.only = box.dataset.only === key ? "" : key;
  else return;
  event.preventDefault();
});

function seek({ box, lead, other, song }, seconds) {
  lead.currentTime = Math.max(0, seconds);
  other.currentTime = Math.min(lead.currentTime, other.duration || 0);
  if (song) song.currentTime = Number(song.dataset.compareSong) + lead.currentTime;
  tell(box, lead);
}

function tell(box, lead) {
  box.querySelector("[data-compare-seek]").value = (1000 * lead.currentTime) / (lead.duration || 1);
  box.querySelector("[data-compare-clock]").textContent = clock(lead.currentTime);
}

async function toggle(button) {
  const both = pair(button);
  const { lead, other, song } = both;
  if (!lead.paused) {
    for (const media of [lead, other, song]) media?.pause();
    seek(both, lead.currentTime);
    button.textContent = "Play both";
    return;
  }
  seek(both, lead.ended ? 0 : lead.currentTime);
  await Promise.all([lead, other, song].map((media) => media?.play()));
  button.textContent = "Pause";
  follow(both, button);
}

function follow({ box, lead, other, song }, button) {
  if (!box.isConnected) {
    song?.pause();
    return;
  }
  tell(box, lead);
  if (!other.ended && Math.abs(other.currentTime - lead.currentTime) > DRIFT_SECONDS)
    other.currentTime = lead.currentTime;
  if (lead.paused || lead.ended) {
    other.pause();
    song?.pause();
    button.textContent = "Play both";
    return;
  }
  requestAnimationFrame(() => follow({ box, lead, other, song }, button));
}
