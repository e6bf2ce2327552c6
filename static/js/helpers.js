// Small helpers of single fields: a slider's number, a text to copy, values to fill in, a video's moment to take.

document.addEventListener("input", (event) => {
  const output = event.target.dataset?.output && document.querySelector(event.target.dataset.output);
  if (output) output.value = Number(event.target.value).toFixed(1);
  const slides = event.target.dataset?.slides && document.getElementById(event.target.dataset.slides);
  if (slides) slides.value = event.target.value;
  const slider = event.target.id && document.querySelector(`[data-slides="${event.target.id}"]`);
  if (slider) slider.value = event.target.value;
});

document.addEventListener("click", (event) => {
  const copy = event.target.closest("[data-copy]");
  if (copy) {
    // Not navigator.clipboard, which pages on plain http do not have. What cannot be copied is at least selected.
    getSelection().selectAllChildren(document.querySelector(copy.dataset.copy));
    if (document.execCommand("copy")) copy.textContent = "Copied";
  }
  const fill = event.target.closest("[data-fill]");
  if (fill)
    for (const [id, value] of Object.entries(JSON.parse(fill.dataset.fill))) document.getElementById(id).value = value;
  const take = event.target.closest("[data-take]");
  if (take) {
    const video = take.closest("form").querySelector("video");
    const field = document.querySelector(take.dataset.take);
    field.value = video.currentTime.toFixed(3);
    field.dispatchEvent(new Event("input", { bubbles: true }));
  }
});
