// The page around the timeline: the row of cards, its fold, the inspector as a sheet on a narrow window, full screen.
import { find, inspected, root, state } from "./state.js";

const YEAR_SECONDS = 365 * 24 * 3600;
export const row = document.getElementById("cards");
const cardOf = (id) => document.getElementById(`scene-${id}`);

// A cookie, so that the page comes folded.
find("fold").onclick = ({ currentTarget }) => {
  const folded = root.toggleAttribute("data-folded");
  currentTarget.setAttribute("aria-expanded", !folded);
  // biome-ignore lint/suspicious/noDocumentCookie: the Cookie Store API needs https
  document.cookie = `cards=${folded ? "folded" : "open"}; path=/edit; max-age=${YEAR_SECONDS}; samesite=lax`;
};

find("sheet").onclick = ({ currentTarget }) =>
  currentTarget.setAttribute("aria-expanded", find("side").toggleAttribute("data-open"));

export const fullScreen = () =>
  document.fullscreenElement ? document.exitFullscreen() : find("stage").requestFullscreen();
find("full").onclick = fullScreen;

export function markChosen() {
  for (const card of row.querySelectorAll(".scene[data-chosen]")) card.removeAttribute("data-chosen");
  for (const id of state.chosen) cardOf(id)?.setAttribute("data-chosen", "");
}

/** The chosen scene's card comes into view; a narrow window's sheet is named after it. */
export function showChosen() {
  const scene = inspected();
  find("sheet-words").textContent = scene ? `Scene ${scene.sequence}` : "Scene";
  const card = scene && cardOf(scene.id);
  if (!card) return;
  const list = card.parentElement;
  const { left, right } = card.getBoundingClientRect();
  const box = list.getBoundingClientRect();
  if (left < box.left || right > box.right) list.scrollLeft += left - box.left - (box.width - (right - left)) / 2;
}
