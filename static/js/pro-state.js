// What the Pro editor's parts share: the work itself, and how it is looked at.
export const form = document.querySelector("[data-pro]");
export const find = (name) => form.querySelector(`[data-pro-${name}]`);
export const start = JSON.parse(document.getElementById("pro-start").textContent);
export const video = find("video");
export const SHORTEST_SECONDS = 0.1;
const HUES = 6;

// The work: saved in the tab, sent with the order.
export const state = { video: null, audios: [], segments: [], next: 1, settings: {}, options: {} };
// What is heard in the files: asset id → {peaks, edges, seconds}.
export const sounds = new Map();
// Moments on the video to snap to: where its own voice, or the song's, begins and ends.
export const edges = { own: [], sung: [] };
// Segment id → sentences, as the server last said.
export const problems = new Map();
// Set by pro.js: `changed` after every change of the work, `render` while a hand moves something.
export const editor = { changed() {}, render() {} };

export const round = (seconds) => Math.round(seconds * 1000) / 1000;
export const length = () => state.video?.seconds ?? 0;
export const audioOf = (segment) => state.audios.find((audio) => audio.ref === segment.ref);
export const hue = (ref) =>
  `var(--part-${
    (Math.max(
      0,
      state.audios.findIndex((audio) => audio.ref === ref),
    ) %
      HUES) +
    1
  })`;

// Not randomUUID, which browsers keep from pages on plain http, as in a home network.
export const newId = () =>
  [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, "0")).join("");

export function frame() {
  const [up, down] = String(state.video?.fps || "25")
    .split("/")
    .map(Number);
  return (down || 1) / up;
}

export function addSegment(from, to) {
  const first = Math.min(Math.max(0, from), Math.max(0, length() - SHORTEST_SECONDS));
  const audio = state.audios[0];
  const segment = {
    id: newId(),
    start: round(first),
    end: round(Math.min(to, length())),
    ref: audio?.ref ?? "",
    cropped: false,
    from: 0,
    to: round(audio?.seconds ?? 0),
    mode: "",
    speaker: null,
    tie: songAtZero(audio),
  };
  state.segments.push(segment);
  followSong(segment);
  editor.changed();
  return segment;
}

export function change(segment, facts) {
  Object.assign(segment, facts);
  // A crop that somebody set, or another voice, is theirs.
  if (["from", "to", "ref", "cropped"].some((name) => name in facts)) segment.tie = null;
  followSong(segment);
  for (const name of ["start", "end", "from", "to"]) segment[name] = round(Math.max(0, segment[name]));
  editor.changed();
}

// On a project's video its song has a place: seconds of the song at the video's start, null for any other voice.
const songAtZero = (audio) =>
  audio && audio.id === start.audios?.[0]?.id && state.video?.id === start.video?.id
    ? (start.song_at_zero ?? null)
    : null;

// A segment that is tied to the song hears what sounds there, wherever it is moved.
export function followSong(segment) {
  if (segment.tie == null) return;
  const last = audioOf(segment)?.seconds ?? Infinity;
  segment.cropped = true;
  segment.from = round(Math.max(0, segment.start + segment.tie));
  segment.to = round(Math.min(last, segment.end + segment.tie));
}

export function remove(segment) {
  state.segments = state.segments.filter((one) => one !== segment);
  editor.changed();
  find("track").focus();
}

// The nearest of `moments` within the reach of a hand, else the place itself.
export function snapped(seconds, moments, reach) {
  if (!find("snap").checked) return seconds;
  const near = moments.filter((moment) => Math.abs(moment - seconds) <= reach);
  return near.sort((one, other) => Math.abs(one - seconds) - Math.abs(other - seconds))[0] ?? seconds;
}

// Follow the pointer until it is let go.
export function follow(move, done) {
  const stop = () => {
    removeEventListener("pointermove", move);
    removeEventListener("pointerup", stop);
    removeEventListener("pointercancel", stop);
    done();
  };
  addEventListener("pointermove", move);
  addEventListener("pointerup", stop);
  addEventListener("pointercancel", stop);
}
