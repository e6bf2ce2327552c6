// The Edit page's timeline: song, beats, scenes, playhead; cuts that snap; preview of the current clips.
// Each part is a module of its own and listens for what concerns it; this one starts them.
import { lost } from "./offline.js";
import { load, loadSong, loadStack, tell } from "./timeline/data.js";
import { repaint } from "./timeline/drawing.js";
import { preview } from "./timeline/playing.js";
import "./timeline/sound.js";
import { blocks, find, keyOf, root, secondsAt, state } from "./timeline/state.js";

// What changes the scenes comes with the first hand near them; what it does until then is done in its order.
let hands = null;
const reach = () => (hands ??= import("./timeline/hands.js"));
const handed = (name) => (event) => {
  reach().then(
    (module) => module[name](event),
    () => {
      if (hands && name !== "moved") lost();
      hands = null;
    },
  );
};
// By then the server may be out of reach.
addEventListener("pointermove", () => reach().catch(() => (hands = null)), { once: true });
for (const [type, name] of Object.entries({
  pointerdown: "grabbed",
  pointermove: "moved",
  pointerup: "dropped",
  pointercancel: "cancelled",
}))
  blocks.addEventListener(type, handed(name));
for (const name of ["undo", "redo", "split"]) find(name).onclick = handed(name);

// Space plays whatever has the focus, outside text; Enter presses buttons.
const ELSEWHERE = "input:not([type=range]), textarea, select, dialog, details[open]";
const SLIDING = ["arrowleft", "arrowright", "arrowup", "arrowdown", "home", "end"];
const KEYS = [...SLIDING, " ", "j", "k", "l", "s", "i", "o", "x", "f", "m", ",", ".", "?"];
function ownKey(event) {
  const { target, ctrlKey, metaKey, altKey } = event;
  if (target.closest(ELSEWHERE) || document.querySelector("dialog[open]")) return false;
  const small = keyOf(event);
  if (ctrlKey || metaKey) return small === "z";
  if (small === "escape") return state.drag || state.chosen.size > 1;
  if (altKey && !SLIDING.includes(small)) return false;
  return KEYS.includes(small) && !(SLIDING.includes(small) && target.closest("input, video"));
}
document.addEventListener("keydown", (event) => {
  if (event.defaultPrevented || !ownKey(event)) return;
  event.preventDefault();
  handed("pressed")(event);
});
// Else the button under the keyboard would be pressed, too, when Space comes up.
document.addEventListener("keyup", (event) => {
  if (event.key === " " && ownKey(event)) event.preventDefault();
});

for (const [name, act] of Object.entries({
  "cut-back": "cutBack",
  "frame-back": "frameBack",
  "frame-on": "frameOn",
  "cut-on": "cutOn",
  "mark-in": "markIn",
  "mark-out": "markOut",
  unmark: "unmark",
  "keys-open": "showKeys",
}))
  find(name).onclick = handed(act);
find("ripple").onclick = ({ currentTarget }) =>
  currentTarget.setAttribute("aria-pressed", currentTarget.getAttribute("aria-pressed") !== "true");
document.addEventListener("scenes:undo", ({ detail }) => handed(detail.what)());

// Correcting the song is rare: its module comes with the first click.
let sung = null;
find("song-open")?.addEventListener("click", async () => {
  const [{ SongEditor }, { snappedTo }] = await Promise.all([
    import("./song-edit.js"),
    import("./timeline/dragging.js"),
  ]);
  state.editor ??= new SongEditor(root, {
    song: () => state.song,
    preview,
    secondsAt,
    snapped: snappedTo,
    pixels: () => state.pixels,
    reload: loadSong,
    repaint,
  });
  state.editor.toggle();
  sung ??= import("./timeline/lanes.js").then(({ sungLane }) => sungLane());
  (await sung).root.hidden = !state.editor.open;
  repaint();
});

// With the playhead's first place the first scene is chosen.
await Promise.all([load().finally(() => preview.seek(0)), loadSong(), loadStack()]).catch(tell);
if ("words" in root.dataset) import("./timeline/lanes.js").then(({ wordsLane }) => wordsLane());
