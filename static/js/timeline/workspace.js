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

// The player stays in sight above the sheet.
const player = root.querySelector(".player");
find("sheet").onclick = ({ currentTarget }) => {
  const open = find("side").toggleAttribute("data-open");
  currentTarget.setAttribute("aria-expanded", open);
  if (open) player.scrollIntoView();
  root.style.setProperty("--player", `${player.getBoundingClientRect().bottom}px`);
};

export const fullScreen = () =>
  document.fullscreenElement ? document.exitFullscreen() : find("stage").requestFullscreen();
find("full").onclick = fullScreen;

export function markChosen() {
  for (const card of row.querySelectorAll(".scene[data-chosen]")) card.removeAttribute("data-chosen");
  for (const id of state.chosen) cardOf(id)?.setAttribute("data-chosen", "");
}

let first = true;

/**
 * The chosen scene's card comes into view; a narrow window's sheet is named after it. The page's own first choice moves
 * nothing: somebody may have scrolled the row while the scenes were on their way.
 */
export function showChosen() {
  const scene = inspected();
  find("sheet-words").textContent = scene ? `Scene ${scene.sequence}` : "Scene";
  const card = scene && !first && cardOf(scene.id);
  if (scene) first = false;
  if (!card) return;
  const list = card.parentElement;
  const { left, right } = card.getBoundingClientRect();
  const box = list.getBoundingClientRect();
  if (left < box.left || right > box.right) list.scrollLeft += left - box.left - (box.width - (right - left)) / 2;
}
