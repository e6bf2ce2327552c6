// Sound for the Pro editor: peaks to draw, and where a voice begins and ends, to snap to.
const LARGEST_DECODED_BYTES = 300 * 1024 * 1024;
const BUCKETS = 1200;
const STEP_SECONDS = 0.02;

// {peaks, edges, seconds} of a file or address; null where the browser cannot decode it, which only costs the picture.
export async function listen(source) {
  try {
    const buffer = source instanceof Blob ? await bytesOf(source) : await bytesAt(source);
    const sound = await new OfflineAudioContext(1, 1, 16000).decodeAudioData(buffer);
    const samples = sound.getChannelData(0);
    return { peaks: peaksOf(samples), edges: edgesOf(samples, sound.sampleRate), seconds: sound.duration };
  } catch {
    return null;
  }
}

const bytesOf = (file) => {
  if (file.size > LARGEST_DECODED_BYTES) throw new RangeError("too large to draw");
  return file.arrayBuffer();
};

async function bytesAt(address) {
  const stop = new AbortController();
  const response = await fetch(address, { signal: stop.signal });
  if (Number(response.headers.get("Content-Length")) > LARGEST_DECODED_BYTES) stop.abort();
  return response.arrayBuffer();
}

function peaksOf(samples) {
  const size = Math.max(1, Math.floor(samples.length / BUCKETS));
  const maximum = [];
  const minimum = [];
  for (let start = 0; start + size <= samples.length; start += size) {
    let high = 0;
    let low = 0;
    for (let index = start; index < start + size; index += 4) {
      high = Math.max(high, samples[index]);
      low = Math.min(low, samples[index]);
    }
    maximum.push(high);
    minimum.push(low);
  }
  return { maximum, minimum };
}

// Seconds where the level rises over, or falls under, a quarter of the usual loud level.
function edgesOf(samples, rate) {
  const size = Math.round(rate * STEP_SECONDS);
  const levels = [];
  for (let start = 0; start + size <= samples.length; start += size) {
    let power = 0;
    for (let index = start; index < start + size; index += 2) power += samples[index] ** 2;
    levels.push(Math.sqrt((2 * power) / size));
  }
  const loud = [...levels].sort((a, b) => a - b)[Math.floor(levels.length * 0.9)] ?? 0;
  const edges = [];
  let voiced = false;
  let quiet = 0;
  levels.forEach((level, index) => {
    if (level > loud / 4) {
      if (!voiced) edges.push(index * STEP_SECONDS);
      voiced = true;
      quiet = 0;
    } else if (voiced) {
      quiet += 1;
      if (quiet <= 8) return;
      edges.push((index - 8) * STEP_SECONDS);
      voiced = false;
    }
  });
  return edges;
}
