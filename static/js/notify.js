// The button that lets the browser tell when work is done. The browser asks only after a click.
const button = document.querySelector("[data-notify]");
const words = document.querySelector("[data-notify-words]");
const SAID = {
  default: "The browser will ask you once.",
  granted: "On: background tabs notify you when their work is done.",
  denied: "This browser blocks notifications from this site. Allow them in the browser's site settings.",
};

function show() {
  const state = globalThis.Notification?.permission ?? "denied";
  words.textContent = SAID[state];
  button.hidden = state !== "default";
}
button.addEventListener("click", async () => {
  await Notification.requestPermission();
  show();
});
show();
