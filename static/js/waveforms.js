// Draws a song's waveform once its analysis has ended; asks again while it runs.
const HUES = ["--part-1", "--part-2", "--part-3", "--part-4", "--part-5", "--part-6"];
export const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

// Equal labels get equal hues, in the order of their first appearance.
export function hues(sections) {
  const labels = [...new Set(sections.map((section) => section.label))];
  return new Map(labels.map((label, index) => [label, colour(HUES[index % HUES.length])]));
}

export async function draw(canvas) {
  const url = canvas.dataset.waveform;
  if (!url) return;
  for (let tries = 0; tries < 120 && canvas.isConnected && canvas.dataset.waveform === url; tries += 1) {
    const response = await fetch(url);
    if (!response.ok) return;
    const peaks = await response.json();
    if (peaks.maximum) return paint(canvas, peaks);
    if (!tries) write(brushOf(canvas), "Listening to the song…", canvas);
    await new Promise((resolve) => { setTimeout(resolve, 1500); });
  }
}

export function paint(canvas, peaks) {
  const { clientWidth: width, clientHeight: height } = canvas;
  if (width) bars(brushOf(canvas), peaks, { from: 0, to: 1, width, height });
}

// An empty canvas as sharp as the screen, measured in CSS pixels.
function brushOf(canvas) {
  const scale = devicePixelRatio || 1;
  canvas.width = canvas.clientWidth * scale;
  canvas.height = canvas.clientHeight * scale;
  const brush = canvas.getContext("2d");
  brush.scale(scale, scale);
  return brush;
}

function write(brush, text, { clientHeight }) {
  brush.fillStyle = colour("--quiet");
  brush.font = "13px system-ui, sans-serif";
  brush.textBaseline = "middle";
  brush.fillText(text, 16, clientHeight / 2);
}

// Bars of 2 px with 1 px between them; `from` and `to` are parts (0…1) of the song.
export function bars(brush, peaks, { from, to, width, height, fill = colour("--quiet") }) {
  const count = peaks.maximum.length;
  const middle = height / 2;
  brush.fillStyle = fill;
  for (let x = 0; x < width; x += 3) {
    const first = Math.floor((from + ((to - from) * x) / width) * count);
    const last = Math.max(first + 1, Math.floor((from + ((to - from) * (x + 3)) / width) * count));
    let loud = 0;
    for (let index = first; index < Math.min(last, count); index += 1) loud = Math.max(loud, peaks.maximum[index], -peaks.minimum[index]);
    const tall = Math.max(1, loud * (height - 6));
    brush.fillRect(x, middle - tall / 2, 2, tall);
  }
}

const watch = new IntersectionObserver((entries) => {
  for (const entry of entries) if (entry.isIntersecting && entry.target.clientWidth) { watch.unobserve(entry.target); draw(entry.target); }
});
for (const canvas of document.querySelectorAll("canvas[data-waveform]")) if (canvas.dataset.waveform) watch.observe(canvas);
