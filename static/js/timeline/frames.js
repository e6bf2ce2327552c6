// Pictures of clips' own moments, where no poster shows them: of a scene that starts inside its clip, as after a split.
import { make } from "../elements.js";

const HEIGHT = 144;
const KEPT = 200;
const made = new Map(); // by clip and moment: a promise of the picture's address
const video = make("video", { muted: true, preload: "auto", playsInline: true });
let queue = Promise.resolve("");

/** @returns {Promise<string>} the address of the picture at that moment of a clip; "" if it can't be read */
export function frameOf(url, seconds) {
  const key = `${url}#${seconds.toFixed(2)}`;
  if (!made.has(key)) {
    if (made.size >= KEPT) made.delete(made.keys().next().value);
    queue = queue.then(() => drawn(url, seconds)).catch(() => "");
    made.set(key, queue);
  }
  return made.get(key);
}

const happened = (name) =>
  new Promise((resolve, reject) => {
    video.addEventListener(name, resolve, { once: true });
    video.addEventListener("error", reject, { once: true });
  });

async function drawn(url, seconds) {
  if (video.getAttribute("src") !== url) {
    const ready = happened("loadeddata");
    video.src = url;
    await ready;
  }
  const there = happened("seeked");
  video.currentTime = seconds;
  await there;
  const canvas = make("canvas");
  canvas.height = HEIGHT;
  canvas.width = Math.round((HEIGHT * video.videoWidth) / video.videoHeight) || HEIGHT;
  canvas.getContext("2d").drawImage(video, 0, 0, canvas.width, canvas.height);
  return canvas.toDataURL("image/jpeg", 0.7);
}
