// Shows the storyboard's pictures and clips in time with the song, until there is a final video. The song's own controls
// drive it; without this it is a song under the first picture.
import { make } from "./elements.js";

document.addEventListener("play", ({ target }) => target.matches?.("[data-animatic-song]") && follow(target), true);
document.addEventListener("seeked", ({ target }) => target.matches?.("[data-animatic-song]") && look(target), true);

/** @type {{ audio: HTMLAudioElement, scenes: any[] }} */
let read = null;

// The scenes as they are now, with where each begins on the song.
async function scenesOf(audio) {
  const response = await fetch(`/api/mv/projects/${audio.dataset.animaticSong}/scenes`).catch(() => null);
  const found = response?.ok ? await response.json().catch(() => []) : [];
  let clock = Number(audio.dataset.from);
  return found.map((scene) => {
    const start = clock;
    clock += scene.duration ?? 0;
    return { ...scene, start, end: clock };
  });
}

async function follow(audio) {
  read = { audio, scenes: await scenesOf(audio) };
  step(audio);
}

async function look(audio) {
  if (read?.audio !== audio) read = { audio, scenes: await scenesOf(audio) };
  show(audio);
}

function step(audio) {
  if (audio.paused || !audio.isConnected) return;
  show(audio);
  requestAnimationFrame(() => step(audio));
}

function show(audio) {
  const player = audio.closest("[data-animatic]");
  const still = player.querySelector("img");
  const clip = player.querySelector("video") ?? made(still);
  const number = read.scenes.findIndex((scene) => audio.currentTime < scene.end);
  const scene = read.scenes[number];
  if (!scene) return clip.pause();
  player.querySelector("[data-animatic-words]").textContent = `Scene ${number + 1} of ${read.scenes.length}`;
  clip.hidden = !scene.video_url;
  if (scene.image_url && still.getAttribute("src") !== scene.image_url) still.src = scene.image_url;
  still.hidden = !scene.image_url;
  const next = read.scenes[number + 1];
  if (next?.image_url) new Image().src = next.image_url;
  if (scene.video_url) place(clip, scene, audio);
  else clip.pause();
}

function made(still) {
  const clip = make("video", { muted: true, playsInline: true, hidden: true });
  clip.setAttribute("aria-hidden", "true");
  still.after(clip);
  return clip;
}

// A clip runs by itself, and is put right when it is off by more than anyone overlooks.
function place(clip, scene, audio) {
  if (clip.getAttribute("src") !== scene.video_url) clip.src = scene.video_url;
  const at = (scene.clip_in ?? 0) + audio.currentTime - scene.start;
  if (audio.paused || Math.abs(clip.currentTime - at) > 0.3) clip.currentTime = at;
  if (audio.paused) clip.pause();
  else if (clip.paused && !clip.ended) clip.play().catch(() => {});
}
