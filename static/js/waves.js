// How sound is drawn: bars of its peaks, a hue for each part of a song.
const HUES = ["--part-1", "--part-2", "--part-3", "--part-4", "--part-5", "--part-6"];
// Canvases wider than this are refused by browsers.
const WIDEST_PIXELS = 16000;
export const color = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

// Equal labels get equal hues, in the order of their first appearance.
export function hues(sections) {
  const labels = [...new Set(sections.map((section) => section.label))];
  return new Map(labels.map((label, index) => [label, color(HUES[index % HUES.length])]));
}

// An empty canvas as sharp as the screen, measured in CSS pixels. One that keeps its size isn't made anew.
export function brushOf(canvas, width, height) {
  const scale = Math.min(devicePixelRatio || 1, WIDEST_PIXELS / width);
  const size = { width: Math.round(width * scale), height: Math.round(height * scale) };
  if (canvas.width !== size.width || canvas.height !== size.height) Object.assign(canvas, size);
  const brush = canvas.getContext("2d");
  brush.setTransform(scale, 0, 0, scale, 0, 0);
  brush.clearRect(0, 0, width, height);
  return brush;
}

// Bars of 2 px with 1 px between them; `from` and `to` are parts (0…1) of the song.
export function bars(brush, peaks, { from, to, width, height, fill = color("--quiet") }) {
  const count = peaks.maximum.length;
  const middle = height / 2;
  brush.fillStyle = fill;
  for (let x = 0; x < width; x += 3) {
    const first = Math.floor((from + ((to - from) * x) / width) * count);
    const last = Math.max(first + 1, Math.floor((from + ((to - from) * (x + 3)) / width) * count));
    let loud = 0;
    for (let index = first; index < Math.min(last, count); index += 1)
      loud = Math.max(loud, peaks.maximum[index], -peaks.minimum[index]);
    const tall = Math.max(1, loud * (height - 6));
    brush.fillRect(x, middle - tall / 2, 2, tall);
  }
}
