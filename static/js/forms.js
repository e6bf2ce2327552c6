// What all forms share: they send on change, and once.

for (const element of document.querySelectorAll("[data-show-with-js]")) element.hidden = false;

document.addEventListener("change", (event) => {
  const form = event.target.closest("form[data-autosubmit], form:has([data-autosubmit])");
  if (form && event.target.matches("select")) form.requestSubmit();
});

// A form sent twice does its work once: the second click or Enter waits for the response to the first.
document.addEventListener(
  "submit",
  (event) => {
    if (!event.target.classList.contains("htmx-request")) return;
    event.preventDefault();
    event.stopImmediatePropagation();
  },
  true,
);
document.addEventListener("submit", (event) => {
  const form = event.target;
  if (
    form.method !== "post" ||
    form.hasAttribute("hx-post") ||
    form.hasAttribute("data-again") ||
    event.defaultPrevented
  )
    return;
  setTimeout(() =>
    form.querySelectorAll("button:not([type=button])").forEach((button) => {
      button.disabled = true;
    }),
  );
});
addEventListener("pageshow", (event) => {
  if (event.persisted) location.reload();
});
