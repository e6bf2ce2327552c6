// Videos under one clock: the first leads, the others are drawn back to it when they drift, and the song with them.
// `data-from` is where in its file a video starts, and the box's `data-length` for how long all of them play.
import { clock } from "./clock.js";
import { taken } from "./dialogs.js";

const DRIFT_SECONDS = 0.05;
const FRAME_SECONDS = 1 / 24;
const group = (from) => {
  const box = from.closest("[data-compare]");
  const [lead, ...others] = box.querySelectorAll("video");
  return { box, lead, others, song: box.querySelector("[data-compare-song]") };
};
const from = (video) => Number(video.dataset.from ?? 0);
const now = ({ lead }) => lead.currentTime - from(lead);
const whole = ({ box, lead }) => Number(box.dataset.length) || (lead.duration || 0) - from(lead);
const media = ({ lead, others, song }) => [lead, ...others, song].filter(Boolean);

document.addEventListener("click", (event) => {
  if (event.target.matches("[data-compare-play]")) toggle(event.target);
  if (event.target.matches("[data-compare-sound]")) {
    const {
      lead,
      others: [other],
    } = group(event.target);
    [lead.muted, other.muted] = [other.muted, lead.muted];
    event.target.textContent = `Sound: ${lead.muted ? "result" : "original"}`;
  }
});
document.addEventListener("input", (event) => {
  if (!event.target.matches("[data-compare-seek]")) return;
  const all = group(event.target);
  seek(all, whole(all) * (event.target.value / 1000));
});
// Another choice of clips is another dialog, and so is one in which a take was rejected.
document.addEventListener("change", (event) => {
  const form = event.target.closest("dialog [data-compare-choice]");
  if (form) reopen(`${form.getAttribute("action")}?${new URLSearchParams(/** @type {any} */ (new FormData(form)))}`);
});
document.addEventListener("htmx:afterRequest", ({ detail }) => {
  const form = detail.requestConfig.elt;
  if (form.matches("dialog form[data-reopen]") && taken(detail)) reopen(form.dataset.reopen);
});
document.addEventListener("scenes:undone", () => {
  const form = document.querySelector("dialog form[data-reopen]");
  if (form instanceof HTMLFormElement) reopen(form.dataset.reopen);
});
const reopen = (path) => htmx.ajax("GET", path, { source: "#dialogs" });

document.addEventListener("keydown", (event) => {
  const box = document.querySelector("[data-compare-keys]");
  if (!box || event.target.closest("select, input, video") || event.ctrlKey || event.metaKey || event.altKey) return;
  const key = event.key.toLowerCase();
  const step = box.querySelector("video") && { arrowleft: -1, arrowright: 1 }[key];
  const figures = [...box.querySelectorAll("figure")];
  const at = "ab".includes(key) ? "ab".indexOf(key) : Number(key) - 1;
  const chosen = figures[0]?.dataset.number ? figures.find((one) => one.dataset.number === key) : figures[at];
  if (key === " " && box.querySelector("video") && !event.target.closest("button, a, summary"))
    toggle(box.querySelector("[data-compare-play]"));
  else if (step) seek(group(box), now(group(box)) + step * FRAME_SECONDS);
  else if (chosen) only(figures, chosen);
  else return;
  event.preventDefault();
});

function only(figures, chosen) {
  const alone = figures.every((one) => one.hidden === (one !== chosen));
  for (const one of figures) one.hidden = !alone && one !== chosen;
}

function seek(all, seconds) {
  const time = Math.max(0, seconds);
  for (const video of [all.lead, ...all.others])
    video.currentTime = Math.min(from(video) + time, video.duration || from(video) + time);
  if (all.song) all.song.currentTime = Number(all.song.dataset.compareSong) + time;
  tell(all, time);
}

function tell(all, time) {
  all.box.querySelector("[data-compare-seek]").value = (1000 * time) / (whole(all) || 1);
  all.box.querySelector("[data-compare-clock]").textContent = clock(time);
}

async function toggle(button) {
  const all = group(button);
  button.dataset.play ??= button.textContent;
  if (!all.lead.paused) {
    stop(all, button);
    seek(all, now(all));
    return;
  }
  seek(all, all.lead.ended || now(all) >= whole(all) - FRAME_SECONDS ? 0 : now(all));
  await Promise.all(media(all).map((one) => one.play()));
  button.textContent = "Pause";
  follow(all, button);
}

function stop(all, button) {
  for (const one of media(all)) one.pause();
  button.textContent = button.dataset.play;
}

function follow(all, button) {
  if (!all.box.isConnected || all.lead.paused || all.lead.ended || now(all) >= whole(all)) {
    stop(all, button);
    return;
  }
  tell(all, now(all));
  for (const video of all.others) {
    const wanted = from(video) + now(all);
    if (!video.ended && Math.abs(video.currentTime - wanted) > DRIFT_SECONDS) video.currentTime = wanted;
  }
  requestAnimationFrame(() => follow(all, button));
}
