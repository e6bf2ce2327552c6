/**
 * The song and its peaks as the server sends them: all in seconds of the whole song.
 *
 * @typedef {object} Facts
 * @property {number} duration_seconds
 * @property {{beats?: number[], downbeats?: number[]}} grid
 * @property {object} analysis
 * @property {Array<{label: string, start_seconds: number, end_seconds: number}>} [analysis.sections]
 * @property {boolean | null} sings
 * @property {Array<{start: number, end: number}>} sung
 * @typedef {{maximum?: number[], minimum?: number[]}} Peaks
 */

/**
 * The song in seconds of the part that the project uses, as the timeline counts.
 *
 * @param {Facts} facts
 * @param {Peaks} peaks
 * @param {{from: number, until: number}} used an `until` of 0 is the song's end
 */
export function songOf(facts, peaks, { from, until }) {
  const inside = (/** @type {number} */ seconds) => seconds - from;
  return {
    from,
    peaks,
    facts,
    duration: facts.duration_seconds,
    length: (until || facts.duration_seconds) - from,
    beats: (facts.grid.beats ?? []).map(inside),
    downbeats: new Set((facts.grid.downbeats ?? []).map(inside)),
    sections: (facts.analysis.sections ?? []).map((part) => ({
      ...part,
      start: inside(part.start_seconds),
      end: inside(part.end_seconds),
    })),
    voice: (facts.sings ? facts.sung : []).map(({ start, end }) => [inside(start), inside(end)]),
  };
}
