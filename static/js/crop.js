// The dialog in which a scene's crop is set: the frame on the picture, and its keys over time.
import { curve } from "./crop-curve.js";
import { make, makeButton } from "./elements.js";

const NEAR = 0.06; // seconds: a key this near is the one that is moved
const editors = new WeakMap();

const clamp = (value, low, high) => Math.min(Math.max(value, low), high);
const round = (value) => Math.round(value * 1e4) / 1e4;

class Editor {
  constructor(form) {
    const { found, hand, faces, seconds } = JSON.parse(form.dataset.crop);
    this.form = form;
    this.found = found;
    this.faces = faces;
    this.seconds = seconds;
    this.hand = hand.length > 0;
    this.keys = this.hand ? hand : found;
    this.video = form.querySelector("video");
    this.frame = form.querySelector("[data-crop-frame]");
    this.time = form.querySelector("[data-crop-time]");
    form.querySelector("[data-crop-tools]").hidden = false;
    this.video.addEventListener("loadedmetadata", () => this.draw());
    this.video.addEventListener("timeupdate", () => this.tick());
    this.draw();
  }

  get fixed() {
    return this.form.elements.framing.value === "fixed";
  }

  // Where the frame is now: [x, y, zoom].
  place() {
    const { focus_x, focus_y } = this.form.elements;
    if (this.fixed || !this.keys.length) return [Number(focus_x.value), Number(focus_y.value), 1];
    return [1, 2, 3].map((column) => curve(this.keys, column, Number(this.time.value)));
  }

  // The frame's shares of the picture at this zoom.
  size(zoom) {
    const [across, down] = this.form.querySelector("[data-crop-shape]").value.split(":").map(Number);
    const picture = (this.video.videoWidth || 16) / (this.video.videoHeight || 9);
    const shape = across / down;
    return [Math.min(1, shape / picture) / zoom, Math.min(1, picture / shape) / zoom];
  }

  move(x, y, zoom = this.place()[2]) {
    const [wide, high] = this.size(zoom);
    const inside = [clamp(x, wide / 2, 1 - wide / 2), clamp(y, high / 2, 1 - high / 2)].map(round);
    this.form.querySelector("[data-crop-wait]")?.remove();
    if (this.fixed) {
      [this.form.elements.focus_x.value, this.form.elements.focus_y.value] = inside.map(String);
    } else {
      const now = Number(this.time.value);
      const others = this.keys.filter(([time]) => Math.abs(time - now) > NEAR);
      const near = this.keys.find(([time]) => Math.abs(time - now) <= NEAR);
      this.set([...others, [near?.[0] ?? now, ...inside, round(zoom)]].sort((one, other) => one[0] - other[0]));
      return;
    }
    this.draw();
  }

  set(keys, hand = true) {
    this.keys = keys;
    this.hand = hand && keys.length > 0;
    if (!keys.length) this.keys = this.found;
    this.draw();
  }

  remove(index) {
    this.set(this.keys.filter((_, other) => other !== index));
  }

  seek(seconds) {
    this.time.value = String(seconds);
    this.video.currentTime = clamp(seconds, 0, Math.max(0, this.seconds - 0.02));
    this.draw();
  }

  tick() {
    if (!this.video.paused) {
      this.time.value = String(this.video.currentTime);
      this.draw();
    }
  }

  play() {
    if (!this.video.paused) return this.video.pause();
    this.video.play();
    const step = () => {
      this.tick();
      if (!this.video.paused && this.form.isConnected) requestAnimationFrame(step);
    };
    requestAnimationFrame(step);
  }

  draw() {
    const [x, y, zoom] = this.place();
    const [wide, high] = this.size(zoom);
    const left = clamp(x - wide / 2, 0, 1 - wide);
    const top = clamp(y - high / 2, 0, 1 - high);
    const edges = { left, top, width: wide, height: high };
    for (const [edge, share] of Object.entries(edges)) this.frame.style[edge] = `${100 * share}%`;
    this.form.elements.keys.value = this.hand ? JSON.stringify(this.keys) : "";
    this.form.querySelector("[data-crop-clock]").value = `${Number(this.time.value).toFixed(2)} s`;
    this.form.querySelector("[data-crop-path]").disabled = this.fixed;
    this.form.querySelector("[data-crop-keys=auto]").setAttribute("aria-pressed", String(!this.hand));
    const larger = zoom > 1.001 ? `, ${zoom.toFixed(2)} ×` : "";
    const source = this.fixed ? "fixed" : this.hand ? "set by hand" : "automatic";
    this.form.querySelector("[data-crop-place]").textContent =
      `${Math.round(100 * x)} % across, ${Math.round(100 * y)} % down${larger}, ${source}`;
    this.list();
  }

  list() {
    const list = this.form.querySelector("[data-crop-list]");
    const written = this.hand ? JSON.stringify(this.keys) : "";
    if (list.dataset.written === written) return;
    list.dataset.written = written;
    const rows = (this.hand ? this.keys : []).map(([time], index) => {
      const row = make("li", { className: "row" });
      const [go, drop] = [`${time.toFixed(2)} s`, "×"].map((words) => {
        const button = makeButton({ className: "button button-small", textContent: words });
        row.append(button);
        return button;
      });
      go.dataset.cropGo = String(time);
      drop.dataset.cropDrop = String(index);
      drop.setAttribute("aria-label", `Delete the key at ${time.toFixed(2)} seconds`);
      return row;
    });
    list.replaceChildren(...rows);
  }
}

function editorAt(element) {
  const form = element.closest?.("form[data-crop]");
  if (form && !editors.has(form)) editors.set(form, new Editor(form));
  return form && editors.get(form);
}

function start() {
  for (const form of document.querySelectorAll("form[data-crop]")) editorAt(form);
}
start();
document.addEventListener("htmx:load", start);

document.addEventListener("pointerdown", (event) => {
  const frame = event.target.closest?.("[data-crop-frame]");
  const editor = frame && editorAt(frame);
  if (!editor) return;
  event.preventDefault();
  frame.focus({ preventScroll: true });
  editor.video.pause();
  const stage = frame.parentElement.getBoundingClientRect();
  const [x, y] = editor.place();
  const drag = ({ clientX, clientY }) =>
    editor.move(x + (clientX - event.clientX) / stage.width, y + (clientY - event.clientY) / stage.height);
  frame.setPointerCapture(event.pointerId);
  frame.addEventListener("pointermove", drag);
  frame.addEventListener("lostpointercapture", () => frame.removeEventListener("pointermove", drag), { once: true });
});

const STEPS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

document.addEventListener("keydown", (event) => {
  const editor = event.target.matches?.("[data-crop-frame]") && editorAt(event.target);
  if (!editor || event.ctrlKey || event.metaKey || event.altKey) return;
  const [x, y, zoom] = editor.place();
  const step = STEPS[event.key];
  const share = event.shiftKey ? 0.05 : 0.01;
  if (step) editor.move(x + share * step[0], y + share * step[1]);
  else if ("+=".includes(event.key) && !editor.fixed) editor.move(x, y, clamp(zoom + 0.05, 1, 2));
  else if (event.key === "-" && !editor.fixed) editor.move(x, y, clamp(zoom - 0.05, 1, 2));
  else if (event.key === "Delete" && editor.hand) {
    const now = Number(editor.time.value);
    editor.remove(editor.keys.findIndex(([time]) => Math.abs(time - now) <= NEAR));
  } else return;
  event.preventDefault();
  event.stopPropagation();
});

document.addEventListener("click", (event) => {
  const editor = editorAt(event.target);
  if (!editor) return;
  const { cropGo, cropDrop, cropKeys } = event.target.dataset;
  if (cropGo) editor.seek(Number(cropGo));
  if (cropDrop) editor.remove(Number(cropDrop));
  if (cropKeys === "auto") editor.set(editor.found, false);
  else if (cropKeys) editor.set(editor.faces[Number(cropKeys)]);
  if (event.target.matches("[data-crop-add]")) editor.move(...editor.place());
  if (event.target.matches("[data-crop-play]")) editor.play();
});

document.addEventListener("input", (event) => {
  const editor = editorAt(event.target);
  if (!editor) return;
  if (event.target === editor.time) editor.seek(Number(editor.time.value));
  else editor.draw();
});
