// Which scenes are chosen, and what can be done with several.
import { ranges } from "../ranges.js";
import { chosenAfter } from "./edits.js";
import { inspect } from "./inspector.js";
import { preview } from "./playing.js";
import { blocks, find, root, state } from "./state.js";

let priced = ""; // the scenes whose price the button shows

export function choose(id, how = {}) {
  const order = state.scenes.map((scene) => scene.id);
  const alone = !how.more && !(how.range && state.chosen.size);
  state.chosen = chosenAfter(state.chosen, order, id, how);
  const { start, end } = state.scenes[order.indexOf(id)];
  if (alone && !preview.playing && (preview.time < start || preview.time >= end)) preview.seek(start);
  for (const block of blocks.querySelectorAll(".block"))
    block.setAttribute("aria-pressed", state.chosen.has(block.dataset.id));
  tellChosen();
  inspect();
}

export function tellChosen() {
  const { chosen, scenes } = state;
  const numbers = scenes.filter((scene) => chosen.has(scene.id)).map((scene) => scene.sequence);
  const named = (value) => Object.assign(document.createElement("input"), { type: "hidden", name: "scene", value });
  find("chosen").hidden = chosen.size < 2;
  find("chosen-words").textContent = `${chosen.size} scenes`;
  find("chosen-scenes").replaceChildren(...numbers.map(named));
  const query = `scene=${ranges(numbers)}`;
  const project = `/projects/${root.dataset.project}`;
  find("chosen-lipsync").href = `${project}/lipsync?page=edit&${query}`;
  if (numbers.length > 1 && priced !== query)
    htmx.ajax("GET", `${project}/videos?${query}`, { source: find("chosen-price"), swap: "innerHTML" });
  priced = query;
}

blocks.addEventListener("click", (event) => {
  const block = event.target.closest(".block");
  if (block) choose(block.dataset.id, { more: event.ctrlKey || event.metaKey, range: event.shiftKey });
});
