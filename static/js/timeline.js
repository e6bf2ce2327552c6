// The Edit page's timeline: song, beats, scenes, playhead; cuts that snap; preview of the current clips.
// Each part is a module of its own and listens for what concerns it; this one starts them.
import { choose } from "./timeline/choosing.js";
import { load, loadSong } from "./timeline/data.js";
import { repaint } from "./timeline/drawing.js";
import { preview } from "./timeline/playing.js";
import { blocks, find, root, secondsAt, state } from "./timeline/state.js";
import { toast } from "./toasts.js";

// What changes the scenes comes with the first hand on them; what it does until then is done in its order.
let hands = null;
const handed = (name) => (event) => {
  hands ??= import("./timeline/hands.js");
  hands.then(
    (module) => module[name](event),
    () => {
      if (hands && name !== "moved") toast("The server can't be reached. Nothing was lost; try again in a moment.");
      hands = null;
    },
  );
};
for (const [type, name] of Object.entries({
  pointerdown: "grabbed",
  pointermove: "moved",
  pointerup: "dropped",
  pointercancel: "cancelled",
}))
  blocks.addEventListener(type, handed(name));
for (const name of ["undo", "redo", "split"]) find(name).onclick = handed(name);

const ELSEWHERE = "input, textarea, select, dialog, .menu";
const PRESSING = { " ": "button, summary, a", j: "summary", k: "summary", l: "summary", s: "summary" };
const KEYS = ["arrowleft", "arrowright", "home", "end", ...Object.keys(PRESSING)];
function ownKey({ key, target, ctrlKey, metaKey }) {
  if (target.closest(ELSEWHERE) || document.querySelector("dialog[open]")) return false;
  const small = key.toLowerCase();
  if (ctrlKey || metaKey) return small === "z";
  return KEYS.includes(small) && !(PRESSING[small] && target.closest(PRESSING[small]));
}
document.addEventListener("keydown", (event) => {
  if (event.defaultPrevented || !ownKey(event)) return;
  event.preventDefault();
  handed("pressed")(event);
});

// Correcting the song is rare: its module comes with the first click.
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
});

await Promise.all([load(), loadSong()]);
preview.seek(0);
if (state.scenes.length) choose(state.scenes[0].id);
