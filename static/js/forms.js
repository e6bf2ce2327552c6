// Small helpers of forms: send on change, show a slider's number, copy a text.

for (const element of document.querySelectorAll("[data-hide-with-js]")) element.hidden = true;
for (const element of document.querySelectorAll("[data-show-with-js]")) element.hidden = false;

document.addEventListener("change", (event) => {
  const form = event.target.closest("form[data-autosubmit], form:has([data-autosubmit])");
  if (form && event.target.matches("select")) form.requestSubmit();
});

document.addEventListener("input", (event) => {
  const output = event.target.dataset?.output && document.querySelector(event.target.dataset.output);
  if (output) output.value = Number(event.target.value).toFixed(1);
});

document.addEventListener("click", async (event) => {
  const copy = event.target.closest("[data-copy]");
  if (copy) {
    await navigator.clipboard.writeText(document.querySelector(copy.dataset.copy).textContent.trim());
    copy.textContent = "Copied";
  }
  const fill = event.target.closest("[data-fill]");
  if (fill) for (const [id, value] of Object.entries(JSON.parse(fill.dataset.fill))) document.getElementById(id).value = value;
  const take = event.target.closest("[data-take]");
  if (take) {
    const video = take.closest("form").querySelector("video");
    document.querySelector(take.dataset.take).value = video.currentTime.toFixed(3);
  }
});

// A form sent twice does its work once: the second click or Enter waits for the answer to the first.
document.addEventListener("submit", (event) => {
  if (!event.target.classList.contains("htmx-request")) return;
  event.preventDefault();
  event.stopImmediatePropagation();
}, true);
document.addEventListener("submit", (event) => {
  const form = event.target;
  if (form.method !== "post" || form.hasAttribute("hx-post") || form.hasAttribute("data-again") || event.defaultPrevented) return;
  setTimeout(() => form.querySelectorAll("button:not([type=button])").forEach((button) => { button.disabled = true; }));
});
addEventListener("pageshow", (event) => {
  if (event.persisted) location.reload();
});
