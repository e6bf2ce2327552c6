// A tab in the background says in its title that its work is done, and with a notification where that is allowed.
let title = null;

export function done(name) {
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
