import { toast } from "./toasts.js";

// A tab in the background says in its title that its work is done, and with a notification where that is allowed.
let title = null;

// `piece` is as it was; its place shows by now what it has become.
export function changed(piece) {
  const [was, now] = [piece.dataset, document.getElementById(piece.id)?.dataset ?? {}];
  if (was.live === "1" && now.live === "0" && document.hidden) done(was.title);
  if (was.lipsync === "running" && now.lipsync === "done") toast(`The lip-sync of scene ${now.scene} is done.`, "good");
}

function done(name) {
  title ??= document.title;
  document.title = `✓ ${name}`;
  if (globalThis.Notification?.permission === "granted") new Notification("mvsite", { body: `${name}: finished` });
}

function seen() {
  if (document.hidden || !title) return;
  document.title = title;
  title = null;
}
document.addEventListener("visibilitychange", seen);
addEventListener("online", seen);
