// Which scenes are chosen, and what can be done with several.
import { make } from "../elements.js";
import { ranges } from "../ranges.js";
import { hold, inspect } from "./inspector.js";
import { chosenAfter, indexAt } from "./places.js";
import { followers, preview } from "./playing.js";
import { blocks, find, root, state } from "./state.js";
import { markChosen, row, showChosen } from "./workspace.js";

let priced = ""; // the scenes whose price the button shows

// The inspector waits until the playhead rests.
const RESTED_MILLISECONDS = 120;
let resting = 0;

export function choose(id, how = {}) {
  const order = state.scenes.map((scene) => scene.id);
  const alone = !how.more && !(how.range && state.chosen.size);
  state.chosen = chosenAfter(state.chosen, order, id, how);
  const { start, end } = state.scenes[order.indexOf(id)];
  if (alone && !preview.playing && (preview.time < start || preview.time >= end)) preview.seek(start);
  press();
  inspect();
}

function press() {
  clearTimeout(resting);
  for (const block of blocks.querySelectorAll(".block"))
    block.setAttribute("aria-pressed", state.chosen.has(block.dataset.id));
  tellChosen();
  showChosen();
  hold();
}

// At rest, the scene at the playhead is the chosen one, unless several are chosen.
followers.add((time) => {
  const scene = state.scenes[indexAt(state.scenes, time)];
  if (!scene || state.chosen.size > 1 || state.chosen.has(scene.id)) return;
  state.chosen = new Set([scene.id]);
  press();
  resting = setTimeout(inspect, RESTED_MILLISECONDS);
});

export function tellChosen() {
  const { chosen, scenes } = state;
  const numbers = scenes.filter((scene) => chosen.has(scene.id)).map((scene) => scene.sequence);
  const named = (value) => make("input", { type: "hidden", name: "scene", value });
  markChosen();
  find("chosen").hidden = chosen.size < 2;
  find("chosen-words").textContent = `${chosen.size} scenes`;
  find("chosen-scenes").replaceChildren(...numbers.map(named));
  const query = `scene=${ranges(numbers)}`;
  const project = `/projects/${root.dataset.project}`;
  find("chosen-lipsync").href = `${project}/lipsync?page=edit&${query}`;
  if (numbers.length > 1 && priced !== query)
    htmx.ajax("GET", `${project}/videos?${query}`, { source: find("chosen-price"), swap: "innerHTML" }).catch(() => {});
  priced = query;
}

row.addEventListener("click", ({ target }) => {
  const card = target.closest(".scene");
  if (card && !target.closest("button, a, summary, input, label, select, video, details")) choose(card.id.slice(6));
});

blocks.addEventListener("click", (event) => {
  const block = event.target.closest(".block");
  if (block) choose(block.dataset.id, { more: event.ctrlKey || event.metaKey, range: event.shiftKey });
});
