// Two videos under one clock: the first leads, the second is drawn back to it when it drifts.
const DRIFT_SECONDS = 0.05;
const pair = (from) => {
  const box = from.closest("[data-compare]");
  const [lead, other] = box.querySelectorAll("video");
  return { box, lead, other };
};
const clock = (seconds) => `${Math.floor(seconds / 60)}:${(seconds % 60).toFixed(3).padStart(6, "0")}`;

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
  const { lead, other } = pair(event.target);
  lead.currentTime = (lead.duration || 0) * (event.target.value / 1000);
  other.currentTime = Math.min(lead.currentTime, other.duration || 0);
});

async function toggle(button) {
  const { box, lead, other } = pair(button);
  if (!lead.paused) { lead.pause(); other.pause(); button.textContent = "Play both"; return; }
  if (lead.ended) lead.currentTime = 0;
  other.currentTime = Math.min(lead.currentTime, other.duration || 0);
  await Promise.all([lead.play(), other.play()]);
  button.textContent = "Pause";
  follow(box, lead, other, button);
}

function follow(box, lead, other, button) {
  if (!box.isConnected) return;
  box.querySelector("[data-compare-seek]").value = (1000 * lead.currentTime) / (lead.duration || 1);
  box.querySelector("[data-compare-clock]").textContent = clock(lead.currentTime);
  if (!other.ended && Math.abs(other.currentTime - lead.currentTime) > DRIFT_SECONDS) other.currentTime = lead.currentTime;
  if (lead.paused || lead.ended) { other.pause(); button.textContent = "Play both"; return; }
  requestAnimationFrame(() => follow(box, lead, other, button));
}
