// The marks between two scenes: how the second follows the first. Each opens the choice.
import { root } from "./state.js";

const MARKS = { cut: "|", continue: "⇢", bridge: "⇥", match: "≈" };

/**
 * @param {{sequence: number, entry: string, stale: boolean, stale_reason: string}[]} scenes
 * @param {NodeListOf<HTMLAnchorElement>} known
 */
export function entryMarks(scenes, known) {
  return scenes.map(({ sequence, entry, stale, stale_reason: why }, index) => {
    const mark = known[index] ?? document.createElement("a");
    const words = entry === "cut" ? `Scene ${sequence} begins with a cut` : `Scene ${sequence} follows: ${entry}`;
    const label = stale ? `${words}. ${why}` : words;
    mark.className = "entry";
    mark.draggable = false;
    mark.href = `/projects/${root.dataset.project}/scenes/${sequence}/entry?page=edit`;
    mark.dataset.dialog = "";
    mark.dataset.entry = entry;
    mark.hidden = index === 0;
    mark.textContent = MARKS[entry];
    mark.title = label;
    mark.setAttribute("aria-label", label);
    mark.toggleAttribute("data-stale", stale);
    return mark;
  });
}
