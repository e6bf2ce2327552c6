// The Pro editor: files go up as they are chosen, segments are drawn on the track, and every change is checked and
// priced by the server before anything is ordered. The work survives a reload of the tab.
import { bars, colour } from "./waveforms.js";
import { listen } from "./pro-sound.js";

const form = document.querySelector("[data-pro]");
const find = (name) => form.querySelector(`[data-pro-${name}]`);
const [video, track, playhead, rows, audios, submit] = ["video", "track", "playhead", "segments", "audios", "submit"].map(find);
const start = JSON.parse(document.getElementById("pro-start").textContent);
const STORE = "mvsite-pro";
const SHORTEST_SECONDS = 0.1;
const SNAP_PIXELS = 8;
const HUES = 6;
const SAVED = ["video", "audios", "segments", "next"];

let state = { video: null, audios: [], segments: [], next: 1 };
const sounds = new Map(); // asset id → {peaks, edges, seconds}
let edges = [];
let order = null; // the key of the order being prepared: a double click is one order

const token = () => form.querySelector("[name=csrfmiddlewaretoken]").value;
const clock = (seconds) => `${Math.floor(seconds / 60)}:${(seconds % 60).toFixed(3).padStart(6, "0")}`;
const round = (seconds) => Math.round(seconds * 1000) / 1000;
const length = () => state.video?.seconds ?? 0;
const frame = () => { const [up, down] = String(state.video?.fps || "25").split("/").map(Number); return (down || 1) / up; };
const hue = (ref) => `var(--part-${(Math.max(0, state.audios.findIndex((audio) => audio.ref === ref)) % HUES) + 1})`;
const audioOf = (segment) => state.audios.find((audio) => audio.ref === segment.ref);

// --- files ---
function choose(kind, input, taken) {
  input.addEventListener("change", () => input.files[0] && send(kind, input.files[0], taken));
  const drop = input.closest(".drop");
  for (const name of ["dragover", "drop"]) drop.addEventListener(name, (event) => { event.preventDefault(); if (name === "drop") send(kind, event.dataTransfer.files[0], taken); });
}

function send(kind, file, taken) {
  if (!file) return;
  const box = form.querySelector(`[data-pro-file="${kind}"]`);
  const [bar, words, again, problem] = ["progress", "words", "again", "error"].map((name) => box.querySelector(`[data-${name}]`));
  const request = new XMLHttpRequest();
  const body = new FormData();
  body.append("file", file);
  body.append("kind", kind);
  request.open("POST", "/api/assets");
  request.setRequestHeader("X-CSRFToken", token());
  request.responseType = "json";
  request.upload.onprogress = (event) => {
    bar.querySelector("progress").value = (100 * event.loaded) / event.total;
    words.textContent = event.loaded < event.total ? `Uploading ${Math.floor((100 * event.loaded) / event.total)} %` : "Looking at the file";
  };
  request.onloadend = () => {
    const done = request.status === 201;
    words.textContent = done ? `${file.name} is ready` : "Not uploaded";
    again.hidden = done;
    again.onclick = () => send(kind, file, taken);
    problem.hidden = done;
    problem.textContent = done ? "" : request.response?.detail ?? "The upload was interrupted. Nothing is lost: try again.";
    if (done) taken({ id: request.response.id, url: request.response.content_url, name: file.name, seconds: request.response.duration_seconds, fps: request.response.fps }, file);
  };
  bar.hidden = false;
  again.hidden = true;
  problem.hidden = true;
  request.send(body);
}

async function takeVideo(found, source) {
  state.video = found;
  showVideo();
  changed();
  const sound = await listen(source ?? found.url);
  edges = sound?.edges ?? [];
  if (sound) paint(find("wave"), sound.peaks, { from: 0, to: 1 });
}

function showVideo() {
  find("stage").hidden = false;
  if (!video.src.endsWith(state.video.url)) video.src = state.video.url;
}

async function takeAudio(found, source) {
  const audio = { ...found, ref: `voice${state.next}` };
  state.next += 1;
  state.audios.push(audio);
  for (const segment of state.segments) if (!audioOf(segment)) segment.ref = audio.ref;
  for (const segment of state.segments) if (segment.ref === audio.ref && segment.to <= segment.from) segment.to = round(audio.seconds ?? 0);
  changed();
  sounds.set(audio.id, await listen(source ?? audio.url));
  render();
}

function paint(canvas, peaks, part) {
  const { clientWidth: width, clientHeight: height } = canvas;
  if (!width) return null;
  const scale = devicePixelRatio || 1;
  canvas.width = width * scale;
  canvas.height = height * scale;
  const brush = canvas.getContext("2d");
  brush.scale(scale, scale);
  bars(brush, peaks, { ...part, width, height });
  return brush;
}

// --- segments ---
function addSegment(from, to, crop) {
  const first = Math.min(Math.max(0, from), Math.max(0, length() - SHORTEST_SECONDS));
  const segment = { id: crypto.randomUUID(), start: round(first), end: round(Math.min(to, length())), ref: state.audios[0]?.ref ?? "", cropped: Boolean(crop), from: round(crop?.from ?? 0), to: round(crop?.to ?? 0) };
  state.segments.push(segment);
  state.segments.sort((one, other) => one.start - other.start);
  changed();
  return segment;
}

function change(segment, facts) {
  Object.assign(segment, facts);
  for (const name of ["start", "end", "from", "to"]) segment[name] = round(Math.max(0, segment[name]));
  changed();
}

function snapped(seconds) {
  if (!find("snap").checked) return seconds;
  const reach = (SNAP_PIXELS / track.clientWidth) * length();
  const near = [...edges, video.currentTime].filter((edge) => Math.abs(edge - seconds) <= reach);
  return near.sort((one, other) => Math.abs(one - seconds) - Math.abs(other - seconds))[0] ?? seconds;
}

function remove(segment) {
  state.segments = state.segments.filter((one) => one !== segment);
  changed();
  track.focus();
}

// --- drawing ---
let problems = new Map();

function render() {
  const focused = document.activeElement?.dataset?.segment;
  for (const old of track.querySelectorAll(".pro-segment")) old.remove();
  state.segments.forEach((segment, index) => track.append(block(segment, index)));
  if (focused) track.querySelector(`[data-segment="${focused}"]`)?.focus();
  find("empty").hidden = state.segments.length > 0;
  for (const row of [...rows.children]) if (!state.segments.some((segment) => segment.id === row.dataset.row)) row.remove();
  state.segments.forEach((segment, index) => fill(rowOf(segment), segment, index));
  renderAudios();
  renderSounds();
}

function block(segment, index) {
  const button = document.createElement("button");
  button.type = "button";
  button.className = "pro-segment";
  button.dataset.segment = segment.id;
  button.style.setProperty("--hue", hue(segment.ref));
  button.style.left = `${(100 * segment.start) / length()}%`;
  button.style.width = `${(100 * (segment.end - segment.start)) / length()}%`;
  button.setAttribute("aria-label", `Segment ${index + 1}, ${clock(segment.start)} to ${clock(segment.end)}`);
  button.setAttribute("aria-invalid", String(problems.has(segment.id)));
  button.title = (problems.get(segment.id) ?? []).join(" ");
  button.append(document.createElement("i"), `${index + 1}`, document.createElement("i"));
  button.addEventListener("pointerdown", (event) => drag(event, segment, button));
  button.addEventListener("keydown", (event) => keys(event, segment));
  return button;
}

function rowOf(segment) {
  const old = rows.querySelector(`[data-row="${segment.id}"]`);
  if (old) return old;
  const row = document.getElementById("pro-segment").content.cloneNode(true).firstElementChild;
  row.dataset.row = segment.id;
  row.addEventListener("change", (event) => typed(event.target, segment));
  row.querySelector("[data-remove]").addEventListener("click", () => remove(segment));
  row.querySelector("[data-play]").addEventListener("click", () => play(segment));
  row.querySelector("[data-crop-wave]").addEventListener("pointerdown", (event) => dragCrop(event, segment));
  return row;
}

function typed(input, segment) {
  const name = input.dataset.field;
  if (name === "ref") change(segment, { ref: input.value });
  else if (name === "cropped") change(segment, { cropped: input.checked, ...(segment.to > segment.from ? {} : { from: 0, to: audioOf(segment)?.seconds ?? 0 }) });
  else if (input.value !== "") change(segment, { [name]: Number(input.value) });
}

function fill(row, segment, index) {
  rows.append(row);
  row.style.setProperty("--hue", hue(segment.ref));
  row.querySelector("[data-name]").textContent = `Segment ${index + 1}`;
  const choice = row.querySelector("[data-field=ref]");
  choice.replaceChildren(...state.audios.map((audio) => new Option(audio.name, audio.ref, false, audio.ref === segment.ref)));
  for (const name of ["start", "end", "from", "to"]) {
    const input = row.querySelector(`[data-field=${name}]`);
    if (input !== document.activeElement) input.value = segment[name].toFixed(3);
  }
  row.querySelector("[data-field=cropped]").checked = segment.cropped;
  row.querySelector("[data-crop]").hidden = !segment.cropped;
  const list = problems.get(segment.id) ?? [];
  row.querySelector("[data-problems]").replaceChildren(...list.map((text) => Object.assign(document.createElement("li"), { textContent: text })));
  const audio = audioOf(segment);
  const sound = audio && sounds.get(audio.id);
  if (segment.cropped && sound) paintCrop(row.querySelector("[data-crop-wave]"), sound, segment, audio);
}

function paintCrop(canvas, sound, segment, audio) {
  const brush = paint(canvas, sound.peaks, { from: 0, to: 1 });
  if (!brush) return;
  const { clientWidth: width, clientHeight: height } = canvas;
  brush.fillStyle = "rgb(11 13 16 / 72%)";
  brush.fillRect(0, 0, (width * segment.from) / audio.seconds, height);
  brush.fillRect((width * segment.to) / audio.seconds, 0, width, height);
  brush.fillStyle = colour("--accent");
  for (const edge of [segment.from, segment.to]) brush.fillRect((width * edge) / audio.seconds - 1, 0, 3, height);
}

function renderAudios() {
  audios.replaceChildren(...state.audios.map((audio) => {
    const line = document.createElement("li");
    line.className = "row";
    line.style.setProperty("--hue", hue(audio.ref));
    const swatch = Object.assign(document.createElement("span"), { className: "pro-swatch" });
    const used = state.segments.some((segment) => segment.ref === audio.ref);
    const drop = Object.assign(document.createElement("button"), { type: "button", className: "button button-small", textContent: "Remove", disabled: used, title: used ? "A segment uses it" : "" });
    drop.addEventListener("click", () => { state.audios = state.audios.filter((one) => one !== audio); changed(); });
    line.append(swatch, `${audio.name} · ${clock(audio.seconds ?? 0)}`, drop);
    return line;
  }));
}

function renderSounds() {
  const lane = find("sounds");
  lane.replaceChildren();
  for (const segment of state.segments) {
    const audio = audioOf(segment);
    const sound = audio && sounds.get(audio.id);
    if (!sound) continue;
    const canvas = document.createElement("canvas");
    canvas.style.left = `${(100 * segment.start) / length()}%`;
    canvas.style.width = `${(100 * (segment.end - segment.start)) / length()}%`;
    lane.append(canvas);
    const part = segment.cropped ? { from: segment.from / audio.seconds, to: segment.to / audio.seconds } : { from: 0, to: 1 };
    paint(canvas, sound.peaks, part);
  }
}

// --- hands ---
const secondsAt = (event) => { const box = track.getBoundingClientRect(); return Math.min(1, Math.max(0, (event.clientX - box.left) / box.width)) * length(); };

function drag(event, segment, button) {
  event.preventDefault();
  event.stopPropagation();
  button.focus();
  const grips = button.querySelectorAll("i");
  const edge = event.target === grips[0] ? "start" : event.target === grips[1] ? "end" : "both";
  const [from, to, origin] = [segment.start, segment.end, secondsAt(event)];
  const move = (now) => {
    const by = secondsAt(now) - origin;
    if (edge === "start") segment.start = round(Math.min(snapped(from + by), to - SHORTEST_SECONDS));
    else if (edge === "end") segment.end = round(Math.max(snapped(to + by), from + SHORTEST_SECONDS));
    else { const first = Math.min(Math.max(0, snapped(from + by)), length() - (to - from)); segment.start = round(first); segment.end = round(first + to - from); }
    render();
  };
  follow(move, changed);
}

function follow(move, done) {
  const stop = () => { removeEventListener("pointermove", move); removeEventListener("pointerup", stop); removeEventListener("pointercancel", stop); done(); };
  addEventListener("pointermove", move);
  addEventListener("pointerup", stop);
  addEventListener("pointercancel", stop);
}

track.addEventListener("pointerdown", (event) => {
  if (!length() || event.target.closest(".pro-segment")) return;
  event.preventDefault();
  const origin = snapped(secondsAt(event));
  let segment = null;
  const move = (now) => {
    const here = snapped(secondsAt(now));
    if (!segment && Math.abs(here - origin) < SHORTEST_SECONDS) return;
    segment ??= addSegment(origin, origin + SHORTEST_SECONDS);
    [segment.start, segment.end] = [round(Math.min(origin, here)), round(Math.max(origin, here))];
    render();
  };
  follow(move, () => { if (segment) changed(); else video.currentTime = origin; });
});

function dragCrop(event, segment) {
  event.preventDefault();
  const audio = audioOf(segment);
  const box = event.currentTarget.getBoundingClientRect();
  const at = (now) => round(Math.min(1, Math.max(0, (now.clientX - box.left) / box.width)) * audio.seconds);
  const edge = Math.abs(at(event) - segment.from) <= Math.abs(at(event) - segment.to) ? "from" : "to";
  const move = (now) => {
    segment[edge] = edge === "from" ? Math.min(at(now), segment.to - SHORTEST_SECONDS) : Math.max(at(now), segment.from + SHORTEST_SECONDS);
    render();
  };
  move(event);
  follow(move, changed);
}

function keys(event, segment) {
  const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
  if (event.key === "Delete" || event.key === "Backspace") { event.preventDefault(); remove(segment); }
  if (!step) return;
  event.preventDefault();
  const by = step * frame() * (event.shiftKey ? 10 : 1);
  if (event.altKey) change(segment, { end: Math.max(segment.start + SHORTEST_SECONDS, Math.min(length(), segment.end + by)) });
  else if (segment.start + by >= 0 && segment.end + by <= length()) change(segment, { start: segment.start + by, end: segment.end + by });
}

function play(segment) {
  const audio = audioOf(segment);
  video.currentTime = segment.start;
  video.muted = Boolean(audio);
  const sound = audio && new Audio(audio.url);
  if (sound) sound.currentTime = segment.cropped ? segment.from : 0;
  video.play();
  sound?.play();
  const watch = () => {
    if (!video.paused && video.currentTime < segment.end) return requestAnimationFrame(watch);
    video.pause();
    sound?.pause();
    video.muted = false;
    return null;
  };
  requestAnimationFrame(watch);
}

video.addEventListener("timeupdate", () => {
  playhead.style.left = `${(100 * video.currentTime) / (length() || 1)}%`;
  find("clock").textContent = clock(video.currentTime);
});
find("add").addEventListener("click", () => {
  const segment = addSegment(video.currentTime, video.currentTime + Math.min(2, length()));
  track.querySelector(`[data-segment="${segment.id}"]`)?.focus();
});

// --- checking, pricing, ordering ---
let timer = null;
let asked = 0;

function changed() {
  order = crypto.randomUUID();
  try { sessionStorage.setItem(STORE, JSON.stringify(Object.fromEntries(SAVED.map((name) => [name, state[name]])))); } catch { /* a full store only costs the reload */ }
  render();
  submit.disabled = true;
  clearTimeout(timer);
  timer = setTimeout(check, 350);
}

function body() {
  const data = new FormData();
  data.append("video", state.video.id);
  for (const audio of state.audios) data.append(audio.ref, audio.id);
  const segments = state.segments.map((segment) => ({
    startTime: segment.start,
    endTime: segment.end,
    audioInput: { refId: segment.ref, ...(segment.cropped ? { startTime: segment.from, endTime: segment.to } : {}) },
  }));
  data.append("segments", JSON.stringify(segments));
  for (const name of ["model", "sync_mode", "provider"]) data.append(name, form.elements[name].value);
  return data;
}

const post = (query, headers = {}) => fetch(`/api/v1/sync/pro-sync-process${query}`, { method: "POST", body: body(), headers: { "X-CSRFToken": token(), ...headers } });

async function check() {
  if (!state.video || !state.audios.length || !state.segments.length) return say("", "Choose a video, a voice and a segment to see the price.");
  asked += 1;
  const mine = asked;
  const answer = await post("?dry_run=1").catch(() => null);
  if (mine !== asked) return null;
  if (!answer) return say("The studio does not answer. Your work is kept in this tab.", "");
  const found = await answer.json();
  mark(found.errors?.segments ?? []);
  if (!answer.ok) return say(found.errors?.segments ? "" : found.detail, found.errors?.segments ? "Correct the marked segments." : "");
  const price = Number(found.quote.amount) ? `$${Number(found.quote.amount).toFixed(2)}` : "free draft";
  submit.textContent = `Generate · ${price}`;
  submit.disabled = false;
  return say("", found.quote.basis);
}

function mark(found) {
  problems = new Map();
  for (const one of found) {
    const segment = state.segments[(one.segment ?? 1) - 1];
    if (segment) problems.set(segment.id, [...(problems.get(segment.id) ?? []), one.message]);
  }
  render();
}

function say(problem, quote) {
  find("problem").hidden = !problem;
  find("problem").querySelector("p").textContent = problem;
  find("quote").textContent = quote;
}

form.addEventListener("submit", async (event) => {
  event.preventDefault();
  if (submit.disabled) return;
  submit.disabled = true;
  const answer = await post("?", { "Idempotency-Key": order }).catch(() => null);
  if (answer?.status === 202) {
    sessionStorage.removeItem(STORE);
    location.assign(`/pro/${(await answer.json()).id}`);
    return;
  }
  const found = await answer?.json().catch(() => null);
  mark(found?.errors?.segments ?? []);
  say(found?.detail ?? "The studio does not answer. Your work is kept in this tab: send it again.", "");
  submit.disabled = false;
});
for (const name of ["model", "sync_mode", "provider"]) form.elements[name].addEventListener("change", changed);

// --- start ---
choose("video", find("video-input"), takeVideo);
choose("audio", find("audio-input"), takeAudio);
const provider = form.elements.provider;
if (provider.selectedOptions[0]?.disabled) provider.value = [...provider.options].find((option) => !option.disabled)?.value ?? "";
const paid = [...provider.options].find((option) => option.value === "sync_so" && !option.disabled);
if (paid) provider.value = "sync_so";

function open() {
  const kept = JSON.parse(sessionStorage.getItem(STORE) ?? "null");
  if (start.video) {
    takeVideo(start.video);
    if (start.audio) takeAudio(start.audio);
  } else if (kept) {
    state = { ...state, ...kept };
    for (const audio of state.audios) listen(audio.url).then((sound) => { sounds.set(audio.id, sound); render(); });
    if (state.video) takeVideo(state.video);
  }
  const suggest = find("suggest");
  suggest.hidden = !start.sung?.length;
  suggest.addEventListener("click", () => { for (const part of start.sung) addSegment(part.start, part.end, { from: part.from, to: part.to }); });
  render();
}
open();
addEventListener("resize", render);
