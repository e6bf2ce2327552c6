// The button that lets the browser tell when work is done. The browser asks only after a click.
const button = document.querySelector("[data-notify]");
const words = document.querySelector("[data-notify-words]");
const SAID = {
  default: "The browser will ask you once.",
  granted: "On: a tab in the background tells you when its work is done.",
  denied: "This browser refuses notifications of this site. Allow them in its settings for the site.",
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
