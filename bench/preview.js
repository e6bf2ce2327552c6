// Runs in the Edit page: reads at every refresh which picture is shown, and where the song is at that moment.
// Pictures are those of tests/browser/made.py: cells of black and white, a row for the clip and one for its frame.
() => {
  window.seen = [];
  const song = document.querySelector("[data-song-sound]");
  const canvas = Object.assign(document.createElement("canvas"), { width: 80, height: 20 });
  const brush = canvas.getContext("2d", { willReadFrequently: true });
  const number = (row, pixels) => {
    let value = 0;
    for (let bit = 0; bit < 8; bit += 1) value |= (pixels[4 * ((5 + 10 * row) * 80 + 5 + 10 * bit)] > 127) << bit;
    return value;
  };
  const read = () => {
    const deck = document.querySelector("[data-deck].on");
    if (!song.paused) {
      const one = { time: song.currentTime, clip: -1, frame: -1 };
      if (deck?.readyState >= 2) {
        brush.drawImage(deck, 0, 0, 80, 20);
        const { data } = brush.getImageData(0, 0, 80, 20);
        Object.assign(one, { clip: number(0, data), frame: number(1, data) });
      }
      window.seen.push(one);
    }
    requestAnimationFrame(read);
  };
  requestAnimationFrame(read);
}
