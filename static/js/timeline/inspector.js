// The panel beside the timeline shows the chosen scene and follows what happened to it. Under somebody's hands the words
// stay as they are, and only their version follows, where nobody else changed them. Words left behind for another scene
// wait for their own.
import { taken } from "../dialogs.js";
import { make } from "../elements.js";
import { inspected, isLive, root, state } from "./state.js";

const panel = document.getElementById("inspector");
const kept = new Map();
const WORDS_FORM = "form[action$='/words']";
const words = () => panel.querySelector(WORDS_FORM);
const unsaved = ({ prompt, lipsync }) =>
  prompt.value !== prompt.defaultValue || lipsync.checked !== lipsync.defaultChecked;
const typing = () => words() && (document.activeElement.name === "prompt" || unsaved(words().elements));

function mark() {
  if (words()) words().querySelector("[data-unsaved]").hidden = !unsaved(words().elements);
}
for (const sign of ["input", "change"]) panel.addEventListener(sign, mark);

function follow(now) {
  const { prompt, version } = words().elements;
  if (prompt.defaultValue === now.prompt) version.value = now.version;
}

// After a change of the scenes.
export function inspectorCatchUp() {
  const scene = inspected();
  if (!scene) return;
  const now = `${scene.id}:${scene.version}:${isLive(scene) ? "True" : "False"}`;
  if (panel.firstElementChild.dataset.inspected === now) return;
  if (typing()) follow(scene);
  inspect();
}

const shown = () => panel.firstElementChild.dataset.inspected?.split(":")[0];

// Without the server the panel shows no other scene than the chosen one; words that aren't saved wait for theirs.
function waitFor(scene) {
  if (inspected()?.id !== scene.id || shown() === scene.id) return;
  instead(`Scene ${scene.sequence} appears here when the server answers.`);
}

function instead(textContent) {
  if (words() && unsaved(words().elements)) kept.set(shown(), words());
  panel.replaceChildren(make("p", { className: "quiet", textContent }));
}
document.addEventListener("server:back", () => inspect());

// Until the panel shows the chosen scene, nobody types into the words of the one before.
export function hold() {
  const scene = inspected();
  if (words() && scene) words().elements.prompt.readOnly = shown() !== scene.id;
}

export function inspect(fresh = false) {
  const scene = inspected();
  hold();
  if (state.chosen.size > 1)
    instead(`${state.chosen.size} scenes are chosen: what can be done with all of them stands above the timeline.`);
  if (!scene) return;
  afresh = fresh;
  const path = `/projects/${root.dataset.project}/scenes/${scene.sequence}/inspector`;
  htmx.ajax("GET", path, { source: panel }).catch(() => waitFor(scene));
}

// What fills a gap is no part of the scene's version. What came while a form waited for its answer is shown now.
panel.addEventListener("htmx:afterRequest", ({ detail }) => {
  const { path, verb } = detail.requestConfig;
  if (path.endsWith("/gap") && taken(detail)) inspect();
  else if (verb === "post") inspectorCatchUp();
});

// Not with the request: one that was asked for while another was under way follows it by itself.
let afresh = false;
let place = -1; // of the keyboard, among the controls
const controls = () => [...panel.querySelectorAll("a, button, input:not([type=hidden])")];
panel.addEventListener("htmx:beforeSwap", ({ target, detail }) => {
  if (target !== panel) return;
  if (state.chosen.size > 1) detail.shouldSwap = false;
  place = controls().indexOf(document.activeElement);
  if (afresh || !typing() || !detail.shouldSwap) return;
  const comes = /data-inspected="([^":]+)/.exec(detail.serverResponse)?.[1];
  if (shown() === comes) {
    detail.shouldSwap = false;
    follow(inspected());
    if (!panel.querySelector("form.htmx-request")) around(detail.serverResponse);
  } else if (unsaved(words().elements)) {
    kept.set(shown(), words());
    words().remove();
  }
});

// All but the words, and what a form was refused, is the server's again. The words stay in the page, else the keyboard
// would lose its place in them.
function around(html) {
  const now = panel.firstElementChild;
  const next = new DOMParser().parseFromString(html, "text/html").querySelector("[data-inspected]");
  const form = words();
  const rows = [...next.children];
  const at = rows.findIndex((row) => row.matches(WORDS_FORM));
  for (const row of [...now.children]) if (row !== form && !row.matches("[data-refusal]")) row.remove();
  form.before(...rows.slice(0, at));
  form.after(...rows.slice(at + 1));
  now.dataset.inspected = next.dataset.inspected;
  htmx.process(now);
  if (place >= 0 && !form.contains(document.activeElement)) controls()[place]?.focus({ preventScroll: true });
}

panel.addEventListener("htmx:afterSwap", ({ target }) => {
  if (target !== panel || !words()) return;
  afresh = false;
  const { prompt, version } = words().elements;
  if (kept.has(shown())) words().replaceWith(kept.get(shown()));
  hold();
  if (kept.delete(shown())) follow({ prompt: prompt.defaultValue, version: version.value });
  if (place >= 0) controls()[place]?.focus({ preventScroll: true });
});

// What is made for a scene is made for the words on screen: those that are not saved yet go along, and are saved with it.
const WORDS = ["prompt", "negative_prompt", "lipsync", "version"];
document.addEventListener("htmx:configRequest", ({ detail }) => {
  const { parameters, path } = detail;
  // A form that waited may have been made when its scene had another number.
  const scene = state.scenes.find(({ id }) => id === parameters.scene_id);
  if (scene && detail.verb === "post") detail.path = path.replace(/\d+\/words$/, `${scene.sequence}/words`);
  // A question that is answered brings its words itself.
  if (detail.verb !== "post" || parameters.prompt !== undefined) return;
  if (!/\/scenes\/\d+\/(image|video|remake)$/.test(path)) return;
  const form = [words(), ...kept.values()].find((one) => one?.elements.scene_id.value === parameters.scene_id);
  if (!form || !unsaved(form.elements)) return;
  const said = new FormData(form);
  for (const name of WORDS) if (said.has(name)) parameters[name] = said.get(name);
});

// Words that were saved, and words that somebody else saved, are what the panel goes on from.
addEventListener("beforeunload", (event) => {
  if ((words() && unsaved(words().elements)) || state.scenes.some((scene) => kept.has(scene.id)))
    event.preventDefault();
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
  mark();
});
