// Lip-synced scenes that a change took off their words are named, with Undo. It comes with the first such change.
/** @typedef {import("./places.js").Scene} Scene */

const NOTICED_SECONDS = 0.02; // half a frame, which nobody sees in a mouth

/**
 * Lip-synced scenes that a change moved off their words: the same clip, at another place of the song.
 *
 * @param {Array<Scene & {clip_id: string, lip_synced: boolean}>} before
 * @param {Array<Scene & {clip_id: string, lip_synced: boolean}>} after
 */
export function offWords(before, after) {
  const zero = (/** @type {Scene} */ { start, clip_in }) => start - (clip_in ?? 0);
  const known = new Map(before.map((scene) => [scene.id, scene]));
  return after.filter((scene) => {
    const was = known.get(scene.id);
    return scene.lip_synced && was?.clip_id === scene.clip_id && Math.abs(zero(scene) - zero(was)) > NOTICED_SECONDS;
  });
}

/**
 * @param {Array<Scene & {clip_id: string, lip_synced: boolean}>} before
 * @param {Array<Scene & {clip_id: string, lip_synced: boolean}>} after
 */
export async function tellLips(before, after) {
  const off = offWords(before, after);
  if (!off.length) return;
  const { toast } = await import("../toasts.js");
  const numbers = new Intl.ListFormat("en").format(off.map(({ sequence }) => String(sequence)));
  const [scenes, whose] = off.length > 1 ? [`Scenes ${numbers} are`, "their"] : [`Scene ${numbers} is`, "its"];
  const act = () => document.dispatchEvent(new CustomEvent("scenes:undo", { detail: { what: "undo" } }));
  toast(`${scenes} lip-synced, and moved off the words that ${whose} lips follow.`, "warn", {
    label: "Undo",
    act,
    undoes: true,
  });
}
