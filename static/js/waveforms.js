// Draws a song's waveform once its analysis has ended; asks again while it runs.
import { bars, brushOf, color } from "./waves.js";

export async function draw(canvas) {
  const url = canvas.dataset.waveform;
  if (!url) return;
  for (let tries = 0; tries < 120 && canvas.isConnected && canvas.dataset.waveform === url; tries += 1) {
    const response = await fetch(url).catch(() => null); // the server is away, or the page is being left
    if (response && !response.ok) return;
    const peaks = await response?.json().catch(() => null);
    if (peaks?.maximum) {
      canvas.dispatchEvent(new CustomEvent("waveform:drawn", { bubbles: true, detail: peaks }));
      return paint(canvas, peaks);
    }
    if (!tries) write(canvas, "Analyzing the song…");
    await new Promise((resolve) => {
      setTimeout(resolve, 1500);
    });
  }
}

export function paint(canvas, peaks) {
  const { clientWidth: width, clientHeight: height } = canvas;
  if (width) bars(brushOf(canvas, width, height), peaks, { from: 0, to: 1, width, height });
}

function write(canvas, text) {
  const { clientWidth, clientHeight } = canvas;
  const brush = brushOf(canvas, clientWidth, clientHeight);
  brush.fillStyle = color("--quiet");
  brush.font = "13px system-ui, sans-serif";
  brush.textBaseline = "middle";
  brush.fillText(text, 16, clientHeight / 2);
}

const watch = new IntersectionObserver((entries) => {
  for (const entry of entries)
    if (entry.isIntersecting && entry.target.clientWidth) {
      watch.unobserve(entry.target);
      draw(entry.target);
    }
});
for (const canvas of document.querySelectorAll("canvas[data-waveform]"))
  if (canvas.dataset.waveform) watch.observe(canvas);
