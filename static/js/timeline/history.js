// The buttons of undo and redo say what they would do.
import { find, state } from "./state.js";

export function showStack() {
  const { undo, redo } = state.stack;
  for (const [name, word, change] of [
    ["undo", "Undo", undo],
    ["redo", "Redo", redo],
  ]) {
    const button = find(name);
    button.disabled = !change;
    button.textContent = change ? `${word}: ${change.label}` : word;
    button.title = button.textContent;
  }
}
