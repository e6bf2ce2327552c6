// Every behavior hangs on a data- attribute and listens on the document, so fragments need no set-up. What few pages use
// is loaded where its elements are.
import "./csrf.js";
import "./dialogs.js";
import "./toasts.js";
import "./forms.js";
import "./live.js";
import { lost } from "./offline.js";

const RARE = {
  "[data-quick]": () => import("./quick.js"),
  "[data-upload], [data-form-progress]": () => import("./uploads.js"),
  "[data-song-range]": () => import("./song-range.js"),
  "canvas[data-waveform]": () => import("./waveforms.js"),
  "body:not(:has([data-timeline])) video": () => import("./players.js"),
  "[data-animatic-song]": () => import("./animatic.js"),
  "[data-crop]": () => import("./crop.js"),
  "[data-compare]": () => import("./compare.js"),
  "select[data-flavors]": () => import("./flavors.js"),
  "[data-copy], [data-fill], [data-take], [data-output], [data-slides]": () => import("./helpers.js"),
  "form[data-own-footage]": () => import("./footage.js"),
  "[data-light]": () => import("./cards.js"),
  "[data-captions]": () => import("./captions.js"),
  "[data-cover]": () => import("./cover.js"),
  "[data-models]": () => import("./models.js"),
  "[data-trim-hands]": () => import("./trim.js"),
  "[data-remake]": () => import("./remaking.js"),
  "[data-picks]": () => import("./picks.js"),
  "[data-notify]": () => import("./notify.js"),
};

function load() {
  for (const [elements, module] of Object.entries(RARE)) {
    if (!document.querySelector(elements)) continue;
    delete RARE[elements];
    module();
  }
}
load();
document.addEventListener("htmx:load", load);

document.addEventListener(
  "submit",
  (event) => {
    const form = /** @type {HTMLFormElement} */ (event.target);
    if (!form.matches("[data-confirm]") || form.dataset.confirmed) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    import("./confirm.js").then(({ ask }) => ask(form), lost);
  },
  true,
);

// What menus do beyond opening comes with the first hand near one.
for (const sign of ["pointerover", "focusin"])
  document.addEventListener(sign, ({ target }) => {
    if (!target.closest?.("details[data-menu]")) return;
    import("./menus.js");
    import("./undoing.js");
  });

// A file that is dropped beside its field would be opened in the page's place.
for (const kind of /** @type {const} */ (["dragover", "drop"]))
  document.addEventListener(kind, (event) => {
    if (event.defaultPrevented || !event.dataTransfer?.types.includes("Files")) return;
    if (event.target.closest?.("input[type=file]:enabled")) return;
    event.preventDefault();
    event.dataTransfer.dropEffect = "none";
  });
