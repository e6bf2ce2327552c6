// The Edit page's timeline: song, beats, scenes, playhead; cuts that snap; preview of the current clips.
import { bars, colour, hues } from "./waves.js";
import { csrfToken } from "./csrf.js";
import { taken } from "./dialogs.js";
import { ranges } from "./ranges.js";
import { toast } from "./toasts.js";
import { Preview } from "./preview.js";

const root = document.querySelector("[data-timeline]");
const $ = (name) => root.querySelector(`[data-${name}]`);
const api = `/api/mv/projects/${root.dataset.project}`;
const [scroll, inner, canvas, blocks, head] = ["scroll", "inner", "wave", "blocks", "playhead"].map($);
const MINIMUM = 0.25;
const SNAP_PIXELS = 10;
const REREAD_BELOW = 8;
const LIVE = ["generating-image", "generating-video", "generating-lipsync", "trimming", "uploading"];

let scenes = [];
let song = null;
let chosen = new Set();
let pixels = 10; // per second
let drag = null;
let editor = null;
let priced = ""; // the scenes whose price the button shows
const preview = new Preview(root, { scenes: () => scenes, total: () => total(), moved: showTime });

const total = () => Math.max(scenes.at(-1)?.end ?? 0, song?.length ?? 0, 1);
const clock = (seconds) => `${Math.floor(seconds / 60)}:${(seconds % 60).toFixed(3).padStart(6, "0")}`;

async function call(path, body, method = "POST") {
  const headers = { "Content-Type": "application/json", "X-CSRFToken": csrfToken() };
  const response = await fetch(api + path, body === undefined ? {} : { method, headers, body: JSON.stringify(body) });
  const answer = await response
    .json()
    .catch(() => ({ detail: "The server did not answer as expected. Reload the page." }));
  if (!response.ok) throw new Error(answer.detail);
  return answer;
}

// Every change: one call, one after the other, then the scenes as the server has them; a refusal is told and undone on
// the screen.
let changes = Promise.resolve();
const change = (action) => {
  changes = changes.then(() => changed(action));
  return changes;
};
const tell = (error) => toast(error.message);
async function changed(action) {
  await Promise.resolve().then(action).catch(tell);
  answered = asked + 1; // what was asked for before may be older than this change
  await load().catch(tell); // else one answer that did not come would stop every later change
  htmx.trigger(document.getElementById("poller"), "wake");
}

let asked = 0;
let answered = 0;
let loading = 0;
let moves = 0; // of cuts that wait or are under way
async function load() {
  const mine = (asked += 1);
  loading += 1;
  const rows = await everyScene().finally(() => {
    loading -= 1;
  });
  if (mine < answered) return;
  answered = mine;
  take(rows);
}

async function everyScene() {
  const rows = [];
  for (let page = 1, next = true; next; page += 1) {
    const answer = await call(`/scenes?page_size=200&page=${page}`);
    rows.push(...answer.results);
    ({ next } = answer);
  }
  return rows;
}

// The scenes whose cards a poll replaced. A long film is not read again for one of them.
async function refresh(numbers) {
  if (loading || numbers.length > REREAD_BELOW) return load();
  const mine = (asked += 1);
  const rows = await Promise.all(numbers.map((number) => call(`/scenes/${number}`)));
  if (mine < answered) return;
  if (rows.some(({ id, sequence }) => scenes[sequence - 1]?.id !== id)) return load();
  answered = mine;
  take(scenes.map((scene, index) => rows.find(({ sequence }) => sequence === index + 1) ?? scene));
}

function take(rows) {
  let at = 0;
  // The screen is ahead of the server while more moves wait: they need the versions, and the last one loads the rest.
  if (moves)
    return rows.forEach(({ id, version }) => Object.assign(scenes.find((scene) => scene.id === id) ?? {}, { version }));
  scenes = rows.map((row) => {
    const start = at;
    at += Number(row.duration ?? 0);
    return { ...row, start, end: at, length: at - start };
  });
  chosen = new Set([...chosen].filter((id) => scenes.some((scene) => scene.id === id)));
  if (drag?.cut && scenes[drag.index]) {
    drag.from = scenes[drag.index].end;
    if (drag.at) moveCut(drag.index, drag.at);
  }
  layout();
  const one = inspected();
  if (
    one &&
    panel.firstElementChild.dataset.inspected !==
      `${one.id}:${one.version}:${LIVE.includes(one.status) ? "True" : "False"}`
  ) {
    if (typing()) follow(one);
    else inspect();
  }
}

async function loadSong() {
  if (!root.dataset.song) return;
  const [facts, peaks] = await Promise.all(
    ["", "/peaks"].map((part) => fetch(`/api/audio/${root.dataset.song}${part}`).then((answer) => answer.json())),
  );
  const from = Number(root.dataset.songStart);
  const inside = (seconds) => seconds - from;
  song = {
    from,
    peaks,
    facts,
    duration: facts.duration_seconds,
    length: (Number(root.dataset.songEnd) || facts.duration_seconds) - from,
    beats: (facts.grid.beats ?? []).map(inside),
    downbeats: new Set((facts.grid.downbeats ?? []).map(inside)),
    sections: (facts.analysis.sections ?? []).map((part) => ({
      ...part,
      start: inside(part.start_seconds),
      end: inside(part.end_seconds),
    })),
    voice: (facts.analysis.voice?.ranges ?? []).map(([start, end]) => [inside(start), inside(end)]),
  };
  if (!peaks.maximum) setTimeout(loadSong, 2000);
  layout();
  if (editor && !editor.parts) editor.show(); // its panel was opened before the song came
}

// --- drawing ---
// On a phone scenes are never narrower than a finger; the timeline scrolls sideways there.
const fit = () => Math.max(scroll.clientWidth - 2, scroll.clientWidth < 640 ? 40 * scenes.length : 0) / total();

function layout() {
  const zoom = Number($("zoom").value) / 100;
  pixels = fit() * (1 + zoom * zoom * 40);
  inner.style.width = `${Math.max(scroll.clientWidth, total() * pixels)}px`;
  const elements = new Map([...blocks.querySelectorAll(".block")].map((block) => [block.dataset.id, block]));
  const order = scenes.map((scene) => elements.get(scene.id) ?? newBlock());
  scenes.forEach((scene, index) => fill(order[index], scene));
  const known = blocks.querySelectorAll(".cut");
  const cuts = scenes.map((scene, index) => known[index] ?? newCut(index));
  scenes.forEach((scene, index) => fillCut(cuts[index], scene, index));
  // Only when they differ: what is taken out loses the keyboard's focus and the pointer that holds it.
  const children = [...order, ...cuts];
  const focused = document.activeElement;
  if (children.length !== blocks.children.length || children.some((child, index) => child !== blocks.children[index]))
    blocks.replaceChildren(...children);
  if (blocks.contains(focused)) focused.focus({ preventScroll: true });
  place();
  paint();
  tellChosen();
  showTime();
}

function newBlock() {
  const block = document.createElement("button");
  block.type = "button";
  block.className = "block";
  block.append(document.createElement("strong"), Object.assign(document.createElement("span"), { className: "state" }));
  return block;
}

function fill(block, scene) {
  block.dataset.id = scene.id;
  block.dataset.status = scene.status;
  block.toggleAttribute("data-live", LIVE.includes(scene.status));
  block.setAttribute("aria-pressed", chosen.has(scene.id));
  block.setAttribute(
    "aria-label",
    `Scene ${scene.sequence}, ${clock(scene.start)} to ${clock(scene.end)}, ${scene.status.replaceAll("-", " ")}`,
  );
  block.firstChild.textContent = scene.sequence;
  block.style.backgroundImage = scene.image_url ? `url("${scene.image_url}")` : "";
}

function newCut(index) {
  const cut = document.createElement("button");
  cut.type = "button";
  cut.className = "cut";
  cut.dataset.index = index;
  return cut;
}

function fillCut(cut, scene, index) {
  cut.setAttribute("aria-label", `End of scene ${scene.sequence}; arrow keys move it`);
  // With a song the last scene ends with it.
  cut.hidden = Boolean(song) && index === scenes.length - 1;
}

function place() {
  editor?.place();
  const all = blocks.children;
  scenes.forEach((scene, index) => {
    all[index].style.transform = `translateX(${scene.start * pixels + 1}px)`;
    all[index].style.width = `${Math.max(4, scene.length * pixels - 2)}px`;
    all[scenes.length + index].style.transform = `translateX(${scene.end * pixels}px)`;
  });
}

function paint() {
  const scale = devicePixelRatio || 1;
  const width = scroll.clientWidth;
  const height = 104;
  if (canvas.width !== Math.round(width * scale)) {
    canvas.style.width = `${width}px`;
    canvas.width = Math.round(width * scale);
    canvas.height = height * scale;
  }
  const brush = canvas.getContext("2d");
  brush.setTransform(scale, 0, 0, scale, 0, 0);
  brush.clearRect(0, 0, width, height);
  const left = scroll.scrollLeft / pixels;
  const right = left + width / pixels;
  const x = (seconds) => (seconds - left) * pixels;
  if (!song) return;
  const palette = hues(song.sections);
  brush.font = `12px ${getComputedStyle(document.body).fontFamily}`;
  for (const part of song.sections) {
    if (part.end < left || part.start > right) continue;
    brush.fillStyle = palette.get(part.label);
    brush.globalAlpha = 0.28;
    brush.fillRect(x(part.start), 0, (part.end - part.start) * pixels - 1, 20);
    brush.globalAlpha = 1;
    brush.fillStyle = colour("--text");
    brush.fillText(part.label, Math.max(x(part.start), 0) + 6, 14, (part.end - part.start) * pixels - 8);
  }
  if (pixels > 12)
    for (const beat of song.beats) {
      if (beat < left || beat > right) continue;
      brush.fillStyle = song.downbeats.has(beat) ? colour("--line-strong") : colour("--line");
      brush.fillRect(x(beat), 22, 1, 74);
    }
  if (song.peaks.maximum) {
    brush.save();
    brush.translate(0, 22);
    bars(brush, song.peaks, {
      from: (left + song.from) / song.duration,
      to: (right + song.from) / song.duration,
      width,
      height: 74,
    });
    brush.restore();
  }
  brush.fillStyle = colour("--accent");
  for (const [start, end] of song.voice) brush.fillRect(x(start), 99, (end - start) * pixels, 3);
}

function showTime(seconds = preview.time) {
  head.style.transform = `translateX(${seconds * pixels}px)`;
  $("clock").textContent = `${clock(seconds)} / ${clock(total())}`;
  const at = seconds * pixels;
  if (preview.playing && (at < scroll.scrollLeft || at > scroll.scrollLeft + scroll.clientWidth))
    scroll.scrollLeft = at - 60;
}

let painting = 0;
const repaint = () => {
  painting ||= requestAnimationFrame(() => {
    painting = 0;
    place();
    paint();
    showTime();
  });
};
scroll.addEventListener("scroll", repaint, { passive: true });
new ResizeObserver(layout).observe(scroll);
$("zoom").addEventListener("input", () => {
  const middle = (scroll.scrollLeft + scroll.clientWidth / 2) / pixels;
  layout();
  scroll.scrollLeft = middle * pixels - scroll.clientWidth / 2;
});

// --- choosing ---
function choose(id, { more = false, range = false } = {}) {
  if (range && chosen.size) {
    const places = scenes.map((scene) => scene.id);
    const [from, to] = [places.indexOf([...chosen].at(-1)), places.indexOf(id)].sort((a, b) => a - b);
    for (const other of places.slice(from, to + 1)) chosen.add(other);
  } else if (more) {
    if (!chosen.delete(id)) chosen.add(id);
  } else {
    chosen = new Set([id]);
    const scene = scenes.find((other) => other.id === id);
    if (!preview.playing && (preview.time < scene.start || preview.time >= scene.end)) preview.seek(scene.start);
  }
  for (const block of blocks.querySelectorAll(".block"))
    block.setAttribute("aria-pressed", chosen.has(block.dataset.id));
  tellChosen();
  inspect();
}

function tellChosen() {
  const numbers = scenes.filter((scene) => chosen.has(scene.id)).map((scene) => scene.sequence);
  $("chosen").hidden = chosen.size < 2;
  $("chosen-words").textContent = `${chosen.size} scenes`;
  $("chosen-scenes").replaceChildren(
    ...numbers.map((value) => Object.assign(document.createElement("input"), { type: "hidden", name: "scene", value })),
  );
  const query = `scene=${ranges(numbers)}`;
  const project = `/projects/${root.dataset.project}`;
  $("chosen-lipsync").href = `${project}/lipsync?page=edit&${query}`;
  if (numbers.length > 1 && priced !== query)
    htmx.ajax("GET", `${project}/videos?${query}`, { target: $("chosen-price"), swap: "innerHTML" });
  priced = query;
}

// The panel follows what happened to its scene, but not under somebody's hands: there only the version follows, where
// nobody else changed the words. Words left behind for another scene wait for their own.
const panel = document.getElementById("inspector");
const kept = new Map();
const inspected = () => chosen.size === 1 && scenes.find((scene) => chosen.has(scene.id));
const words = () => panel.querySelector("form[action$='/words']");
const unsaved = ({ prompt, lipsync }) =>
  prompt.value !== prompt.defaultValue || lipsync.checked !== lipsync.defaultChecked;
const typing = () => words() && (document.activeElement.name === "prompt" || unsaved(words().elements));

function follow(now) {
  const { prompt, version } = words().elements;
  if (prompt.defaultValue === now.prompt) version.value = now.version;
}

function inspect(afresh) {
  const scene = inspected();
  if (!scene) return;
  const shown = () => panel.firstElementChild.dataset.inspected?.split(":")[0];
  const controls = () => [...panel.querySelectorAll("a, button, input:not([type=hidden])")];
  const place = controls().indexOf(document.activeElement);
  const swap = (event) => {
    if (afresh || !typing() || !event.detail.shouldSwap) return;
    if (shown() === scene.id) event.detail.shouldSwap = false;
    else if (unsaved(words().elements)) {
      kept.set(shown(), words());
      words().remove();
    }
  };
  panel.addEventListener("htmx:beforeSwap", swap);
  htmx
    .ajax("GET", `/projects/${root.dataset.project}/scenes/${scene.sequence}/inspector`, {
      target: panel,
      swap: "innerHTML",
    })
    .then(() => {
      panel.removeEventListener("htmx:beforeSwap", swap);
      if (!words()) return;
      const { prompt, version } = words().elements;
      if (kept.has(shown())) words().replaceWith(kept.get(shown()));
      if (kept.delete(shown())) follow({ prompt: prompt.defaultValue, version: version.value });
      else if (typing() && shown() === inspected().id) follow(inspected());
      if (place >= 0) controls()[place]?.focus({ preventScroll: true });
    });
}

// What is made for a scene is made for the words on screen: those that are not saved yet go along, and are saved with it.
const WORDS = ["prompt", "negative_prompt", "lipsync", "version"];
document.addEventListener("htmx:configRequest", ({ detail }) => {
  const { parameters, path } = detail;
  if (
    path.endsWith("/quote/video") &&
    words() &&
    words().elements.prompt.value !== words().elements.prompt.defaultValue
  )
    parameters.changed = 1;
  // A question that is answered brings its words itself.
  if (detail.verb !== "post" || parameters.prompt !== undefined || !/\/scenes\/\d+\/(image|video)$/.test(path)) return;
  const form = [words(), ...kept.values()].find((one) => one?.elements.scene_id.value === parameters.scene_id);
  if (!form || !unsaved(form.elements)) return;
  const said = new FormData(form);
  for (const name of WORDS) if (said.has(name)) parameters[name] = said.get(name);
});

// Words that were saved, and words that somebody else saved, are what the panel goes on from.
addEventListener("beforeunload", (event) => {
  if ((words() && unsaved(words().elements)) || scenes.some((scene) => kept.has(scene.id))) event.preventDefault();
});
document.addEventListener("click", (event) => {
  if (event.target.closest("[data-see-new]")) inspect(true);
});
document.addEventListener("htmx:afterRequest", (event) => {
  const { prompt, version, lipsync, scene_id: id } = event.detail.requestConfig.parameters;
  if (prompt === undefined || !taken(event.detail)) return;
  const form = [words(), ...kept.values()].find((one) => one?.elements.scene_id.value === id);
  if (!form) return;
  kept.delete(id);
  form.elements.prompt.defaultValue = prompt;
  form.elements.lipsync.defaultChecked = Boolean(lipsync);
  form.elements.version.value = Number(version) + 1;
});

// --- cuts and order by pointer ---
const secondsAt = (event) => (event.clientX - inner.getBoundingClientRect().left) / pixels;
const snapped = (seconds, free) => {
  if (free || !song?.beats.length) return seconds;
  const near = song.beats.reduce((best, beat) => (Math.abs(beat - seconds) < Math.abs(best - seconds) ? beat : best));
  return Math.abs(near - seconds) * pixels <= SNAP_PIXELS ? near : seconds;
};

function moveCut(index, seconds) {
  const [left, right] = [scenes[index], scenes[index + 1]];
  const highest = song && right ? right.end - MINIMUM : Infinity;
  const end = Math.min(Math.max(seconds, left.start + MINIMUM), highest);
  const shift = end - left.end;
  left.end = end;
  left.length = end - left.start;
  if (song && right) {
    right.start = end;
    right.length = right.end - end;
  } else
    for (const later of scenes.slice(index + 1)) {
      later.start += shift;
      later.end += shift;
    }
}

blocks.addEventListener("pointerdown", (event) => {
  if (event.button) return;
  const cut = event.target.closest(".cut");
  const block = event.target.closest(".block");
  if (cut) drag = { cut, index: Number(cut.dataset.index), from: scenes[cut.dataset.index].end };
  else if (block)
    drag = { block, index: scenes.findIndex((scene) => scene.id === block.dataset.id), x: event.clientX, moved: false };
  if (cut) {
    cut.setPointerCapture(event.pointerId);
    cut.classList.add("dragging");
  }
});
blocks.addEventListener("pointermove", (event) => {
  if (!drag) return;
  if (drag.cut) {
    drag.free = event.altKey;
    moveCut(drag.index, (drag.at = snapped(secondsAt(event), event.altKey)));
    repaint();
  } else if (drag.moved || Math.abs(event.clientX - drag.x) > 6) {
    if (!drag.moved) {
      drag.block.setPointerCapture(event.pointerId);
      drag.block.classList.add("dragging");
    }
    drag.moved = true;
    drag.block.style.transform = `translateX(${scenes[drag.index].start * pixels + event.clientX - drag.x}px)`;
  }
});
blocks.addEventListener("pointerup", (event) => {
  const done = drag;
  drag = null;
  if (!done) return;
  if (done.cut) {
    done.cut.classList.remove("dragging");
    if (scenes[done.index].end !== done.from) saveCut(done.index, done.free);
    return;
  }
  if (!done.moved) return;
  done.block.classList.remove("dragging");
  const seconds = secondsAt(event);
  const target = scenes.findIndex((scene) => seconds < scene.end);
  reorder(done.index, target < 0 ? scenes.length - 1 : target);
  blocks.addEventListener("click", (click) => click.stopImmediatePropagation(), { capture: true, once: true });
});
blocks.addEventListener("pointercancel", () => {
  drag = null;
  load();
});
blocks.addEventListener("click", (event) => {
  const block = event.target.closest(".block");
  if (block) choose(block.dataset.id, { more: event.ctrlKey || event.metaKey, range: event.shiftKey });
});
canvas.addEventListener("pointerdown", (event) => {
  const follow = (move) => preview.seek(Math.min(Math.max(0, secondsAt(move)), total()));
  follow(event);
  canvas.setPointerCapture(event.pointerId);
  canvas.onpointermove = follow;
  canvas.onpointerup = () => {
    canvas.onpointermove = null;
  };
});

// The id and version say which scene was seen: another tab may have put another one in its place. The version is read
// when it is this change's turn, since those before it count it up.
function saveCut(index, free) {
  const scene = scenes[index];
  const { sequence, id: scene_id } = scene;
  const duration = scene.length.toFixed(6);
  moves += 1;
  return change(() => {
    const { version } = scenes.find(({ id }) => id === scene_id) ?? scene;
    return call(`/scenes/${sequence}`, { duration, snap: !free, scene_id, version }, "PATCH").finally(() => {
      moves -= 1;
    });
  });
}
function reorder(from, to) {
  if (from === to || to < 0 || to >= scenes.length) return layout();
  const seen = scenes.map((scene) => scene.id);
  const order = [...seen];
  order.splice(to, 0, ...order.splice(from, 1));
  return change(() => call("/scenes/reorder", { scene_ids: order, seen_ids: seen }));
}

// --- buttons and keys ---
const undo = () => change(() => call("/undo", {}));
const redo = () => change(() => call("/redo", {}));
const split = () =>
  change(() => {
    const { time } = preview;
    const scene = scenes.find((other) => time > other.start && time < other.end);
    if (!scene) throw new Error("Put the playhead inside a scene, then split.");
    return call(`/scenes/${scene.sequence}/split`, { at: (time - scene.start).toFixed(6), scene_id: scene.id });
  });
$("undo").onclick = undo;
$("redo").onclick = redo;
$("split").onclick = split;
// Correcting the song is rare: its module comes with the first click.
$("song-open")?.addEventListener("click", async () => {
  const { SongEditor } = await import("./song-edit.js");
  editor ??= new SongEditor(root, {
    song: () => song,
    preview,
    secondsAt,
    snapped,
    pixels: () => pixels,
    reload: loadSong,
    repaint,
  });
  editor.toggle();
});

document.addEventListener("keydown", (event) => {
  if (
    event.defaultPrevented ||
    event.target.closest("input, textarea, select, dialog, .menu") ||
    document.querySelector("dialog[open]")
  )
    return;
  const control = event.ctrlKey || event.metaKey;
  if (control && event.key.toLowerCase() === "z") {
    event.preventDefault();
    return event.shiftKey ? redo() : undo();
  }
  if (control) return;
  const cut = event.target.closest(".cut");
  const block = event.target.closest(".block");
  const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
  if (step && cut) {
    event.preventDefault();
    const index = Number(cut.dataset.index);
    const beats = song?.beats ?? [];
    const next =
      step > 0
        ? beats.find((beat) => beat > scenes[index].end + 0.01)
        : beats.findLast((beat) => beat < scenes[index].end - 0.01);
    moveCut(index, event.altKey || next === undefined ? scenes[index].end + step / preview.fps : next);
    saveCut(index, event.altKey).then(() => blocks.querySelector(`.cut[data-index="${index}"]`)?.focus());
  } else if (step && block && event.altKey) {
    event.preventDefault();
    const index = scenes.findIndex((scene) => scene.id === block.dataset.id);
    reorder(index, index + step);
  } else if (step && block) {
    event.preventDefault();
    const next = blocks.querySelectorAll(".block")[scenes.findIndex((scene) => scene.id === block.dataset.id) + step];
    next?.focus();
    if (next) choose(next.dataset.id, { more: event.shiftKey });
  } else if (step) {
    event.preventDefault();
    preview.seek(preview.time + step * (event.shiftKey ? 1 : 1 / preview.fps));
  } else if (event.key === " " && !event.target.closest("button, summary, a")) {
    event.preventDefault();
    preview.toggle();
  } else if ("jkls".includes(event.key.toLowerCase()) && !event.target.closest("summary")) {
    ({
      j: () => preview.seek(preview.time - 5),
      k: () => preview.toggle(),
      l: () => preview.seek(preview.time + 5),
      s: split,
    })[event.key.toLowerCase()]();
  } else if (event.key === "Home" || event.key === "End") {
    event.preventDefault();
    preview.seek(event.key === "Home" ? 0 : total());
  }
});

// Cards that a poll replaced, and dialogs' forms, mean that the scenes changed; a new grid, that any of them did.
let stale = 0;
const replaced = new Set();
document.addEventListener("htmx:oobAfterSwap", ({ target }) => {
  if (!target.closest("#scenes")) return;
  replaced.add(Number(target.dataset.scene ?? Infinity));
  clearTimeout(stale);
  stale = setTimeout(catchUp, 150);
});
function catchUp() {
  if (drag) {
    stale = setTimeout(catchUp, 150);
    return;
  }
  const numbers = [...replaced];
  replaced.clear();
  (numbers.includes(Infinity) ? load() : refresh(numbers)).catch(tell);
}

await Promise.all([load(), loadSong()]);
preview.seek(0);
if (scenes.length) choose(scenes[0].id);
