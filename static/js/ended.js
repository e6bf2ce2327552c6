// After the session's end, a page goes to the sign-in by itself only if that loses nothing.
import { ASKED_BY_ITSELF, tell, tellOnce } from "./toasts.js";

const WORDS = "Your session has ended. Sign in in another tab, then try again: nothing is lost.";

export function ended({ elt, verb }) {
  if ((verb === "get" || elt.id === "poller") && !unsaved()) location.reload();
  else if (ASKED_BY_ITSELF(elt)) tellOnce(elt, WORDS);
  else tell(elt, WORDS);
}

const BOXES = "[type=checkbox], [type=radio]";
// What was typed, ticked or chosen and not sent, and what a module keeps and would ask about before the page is left.
const unsaved = () =>
  document.activeElement.matches("input, textarea") ||
  [...document.querySelectorAll("textarea, input:not([type=hidden], [type=range])")].some(
    // A box without a value has "on", and "" by default.
    (field) => (field.matches(BOXES) ? field.checked !== field.defaultChecked : field.value !== field.defaultValue),
  ) ||
  !dispatchEvent(new Event("beforeunload", { cancelable: true }));
