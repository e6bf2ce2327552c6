// The song goes up as soon as it is chosen, with progress; without this file the form carries it.
import { draw } from "./waveforms.js";

for (const drop of document.querySelectorAll("[data-upload]")) {
  const input = drop.querySelector("input[type=file]");
  input.addEventListener("change", () => input.files[0] && send(drop, input));
  for (const kind of ["dragenter", "dragover"]) drop.addEventListener(kind, (event) => { event.preventDefault(); drop.classList.add("drop-over"); });
  for (const kind of ["dragleave", "drop"]) drop.addEventListener(kind, () => drop.classList.remove("drop-over"));
  drop.addEventListener("drop", (event) => {
    event.preventDefault();
    input.files = event.dataTransfer.files;
    input.dispatchEvent(new Event("change"));
  });
}

function send(drop, input) {
  const form = input.form;
  const bar = drop.querySelector("[data-upload-progress]");
  const words = drop.querySelector("[data-upload-words]");
  const problem = form.querySelector("[data-upload-error]");
  const button = form.querySelector("[type=submit]");
  const body = new FormData();
  body.append("file", input.files[0]);
  const request = new XMLHttpRequest();
  request.open("POST", drop.dataset.upload);
  request.setRequestHeader("X-CSRFToken", form.querySelector("[name=csrfmiddlewaretoken]").value);
  request.responseType = "json";
  request.upload.onprogress = (event) => {
    bar.querySelector("progress").value = (100 * event.loaded) / event.total;
    words.textContent = event.loaded < event.total ? `Uploading ${Math.floor((100 * event.loaded) / event.total)} %` : "Looking at the file";
  };
  request.onloadend = () => {
    button.disabled = false;
    if (request.status === 201) {
      words.textContent = `${input.files[0].name} is ready`;
      taken(form, request.response, input);
    } else {
      bar.hidden = true;
      problem.hidden = false;
      problem.textContent = request.response?.detail ?? "The upload was interrupted. Choose the file again.";
      input.value = "";
    }
  };
  problem.hidden = true;
  bar.hidden = false;
  button.disabled = true;
  request.send(body);
}

function taken(form, song, input) {
  const choice = form.querySelector("[data-song-choice]");
  choice.append(new Option(song.title, song.audio_id, false, true));
  choice.value = song.audio_id;
  form.querySelector("[data-songs]").hidden = false;
  input.value = "";
  choice.dispatchEvent(new Event("change"));
}

document.querySelector("[data-song-choice]")?.addEventListener("change", (event) => {
  const canvas = document.querySelector("form canvas[data-waveform]");
  canvas.hidden = !event.target.value;
  if (!event.target.value) return;
  canvas.dataset.waveform = `/api/audio/${event.target.value}/peaks`;
  draw(canvas);
});

// Uploads inside dialogs go through htmx, which tells how far they are.
document.addEventListener("htmx:xhr:progress", (event) => {
  const bar = event.target.querySelector?.("[data-form-progress]");
  if (!bar || !event.detail.lengthComputable) return;
  bar.hidden = false;
  bar.querySelector("progress").value = (100 * event.detail.loaded) / event.detail.total;
});
