// Every behavior hangs on a data- attribute and listens on the document, so fragments need no set-up. What few pages use
// is loaded where its elements are.
import "./csrf.js";
import "./dialogs.js";
import "./toasts.js";
import "./forms.js";
import "./live.js";

const RARE = {
  "[data-quick]": () => import("./quick.js"),
  "[data-upload], [data-form-progress]": () => import("./uploads.js"),
  "canvas[data-waveform]": () => import("./waveforms.js"),
  "body:not(:has([data-timeline])) video": () => import("./players.js"),
  "[data-compare]": () => import("./compare.js"),
  "[data-confirm]": () => import("./confirm.js"),
  "select[data-flavors]": () => import("./flavors.js"),
  "[data-copy], [data-fill], [data-take], [data-output]": () => import("./helpers.js"),
  "[data-models]": () => import("./models.js"),
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

// What menus do beyond opening comes with the first hand near one.
for (const sign of ["pointerover", "focusin"])
  document.addEventListener(sign, ({ target }) => {
    if (target.closest?.("details[data-menu]")) import("./menus.js");
  });
