// The Pro editor's files: each goes up as soon as it is chosen, and is then looked at and listened to.
import { forgetFaces } from "./pro-faces.js";
import { listen } from "./pro-sound.js";
import { edges, editor, find, form, round, sounds, start, state, video } from "./pro-state.js";
import { resizeTrack } from "./pro-track.js";
import { sendFile, wordsOf } from "./sending.js";

export function chooser(kind, taken) {
  const box = form.querySelector(`[data-pro-file="${kind}"]`);
  const input = box.querySelector("input");
  const drop = box.querySelector(".drop");
  const sent = (file) => file && send(box, kind, file, taken);
  input.addEventListener("change", () => sent(input.files[0]));
  queueMicrotask(() => sent(input.files[0])); // chosen before this script was here
  for (const name of ["dragover", "dragleave", "drop"]) {
    drop.addEventListener(name, (event) => {
      event.preventDefault();
      drop.classList.toggle("drop-over", name === "dragover");
      if (name === "drop") sent(event.dataTransfer.files[0]);
    });
  }
}

async function send(box, kind, file, taken) {
  const [bar, words, again, problem] = ["progress", "words", "again", "error"].map((name) =>
    box.querySelector(`[data-${name}]`),
  );
  const show = (told) => {
    bar.querySelector("progress").value = 100 * told.part;
    words.textContent = wordsOf(told);
  };
  box.sending?.abort();
  box.sending = new AbortController();
  const { signal } = box.sending;
  bar.hidden = false;
  again.hidden = true;
  problem.hidden = true;
  try {
    const made = await sendFile(file, { url: "/api/assets", fields: { kind }, signal, told: show });
    words.textContent = `${file.name} is ready`;
    taken({ id: made.id, url: made.content_url, name: file.name, seconds: made.duration_seconds, fps: made.fps }, file);
  } catch (error) {
    if (signal.aborted) return; // another file was chosen instead
    words.textContent = "Not uploaded";
    again.hidden = false;
    again.onclick = () => send(box, kind, file, taken);
    problem.hidden = false;
    problem.textContent = error.message;
  }
}

export async function takeVideo(found, source) {
  if (state.video && state.video.id !== found.id) forgetFaces(); // they were of another video
  state.video = found;
  find("stage").hidden = false;
  form.classList.add("pro-has-video");
  if (!video.src.endsWith(found.url)) video.src = found.url;
  const suggested = found.id === start.video?.id ? (start.sung ?? []) : [];
  edges.sung = suggested.flatMap((part) => [part.start, part.end]);
  edges.own = [];
  editor.changed();
  resizeTrack();
  const sound = await listen(source ?? found.url);
  if (sound && state.video === found) {
    sounds.set(found.id, sound);
    edges.own = sound.edges;
    resizeTrack();
  }
}

export async function takeAudio(found, source) {
  while (!found.ref && state.audios.some((audio) => audio.ref === `voice${state.next}`)) state.next += 1;
  const audio = { ref: `voice${state.next}`, ...found };
  state.audios.push(audio);
  for (const segment of state.segments) {
    if (!state.audios.some((one) => one.ref === segment.ref)) segment.ref = audio.ref;
    if (segment.ref === audio.ref && segment.to <= segment.from) segment.to = round(audio.seconds ?? 0);
  }
  editor.changed();
  await hear(audio, source);
}

export async function hear(audio, source) {
  sounds.set(audio.id, await listen(source ?? audio.url));
  editor.render();
}
