// Ctrl or ⌘ with Enter remakes: the scene whose words or card has the focus, else the one in the panel. In a note it
// sends the note.
document.addEventListener("keydown", (event) => {
  if (event.key !== "Enter" || !(event.ctrlKey || event.metaKey) || event.repeat) return;
  const near = event.target.closest("dialog, .scene") ?? document.getElementById("inspector");
  const note = event.target.matches("textarea[name=note]") && event.target.form.querySelector("button");
  const button = note || near?.querySelector("[data-remake]:enabled");
  if (!button) return;
  event.preventDefault();
  button.click();
});
