// The page on which a frame of a clip becomes a picture of the cast: the moment is the video's, a part is dragged.

const form = document.querySelector("form[data-frame]");
if (form) start(form);

function start(form) {
  const video = form.querySelector("[data-frame-video]");
  const clips = form.querySelector("[data-frame-clip]");
  const time = form.querySelector("[data-frame-time]");
  const crop = form.querySelector("[data-frame-crop]");
  const box = form.querySelector("[data-frame-box]");
  const chosen = () => clips.selectedOptions[0].dataset;
  form.querySelector("[data-frame-tools]").hidden = false;

  const seek = (seconds) => {
    video.currentTime = Math.min(Math.max(0, seconds), video.duration || seconds);
  };
  // The middle of a frame: a browser's time is rounded and may be just before the frame that it shows.
  const shown = () => {
    const fps = Number(chosen().fps) || 24;
    return Math.min(
      (Math.floor(video.currentTime * fps + 0.02) + 0.5) / fps,
      video.duration || Number.POSITIVE_INFINITY,
    );
  };
  video.addEventListener("loadedmetadata", () => seek(Number(time.value) || 0));
  video.addEventListener("seeked", () => {
    time.value = shown().toFixed(4);
  });
  video.addEventListener("pause", () => {
    time.value = shown().toFixed(4);
  });
  if (video.readyState > 0) seek(Number(time.value) || 0);
  time.addEventListener("change", () => {
    video.pause();
    seek(Number(time.value) || 0);
  });
  clips.addEventListener("change", () => {
    time.value = chosen().start;
    video.src = chosen().url;
    clear();
  });
  form.addEventListener("click", ({ target }) => {
    const step = target.closest("[data-frame-step]");
    if (!step) return;
    video.pause();
    seek(shown() + Number(step.dataset.frameStep) / (Number(chosen().fps) || 24));
  });
  form.addEventListener("submit", () => video.pause());

  function clear() {
    box.hidden = true;
    for (const name of ["crop_x", "crop_y", "crop_width", "crop_height"]) form.elements[name].value = "";
  }
  crop.addEventListener("change", () => {
    // With a part to be dragged, the player's own controls would take the drag.
    video.controls = !crop.checked;
    video.pause();
    clear();
  });
  dragged(form.querySelector("[data-frame-stage]"), video, (left, top, width, height) => {
    if (!crop.checked || width < 0.02 || height < 0.02) return;
    const [x, y, wide, high] = [left, top, width, height].map((value) => value.toFixed(4));
    Object.assign(box.style, {
      left: `${100 * x}%`,
      top: `${100 * y}%`,
      width: `${100 * wide}%`,
      height: `${100 * high}%`,
    });
    box.hidden = false;
    form.elements.crop_x.value = x;
    form.elements.crop_y.value = y;
    form.elements.crop_width.value = wide;
    form.elements.crop_height.value = high;
  });
}

// Tell of each drag over an element the part of it that it covers, in shares.
function dragged(stage, video, tell) {
  let from = null;
  const at = (event) => {
    const { left, top, width, height } = video.getBoundingClientRect();
    const share = (value) => Math.min(Math.max(value, 0), 1);
    return [share((event.clientX - left) / width), share((event.clientY - top) / height)];
  };
  stage.addEventListener("pointerdown", (event) => {
    if (video.controls) return;
    event.preventDefault();
    stage.setPointerCapture(event.pointerId);
    from = at(event);
  });
  stage.addEventListener("pointermove", (event) => {
    if (!from) return;
    const to = at(event);
    tell(Math.min(from[0], to[0]), Math.min(from[1], to[1]), Math.abs(to[0] - from[0]), Math.abs(to[1] - from[1]));
  });
  for (const end of ["pointerup", "pointercancel"])
    stage.addEventListener(end, () => {
      from = null;
    });
}
