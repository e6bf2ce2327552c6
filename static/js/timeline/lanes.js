// The song's lines and where somebody sings, as lanes of the timeline. They come after the scenes are there.
import { styled } from "../styles.js";
import { WordsStore } from "../words/store.js";
import { WordsLane } from "../words/timing.js";
import { preview } from "./playing.js";
import { find, root, scroll, state } from "./state.js";

const { song: audio, project } = root.dataset;
const view = () => ({
  from: state.song?.from ?? 0,
  pixels: state.pixels,
  left: scroll.scrollLeft,
  width: scroll.clientWidth,
  duration: state.song?.duration ?? 0,
});

// The preview, in seconds of the song.
const player = {
  sound: preview.sound,
  get time() {
    return view().from + preview.time;
  },
  get playing() {
    return preview.playing;
  },
  seek: (seconds) => preview.seek(seconds - view().from),
  playSpan(start, end) {
    player.seek(start);
    preview.play();
    const watch = () => {
      if (!preview.playing) return;
      if (player.time >= end) preview.stop();
      else requestAnimationFrame(watch);
    };
    requestAnimationFrame(watch);
  },
};

const wake = () => document.dispatchEvent(new Event("news"));

export async function wordsLane() {
  await styled(find("words-lane"));
  const store = new WordsStore(audio);
  const lane = new WordsLane(find("words-lane"), { tools: find("words-tools"), store, view, player });
  const link = root.querySelector("[data-line-link]");
  lane.marked = (index) => {
    link.href = `/projects/${project}/song#line-${index + 1}`;
  };
  state.lanes.push(lane);
  await store.load();
  lane.marked(lane.current);
  // The scenes' cards show their lines.
  store.listen(() => store.waiting || wake());
}

export async function sungLane() {
  const [{ SingingLane }] = await Promise.all([import("../words/singing.js"), styled(find("sung-lane"))]);
  const tools = find("sung-tools");
  const lane = new SingingLane(find("sung-lane"), { tools, audio, view, player, saved: taken });
  state.lanes.push(lane);
  lane.take(state.song.facts);
  return lane;
}

// The song's other corrections go on from this state.
function taken(facts) {
  Object.assign(state.song.facts, facts);
  wake();
}
