// The scenes and the song as the server has them, and changes of them.
import { asJson } from "../csrf.js";
import { lost, waits } from "../offline.js";
import { dropUndoes, toast } from "../toasts.js";
import { tellChosen } from "./choosing.js";
import { layout } from "./drawing.js";
import { showStack } from "./history.js";
import { inspectorCatchUp } from "./inspector.js";
import { placed, refreshed } from "./places.js";
import { preview } from "./playing.js";
import { songOf } from "./song.js";
import { root, state } from "./state.js";

const API = `/api/mv/projects/${root.dataset.project}`;
// A long film is not read again for a few of its scenes.
const REREAD_BELOW = 8;
const PEAKS_AGAIN_MILLISECONDS = 2000;

// The banner says for all of them that the server can't be reached.
export const tell = (error) => error.code === "lost" || toast(error.message);

export async function call(path, body, method = "POST") {
  const response = await fetch(API + path, body && asJson(method, body)).catch(() => {
    lost();
    throw Object.assign(new Error("The server can't be reached."), { code: "lost" });
  });
  const unreadable = { detail: `The server isn't responding properly (${response.status}). Try again in a moment.` };
  const parsed = await response.json().catch(() => unreadable);
  if (!response.ok) throw Object.assign(new Error(parsed.detail), { code: parsed.code });
  return parsed;
}

// Every change: one call, one after the other, then the scenes as the server has them; a refusal is told and undone on
// the screen. What the server could not be reached for is kept, and sent when it answers. `sent` runs before the scenes
// are read again.
let changes = Promise.resolve();
let waiting = 0;
export function change(action, sent) {
  wait(1);
  changes = changes.then(() => changed(action, sent));
  return changes;
}

function wait(more) {
  waiting += more;
  waits(more);
}

async function insist(action) {
  try {
    await action();
  } catch (error) {
    if (error.code !== "lost") return tell(error);
    await new Promise((resolve) => {
      document.addEventListener("server:back", resolve, { once: true });
    });
    return insist(action);
  }
}

// A change that may move lip-synced scenes off their words: those that it did are named.
let watched = null;
export const watchLips = () => {
  watched = state.served;
};
document.addEventListener("htmx:beforeRequest", ({ target }) => target.matches("form[data-undoable]") && watchLips());

function lipsAfter() {
  const before = watched;
  watched = null;
  if (before?.some(({ lip_synced }) => lip_synced))
    import("./lips.js").then(({ tellLips }) => tellLips(before, state.served));
}

async function changed(action, sent) {
  dropUndoes();
  await insist(action);
  wait(-1);
  sent?.();
  latest = asked + 1; // what was asked for before may be older than this change
  await Promise.all([load(), loadStack()]).catch(tell); // else one lost response would stop every later change
  document.dispatchEvent(new Event("news"));
}

export async function loadStack() {
  state.stack = await call("/changes");
  showStack();
}
document.addEventListener("scenes:changed", ({ detail: { stack } }) => {
  state.stack = stack;
  showStack();
});

// What the screen is ahead of is the server's again.
document.addEventListener("server:back", () => {
  if (!waiting) Promise.all([load(), loadStack()]).catch(tell);
  if (!state.song) loadSong();
});

// Responses count in the order of their requests.
let asked = 0;
let latest = 0;
let loading = 0;

export async function load() {
  asked += 1;
  const mine = asked;
  loading += 1;
  const rows = await everyScene().finally(() => {
    loading -= 1;
  });
  if (mine < latest) return;
  latest = mine;
  take(rows);
}

async function everyScene() {
  const rows = [];
  for (let page = 1, next = true; next; page += 1) {
    const found = await call(`/scenes?page_size=200&page=${page}`);
    rows.push(...found.results);
    ({ next } = found);
  }
  return rows;
}

// The scenes with these numbers, whose cards a poll replaced.
async function refresh(numbers) {
  if (loading || numbers.length > REREAD_BELOW) return load();
  asked += 1;
  const mine = asked;
  const rows = await Promise.all(numbers.map((number) => call(`/scenes/${number}`)));
  if (mine < latest) return null;
  const scenes = refreshed(state.scenes, rows);
  if (!scenes) return load();
  latest = mine;
  return take(scenes);
}

function take(rows) {
  state.now = placed(rows);
  // The screen is ahead of the server while more moves wait: they need the versions, and the last one loads the rest.
  if (state.moves) {
    const versions = new Map(rows.map(({ id, version }) => [id, version]));
    state.scenes = state.scenes.map((scene) => ({ ...scene, version: versions.get(scene.id) ?? scene.version }));
    return;
  }
  state.scenes = state.now;
  state.served = state.now;
  lipsAfter();
  state.chosen = new Set([...state.chosen].filter((id) => state.scenes.some((scene) => scene.id === id)));
  const { drag } = state;
  if (drag?.cut && state.scenes[drag.index]) {
    drag.from = state.scenes[drag.index].end;
    drag.scenes = state.scenes;
    drag.follow?.();
  }
  layout();
  if (!preview.playing) preview.show(true);
  tellChosen();
  inspectorCatchUp();
}

export async function loadSong() {
  const { song, songStart, songEnd } = root.dataset;
  if (!song) return;
  const parts = ["", "/peaks"].map((part) => fetch(`/api/audio/${song}${part}`).then((response) => response.json()));
  const found = await Promise.all(parts).catch(lost);
  if (!found) return; // it is asked for again when the server is back
  const [facts, peaks] = found;
  state.song = songOf(facts, peaks, { from: Number(songStart), until: Number(songEnd) });
  if (!peaks.maximum) setTimeout(loadSong, PEAKS_AGAIN_MILLISECONDS);
  layout();
  if (state.editor && !state.editor.parts) state.editor.show(); // its panel was opened before the song came
}

// Cards that a poll replaced, and dialogs' forms, mean that the scenes changed; a new grid, that any of them did. More of
// the same state, such as progress, changes nothing here.
const TOGETHER_MILLISECONDS = 150;
let stale = 0;
const replaced = new Set();
document.addEventListener("htmx:oobAfterSwap", ({ target: now, detail: { target: was } }) => {
  if (now.id !== was.id || !(was.id === "scenes" || was.dataset.scene)) return;
  if (was.dataset.state && was.dataset.state === now.dataset.state) return;
  replaced.add(Number(was.dataset.scene ?? Infinity));
  clearTimeout(stale);
  stale = setTimeout(catchUp, TOGETHER_MILLISECONDS);
});

function catchUp() {
  if (state.drag) {
    stale = setTimeout(catchUp, TOGETHER_MILLISECONDS);
    return;
  }
  const numbers = [...replaced];
  replaced.clear();
  Promise.all([numbers.includes(Infinity) ? load() : refresh(numbers), loadStack()]).catch(tell);
}
