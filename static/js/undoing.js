// Undo of what was done to the scenes: what it would do, and a toast that offers it.
import { asJson } from "./csrf.js";
import { taken } from "./dialogs.js";
import { dropUndoes, toast, UNREACHABLE } from "./toasts.js";

/**
 * @typedef {{id: number, label: string}} Change
 * @typedef {{undo: Change | null, redo: Change | null, question: string}} Stack
 */

/** @param {string} project */
const changesOf = async (project) => (await fetch(`/api/mv/projects/${project}/changes`)).json();

const sentence = (/** @type {string} */ words) => words[0].toUpperCase() + words.slice(1);

/**
 * Says what was done, with a button that takes it back. `act` takes a change back or does it again.
 *
 * @param {Stack} stack
 * @param {(what: "undo" | "redo") => void} act
 */
function offerUndo({ undo }, act) {
  if (undo) toast(`${sentence(undo.label)}.`, "good", { label: "Undo", act: () => act("undo"), undoes: true });
}

/**
 * Says what was undone, with a button that does it again.
 *
 * @param {Change} change
 * @param {(what: "undo" | "redo") => void} act
 */
export function offerRedo(change, act) {
  toast(`Undone: ${change.label}.`, "good", { label: "Redo", act: () => act("redo"), undoes: true });
}

document.addEventListener("htmx:beforeRequest", ({ target }) => target.matches("form[data-undoable]") && dropUndoes());

// Menus of the cards, on every page. The timeline has its own way of asking and waiting.
document.addEventListener("htmx:afterRequest", async ({ detail }) => {
  const form = detail.requestConfig.elt; // by now its card may be gone
  if (!form.matches("form[data-undoable]") || !taken(detail)) return;
  const project = form.action.split("/projects/")[1].split("/")[0];
  const stack = await changesOf(project).catch(() => null);
  if (!stack) return; // what was done is done; only the offer to undo it is missing
  document.dispatchEvent(new CustomEvent("scenes:changed", { detail: { stack } }));
  offerUndo(stack, (what) => change(project, what, stack.undo.id));
});

async function change(project, what, id) {
  if (document.querySelector("[data-timeline]"))
    return document.dispatchEvent(new CustomEvent("scenes:undo", { detail: { what } }));
  const how = asJson("POST", { change_id: id });
  const response = await fetch(`/api/mv/projects/${project}/${what}`, how).catch(() => null);
  if (!response) return toast(UNREACHABLE);
  if (!response.ok) return toast((await response.json()).detail);
  document.dispatchEvent(new Event("scenes:undone"));
  document.dispatchEvent(new Event("news"));
}
