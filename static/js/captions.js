// The pictures of captions follow what is chosen beside them: style, letters, font, framing, and for which video.

document.addEventListener("change", ({ target }) => {
  const form = target.closest("[data-captions]");
  if (!form || (target.name === "style" && target.type === "radio")) return;
  const chosen = new FormData(form);
  const video = form.querySelector("[data-caption-video]");
  if (video) form.querySelector(".caption-styles").dataset.ratio = video.selectedOptions[0].dataset.shape;
  for (const image of form.querySelectorAll("[data-caption-style]")) {
    const query = new URLSearchParams();
    const values = {
      style: image.dataset.captionStyle || chosen.get("style"),
      preset: chosen.get("preset"),
      font: chosen.get("font"),
      framing: chosen.get("framing"),
      output_id: image.dataset.output ?? video?.value,
    };
    for (const [name, value] of Object.entries(values)) if (value) query.set(name, String(value));
    image.src = `${image.dataset.preview}?${query}`;
  }
});
