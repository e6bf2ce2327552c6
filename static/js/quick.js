// Quick gen: "Regenerate with lipsync" sends the card's clip and its eight seconds of the song to /api/mv/lipsync,
// waits for the job, and puts the result in the clip's place. A reload takes up where it was.
import { csrfToken } from "./csrf.js";
import { toast } from "./toasts.js";

const page = document.querySelector("[data-quick]");
const SECONDS = 8;
const running = new Map(page ? JSON.parse(sessionStorage.getItem(location.pathname) ?? "[]") : []);
const remember = () => sessionStorage.setItem(location.pathname, JSON.stringify([...running]));

if (page) {
  document.addEventListener("change", (event) => {
    if (!event.target.matches("[data-with-lipsync]")) return;
    const button = event.target.form.querySelector("[data-video-button]");
    button.dataset.plain ??= button.textContent;
    button.textContent = event.target.checked ? "Regenerate with lipsync" : button.dataset.plain;
  });
  document.addEventListener("submit", (event) => {
    if (!event.target.querySelector("[data-with-lipsync]:checked")) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    start(event.target.closest(".scene"));
  }, true);
  document.addEventListener("htmx:oobAfterSwap", paint);
  paint();
  for (const [id, job] of running) follow(id, job);
}

const headers = () => ({ "Content-Type": "application/json", "X-CSRFToken": csrfToken() });

async function call(url, body) {
  const response = await fetch(url, body ? { method: "POST", headers: headers(), body: JSON.stringify(body) } : {});
  const answer = await response.json();
  if (!response.ok) throw new Error(answer.detail);
  return answer;
}

async function start(card) {
  const index = Number(card.dataset.scene) - 1;
  running.set(card.id, "");
  paint();
  try {
    const job = await call("/api/mv/lipsync", {
      video_id: card.querySelector("[data-video-id]").dataset.videoId,
      audio_id: page.dataset.audio,
      start_time: index * SECONDS,
      end_time: (index + 1) * SECONDS,
      config_flavor: page.dataset.flavor,
    });
    running.set(card.id, job.id);
    remember();
    follow(card.id, job.id);
  } catch (error) {
    finish(card.id, error.message);
  }
}

async function follow(id, jobId) {
  if (!jobId) return finish(id);
  try {
    for (;;) {
      const job = await call(`/api/jobs/${jobId}`);
      if (job.state === "succeeded") {
        await call(document.getElementById(id).querySelector("[data-adopt]").dataset.adopt, { job_id: jobId });
        return finish(id);
      }
      if (!["queued", "running", "waiting"].includes(job.state)) return finish(id, job.error || "The lip-sync was stopped.");
      await new Promise((resolve) => { setTimeout(resolve, 2000); });
    }
  } catch (error) {
    finish(id, error.message);
  }
}

function finish(id, problem) {
  running.delete(id);
  remember();
  paint();
  if (problem) toast(problem);
  htmx.trigger(document.getElementById("poller"), "wake");
}

function paint() {
  for (const card of document.querySelectorAll(".scene")) {
    const note = card.querySelector("[data-lipsyncing]");
    if (!note) continue;
    const now = running.has(card.id);
    const was = !note.hidden;
    note.hidden = !now;
    if (now === was) continue;
    for (const control of card.querySelectorAll("[data-video-button], [data-with-lipsync]")) {
      if (now) { control.dataset.was = control.disabled; control.disabled = true; } else { control.disabled = control.dataset.was === "true"; }
    }
  }
}
