// The buttons of undo and redo say what they would do.
import { nameStep } from "../elements.js";
import { find, state } from "./state.js";

export function showStack() {
  const { undo, redo } = state.stack;
  nameStep(find("undo"), "Undo", undo?.label);
  nameStep(find("redo"), "Redo", redo?.label);
  for (const button of [find("undo"), find("redo")]) button.title = button.textContent;
}
