// Elements as scripts make them.

/**
 * @template {keyof HTMLElementTagNameMap} Name
 * @param {Name} name
 * @param {Record<string, any>} [facts] its properties
 */
export const make = (name, facts) => Object.assign(document.createElement(name), facts);

/** @param {Record<string, any>} facts */
export const makeButton = (facts) => make("button", { type: "button", ...facts });

/**
 * A button of undo or redo says what it would do, and is off when there is nothing.
 *
 * @param {HTMLButtonElement} button
 * @param {string} verb
 * @param {string | undefined} change
 */
export function nameStep(button, verb, change) {
  button.disabled = !change;
  button.textContent = change ? `${verb}: ${change}` : verb;
}
