// The panel beside the timeline shows the chosen scene. It follows what happened to it, but not under somebody's hands:
// there only the version follows, where nobody else changed the words. Words left behind for another scene wait for
// their own.
import { taken } from "../dialogs.js";
import { inspected, isLive, root, state } from "./state.js";

const panel = document.getElementById("inspector");
const kept = new Map();
const words = () => panel.querySelector("form[action$='/words']");
const unsaved = ({ prompt, lipsync }) =>
  prompt.value !== prompt.defaultValue || lipsync.checked !== lipsync.defaultChecked;
const typing = () => words() && (document.activeElement.name === "prompt" || unsaved(words().elements));

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
  else inspect();
}

export function inspect(afresh = false) {
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
      source: panel,
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
});
