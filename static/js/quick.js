// Quick gen: with its box on, a card's button sends the card's clip and its scene's part of the song to
// /api/mv/lipsync. All that follows is the server's: this page may close.
import { asJson } from "./csrf.js";
import { tell, UNREACHABLE } from "./toasts.js";

document.addEventListener("change", (event) => {
  if (!event.target.matches("[data-with-lipsync]")) return;
  const button = event.target.form.querySelector("[data-video-button]");
  button.dataset.plain ??= button.textContent;
  button.textContent = event.target.checked ? "Regenerate with lipsync" : button.dataset.plain;
});

document.addEventListener(
  "submit",
  (event) => {
    const form = event.target;
    if (!form.querySelector("[data-with-lipsync]:checked") || form.dataset.asks) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    start(form);
  },
  true,
);

async function start(form) {
  const card = form.closest(".scene");
  const page = document.querySelector("[data-quick]");
  lock(card, true);
  try {
    const how = asJson("POST", {
      video_id: form.dataset.videoId,
      audio_id: page.dataset.audio,
      start_time: form.dataset.songStart,
      end_time: form.dataset.songEnd,
      config_flavor: page.dataset.flavor,
      all_sound: form.elements.all_sound.checked,
    });
    how.headers["X-Scene-Id"] = form.elements.scene_id.value;
    const response = await fetch("/api/mv/lipsync", { ...how, keepalive: true });
    if (!response.ok) {
      const body = await response.json();
      if (body.code === "confirmation_required") return ask(form, card);
      throw new Error(body.detail);
    }
    htmx.trigger(document.getElementById("poller"), "wake");
  } catch (error) {
    lock(card, false);
    tell(form, error instanceof TypeError ? UNREACHABLE : error.message);
  }
}

// The form itself leads to the question whether to spend this.
function ask(form, card) {
  lock(card, false);
  form.dataset.asks = "yes";
  form.requestSubmit();
  delete form.dataset.asks;
}

function lock(card, now) {
  const badge = card.querySelector("[data-lipsyncing]");
  badge.hidden = !now;
  badge.textContent = now ? badge.dataset.lipsyncing : "";
  for (const control of card.querySelectorAll("[data-video-button], [data-with-lipsync]")) control.disabled = now;
}
