// The chosen file plays in its dialog before it is sent, so that the part to use can be picked.
document.addEventListener("change", ({ target }) => {
  const form = target.matches?.("input[type=file]") && target.closest("form[data-own-footage]");
  if (form) show(form, target.files[0]);
});

function show(form, file) {
  const video = form.querySelector("[data-footage]");
  if (video.src) URL.revokeObjectURL(video.src);
  const seen = (can) => {
    video.hidden = !can;
    form.querySelector("[data-footage-buttons]").hidden = !can;
  };
  seen(false);
  if (!file) return;
  video.onloadeddata = () => seen(true);
  video.onerror = () => seen(false); // what this browser can't play can still be sent
  video.src = URL.createObjectURL(file);
}
