// The job list's boxes: what is ticked survives the list's updates, and Retry says what the ticked jobs cost together.

/** @type {Set<string>} */
const picked = new Set();
const boxes = () => /** @type {HTMLInputElement[]} */ ([...document.querySelectorAll("[data-pick]")]);

function tell() {
  const chosen = boxes().filter((box) => box.checked);
  const cost = chosen
    .filter((box) => box.dataset.pick === "retry")
    .reduce((sum, box) => sum + Number(box.dataset.price), 0);
  const price = document.querySelector("[data-pick-price]");
  if (price) price.textContent = cost ? ` · $${cost.toFixed(2)}` : "";
}

function show() {
  for (const label of document.querySelectorAll("[data-picks] [data-needs-js]")) label.hidden = false;
  for (const box of boxes()) box.checked ||= picked.has(box.value);
  tell();
}

document.addEventListener("change", ({ target }) => {
  if (target.matches("[data-pick-all]")) for (const box of boxes()) box.checked = target.checked;
  else if (!target.matches("[data-pick]")) return;
  for (const box of boxes()) {
    if (box.checked) picked.add(box.value);
    else picked.delete(box.value);
  }
  tell();
});
document.addEventListener("htmx:oobAfterSwap", show);
show();
