// The song goes up as soon as it is chosen, with progress; without this file the form carries it.
import { secondsOf } from "./clock.js";
import { asJson } from "./csrf.js";
import { make } from "./elements.js";
import { draw } from "./waveforms.js";

for (const drop of document.querySelectorAll("[data-upload]")) {
  const input = drop.querySelector("input[type=file]");
  const chosen = () => input.files[0] && send(drop, input);
  input.addEventListener("change", chosen);
  chosen(); // before this script was here, or kept by the browser's back button
  for (const kind of ["dragenter", "dragover"])
    drop.addEventListener(kind, (event) => {
      event.preventDefault();
      drop.classList.add("drop-over");
    });
  for (const kind of ["dragleave", "drop"]) drop.addEventListener(kind, () => drop.classList.remove("drop-over"));
  drop.addEventListener("drop", (event) => {
    event.preventDefault();
    input.files = event.dataTransfer.files;
    input.dispatchEvent(new Event("change"));
  });
}

async function send(drop, input) {
  // Only pages on which a file is chosen need it.
  const { sendFile, wordsOf } = await import("./sending.js");
  const form = input.form;
  const bar = drop.querySelector("[data-upload-progress]");
  const words = drop.querySelector("[data-upload-words]");
  const problem = form.querySelector("[data-upload-error]");
  const file = input.files[0];
  // The form may be sent meanwhile: it goes when the song is there.
  let wanted = drop.wanted?.() ?? null;
  drop.wanted = () => wanted;
  const told = (way) => {
    bar.querySelector("progress").value = 100 * way.part;
    words.textContent = [wordsOf(way), ...(wanted ? [drop.dataset.then] : [])].join(" · ");
  };
  drop.sending?.abort();
  drop.sending = new AbortController();
  const { signal } = drop.sending;
  document.addEventListener(
    "submit",
    (event) => {
      if (event.target !== form) return;
      event.preventDefault();
      event.stopImmediatePropagation();
      wanted = { button: event.submitter };
    },
    { capture: true, signal },
  );
  problem.hidden = true;
  bar.hidden = false;
  try {
    const song = await sendFile(file, { url: drop.dataset.upload, signal, told });
    words.textContent = song.existing
      ? `You uploaded ${file.name} before. Its song “${song.title}” is chosen below.`
      : `${file.name} is ready`;
    taken(form, song, input);
  } catch (error) {
    if (signal.aborted) return; // another file was chosen instead
    bar.hidden = true;
    problem.hidden = false;
    problem.textContent = error.message;
    input.value = "";
    wanted = null;
  }
  drop.sending.abort();
  drop.wanted = null;
  // A button whose price has changed meanwhile is gone: what it would buy is then asked for on the next page.
  if (wanted) form.requestSubmit(wanted.button?.isConnected ? wanted.button : null);
}

function taken(form, song, input) {
  const choice = form.querySelector("[data-song-choice]");
  const known = [...choice.options].some((option) => option.value === song.audio_id);
  if (!known) choice.append(new Option(song.title, song.audio_id, false, true));
  choice.value = song.audio_id;
  form.querySelector("[data-songs]").hidden = false;
  input.value = "";
  choice.dispatchEvent(new Event("change"));
}

// A link is fetched as a job; its song is then chosen like an uploaded one.
document.querySelector("[data-import]")?.addEventListener("click", async (event) => {
  const button = event.target;
  const form = button.form;
  const link = form.querySelector("[name=song_link]");
  const words = form.querySelector("[data-import-words]");
  const say = (text, bad = false) => {
    words.textContent = text;
    words.className = bad ? "field-error" : "field-hint";
  };
  if (!link.value || !link.reportValidity()) return;
  const wish = { url: link.value };
  for (const [name, field] of Object.entries({ start_time: "link_start", end_time: "link_end" })) {
    const { value } = form.elements[field];
    if (!value.trim()) continue;
    wish[name] = secondsOf(value);
    if (Number.isNaN(wish[name]))
      return say("Type seconds, such as 41.5, or minutes and seconds, such as 0:41.5.", true);
  }
  const cancel = form.querySelector("[data-import-cancel]");
  const stop = new AbortController();
  button.disabled = true;
  cancel.hidden = false;
  say("Downloading the song");
  let job = null;
  const drop = () => fetch(`/api/jobs/${job.id}/cancel`, asJson("POST")).catch(() => {});
  // The page is free at once; the server stops when its present step allows.
  cancel.onclick = () => {
    stop.abort();
    cancel.hidden = true;
    button.disabled = false;
    say("The import was cancelled.");
    if (job?.id) drop();
  };
  const asked = async (url, how = {}) => (await fetch(url, how)).json();
  try {
    job = await asked(button.dataset.import, asJson("POST", wish));
    if (!job.id) throw new Error(job.detail);
    if (stop.signal.aborted) drop();
    while (!stop.signal.aborted && ["queued", "running", "waiting"].includes(job.state)) {
      say(`${job.progress_message || "Downloading the song"} · ${Math.floor(job.progress_percentage)} %`);
      await pause(1500, stop.signal);
      if (!stop.signal.aborted) job = await asked(`/api/jobs/${job.id}`);
    }
    if (stop.signal.aborted) return;
    if (job.state !== "succeeded") throw new Error(job.error || "The song couldn't be downloaded.");
    const song = await asked(`/api/audio/${job.result.audio_id}`);
    taken(form, { ...song, audio_id: job.result.audio_id }, link);
    say(`${song.title} is ready`);
  } catch (error) {
    if (stop.signal.aborted) return;
    say(error.message, true);
  }
  cancel.hidden = true;
  button.disabled = false;
});

/** @type {(milliseconds: number, signal: AbortSignal) => Promise<void>} */
const pause = (milliseconds, signal) =>
  new Promise((resolve) => {
    const timer = setTimeout(resolve, milliseconds);
    signal.addEventListener("abort", () => {
      clearTimeout(timer);
      resolve();
    });
  });

document.querySelector("[data-song-choice]")?.addEventListener("change", (event) => {
  const canvas = document.querySelector("form canvas[data-waveform]");
  canvas.hidden = !event.target.value;
  if (!event.target.value) return;
  canvas.dataset.waveform = `/api/audio/${event.target.value}/peaks`;
  draw(canvas);
});

// A file in a dialog's form goes up in parts first; the form then names it in the file's place.
document.addEventListener("htmx:confirm", async (event) => {
  const form = event.target;
  const input = form.querySelector?.("input[type=file][data-parts]:enabled");
  if (!input?.files[0]) return;
  event.preventDefault();
  const { dropParts, sendParts, wordsOf } = await import("./sending.js");
  const bar = form.querySelector("[data-form-progress]");
  const words = form.querySelector("[data-form-words]");
  const button = form.querySelector("[type=submit], button:not([type])");
  const stop = new AbortController();
  form.closest("dialog")?.addEventListener("close", () => stop.abort(), { once: true });
  bar.hidden = false;
  button.disabled = true;
  try {
    const told = (way) => {
      bar.querySelector("progress").value = 100 * way.part;
      words.textContent = wordsOf(way);
    };
    const id = await sendParts(input.files[0], { signal: stop.signal, told });
    const named = make("input", { type: "hidden", name: input.name, value: id });
    input.disabled = true;
    form.append(named);
    words.textContent = "Checking the file";
    const answered = new AbortController();
    form.addEventListener(
      "htmx:afterRequest",
      (request) => {
        if (request.target !== form) return; // a price inside the form was asked for
        answered.abort();
        dropParts(id);
        named.remove();
        input.disabled = false;
        bar.hidden = true;
      },
      { signal: answered.signal },
    );
    event.detail.issueRequest();
  } catch (error) {
    words.textContent = error.message;
  }
  button.disabled = false;
});
