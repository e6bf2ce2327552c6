// A refusal stands where it was asked for, in its dialog, card or panel, with a way to ask again.
import { make, makeButton } from "./elements.js";

const PLACES = "dialog form, .scene .tile-body, [data-inspected], section.card, .bar";
const placeOf = (form) => form.closest(PLACES);
let asked = null;

// `refusal` is the server's HTML of it, a toast, or plain words.
export function refuse(form, refusal) {
  let place = placeOf(form);
  // A poll may have put another card in its place while this module was on its way.
  if (!place.isConnected) {
    const card = document.getElementById(place.closest("[data-scene], section.card, .bar")?.id);
    place = card?.querySelector(".tile-body") ?? card ?? place;
  }
  place.querySelector("[data-refusal]")?.remove();
  const box = make("div", { className: "notice notice-bad" });
  box.dataset.refusal = "";
  box.setAttribute("role", "alert");
  const words =
    new DOMParser().parseFromString(refusal, "text/html").querySelector("p") ?? make("p", { textContent: refusal });
  box.append(words);
  const end = place.querySelector(".dialog-end");
  if (end)
    end.before(box); // its own button asks again
  else {
    const row = make("div", { className: "row" });
    row.append(
      button("Retry", () =>
        (form.isConnected
          ? form
          : placeOf(box).querySelector(`form[action="${form.getAttribute("action")}"]`)
        )?.requestSubmit(),
      ),
    );
    row.append(button("Dismiss", () => box.remove()));
    box.append(row);
    place.append(box);
  }
  box.scrollIntoView({ block: "nearest" });
}

const button = (textContent, onclick) => makeButton({ className: "button button-small", textContent, onclick });

// Asking again takes the refusal away, and so does the end of work that was under way; any other change keeps it.
document.addEventListener("submit", (event) => placeOf(event.target)?.querySelector("[data-refusal]")?.remove(), true);
const busy = (card) => Boolean(card.querySelector(".progress"));
document.addEventListener("htmx:oobBeforeSwap", ({ detail: { target } }) => {
  asked = { box: target.querySelector("[data-refusal]"), busy: busy(target) };
});
document.addEventListener("htmx:oobAfterSwap", ({ detail: { target } }) => {
  const card = asked?.box && document.getElementById(target.id);
  if (card?.matches("[data-scene], section.card, .bar") && (busy(card) || !asked.busy))
    (card.querySelector(".tile-body") ?? card).append(asked.box);
  asked = null;
});
