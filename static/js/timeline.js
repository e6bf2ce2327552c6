// The Edit page's timeline: song, beats, scenes, playhead; cuts that snap; preview of the current clips.
// Each part is a module of its own and listens for what concerns it; this one starts them.
import { choose } from "./timeline/choosing.js";
import { load, loadSong } from "./timeline/data.js";
import { snappedTo } from "./timeline/dragging.js";
import { repaint } from "./timeline/drawing.js";
import { preview } from "./timeline/playing.js";
import { find, root, secondsAt, state } from "./timeline/state.js";
import "./timeline/keys.js";

// Correcting the song is rare: its module comes with the first click.
find("song-open")?.addEventListener("click", async () => {
  const { SongEditor } = await import("./song-edit.js");
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
