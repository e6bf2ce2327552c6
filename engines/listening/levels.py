"""At which level a song is counted: 87 or 174 beats a minute, dotted quarters or eighths. Weighs the rhythm and the
bars of each level; where several are likely, says so."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from engines.listening.cues import BeatCues, beat_cues
from engines.listening.grid import Alternative, BeatGrid, segment_at
from engines.listening.meter import Bars, barred
from engines.listening.onsets import Onsets
from engines.listening.pulse import Pulse, level_score
from engines.listening.spectra import Spectra

# Periods that one rhythm can be counted in, relative to each other, and the beats that their first beat can fall on.
LEVELS = (
    (1.0, 0.0), (1.0, 0.5), (2.0, 0.0), (2.0, 1.0), (0.5, 0.0), (3.0, 0.0), (3.0, 1.0), (3.0, 2.0), (1 / 3, 0.0),
    (1.5, 0.0), (1.5, 0.5), (1.5, 1.0), (2 / 3, 0.0),
)  # fmt: skip
# Nobody counts slower or faster.
SLOWEST_BPM, FASTEST_BPM = 38.0, 260.0

Vector = NDArray[np.float64]


# What a level is worth, by its `_facts`; its likelihood is the exponential of that. A conditional logit, fitted to 148
# synthetic songs of 37 grooves at random tempos and then rounded by hand; `bench/beats.py` says what they reach.
WEIGHTS = np.array([5.8, 5.2, -0.6, -0.9, 2.0, 0.8])
# A level less likely than this isn't worth mentioning, and more than these nobody wants to read.
LEAST_SCORE, MOST_ALTERNATIVES = 0.1, 3
# A level this far behind in rhythm alone can't catch up.
HOPELESS = 1.0
SAME_TEMPO = 0.02
# Closer than their likelihoods say: levels that differ this little were confused in one song of three.
CLOSENESS = 0.8
# Beats between which the bass plays as much as on them, while another level has it on its beats, are half a beat off in
# music with loud off-beats (reggae, ska): never sure.
UNGROUNDED, GROUNDED_MORE, UNGROUNDED_MOST, RIVAL = 0.3, 0.4, 0.45, 3.5


@dataclass(frozen=True)
class Level:
    """The song counted at one level, with bars; the higher the `worth`, the likelier. `grounded` as in `BeatCues`."""

    grid: BeatGrid
    worth: float
    grounded: float


def level_choose(grid: BeatGrid, onsets: Onsets, spectra: Spectra) -> BeatGrid:
    """Return the grid at its likeliest level, with bars, an honest confidence and the alternatives."""
    if not grid.segments:
        return grid
    levels = sorted(levels_of(grid, onsets, spectra), key=lambda level: -level.worth)
    likely = np.exp([level.worth - levels[0].worth for level in levels])
    likely /= likely.sum()
    best = levels[0].grid
    doubt = _doubt(levels)
    sure = _sure(levels, doubt)
    others: list[Alternative] = []
    for level, score in zip(levels[1:], likely[1:], strict=True):
        bpm, known = level.grid.tempo_bpm or 0.0, [best.tempo_bpm or 0.0, *(other.bpm for other in others)]
        if (score >= LEAST_SCORE or level is doubt) and all(abs(bpm / one - 1) > SAME_TEMPO for one in known):
            others.append(Alternative(round(bpm, 3), round(float(score), 3), level.grid.segments))
    return replace(
        best,
        confidence=round(grid.confidence * sure, 3),
        downbeat_confidence=round(best.downbeat_confidence * sure, 3),
        pulse_confidence=grid.confidence,
        alternatives=tuple(others[:MOST_ALTERNATIVES]),
    )


def _sure(levels: Sequence[Level], doubt: Level | None) -> float:
    """Return how sure the first of the levels is: nothing is while another is as likely."""
    sure = 1.0 - float(np.exp(CLOSENESS * (levels[1].worth - levels[0].worth))) if len(levels) > 1 else 1.0
    return sure if doubt is None else min(sure, UNGROUNDED_MOST)


def _doubt(levels: Sequence[Level]) -> Level | None:
    """Return the level that has the bass on its beats, if the first one hasn't."""
    best, *others = levels
    rivals = [level for level in others if level.worth > best.worth - RIVAL]
    rival = max(rivals, key=lambda level: level.grounded, default=best)
    return rival if best.grounded < UNGROUNDED and rival.grounded > best.grounded + GROUNDED_MORE else None


def levels_of(grid: BeatGrid, onsets: Onsets, spectra: Spectra) -> list[Level]:
    """Return the levels the song can be counted at."""
    counted = list(_counted(grid, onsets))
    least = max(rhythm for _, rhythm in counted) - HOPELESS
    found = []
    for level, rhythm in counted:
        if rhythm >= least:
            cues = beat_cues(level.beats(), onsets, spectra)
            ready, bars = barred(level, cues)
            worth = float(WEIGHTS @ _facts(level, grid, rhythm, cues, bars))
            found.append(Level(ready, worth, cues.grounded))
    return found


def _facts(level: BeatGrid, grid: BeatGrid, rhythm: float, cues: BeatCues, bars: Bars) -> Vector:
    """Return what a level's worth depends on, in the order of WEIGHTS."""
    length = int(np.median(bars.lengths)) if len(bars.lengths) else 4
    unusual = length in (5, 6, 7) or (length == 2 and not cues.compound)
    ratio = (level.tempo_bpm or 1.0) / (grid.tempo_bpm or 1.0)
    across = min(abs(ratio - 1.5), abs(ratio - 2 / 3)) < 0.05
    return np.array(
        [rhythm, bars.gain * bars.margin * cues.played, float(unusual), float(across), cues.grounded, cues.divided]
    )


def _counted(grid: BeatGrid, onsets: Onsets) -> Iterator[tuple[BeatGrid, float]]:
    """Yield the grid at each level and phase, and how well it suits the rhythm (`level_score`)."""
    lengths = np.array(grid.ends()) - [part.start_seconds for part in grid.segments]
    for ratio, step in LEVELS:
        if ratio != 1.0 and not SLOWEST_BPM <= (grid.tempo_bpm or 0.0) / ratio <= FASTEST_BPM:
            continue
        segments, scores = [], []
        for segment, end, (before, _) in zip(grid.segments, grid.ends(), grid.spans(), strict=True):
            # Every second beat of the whole song, not of each segment.
            first = segment.start_seconds + segment.phase + (step - before) % ratio * segment.period
            pulse = Pulse(segment.period * ratio, first)
            scores.append(level_score(onsets, pulse, segment.start_seconds, end))
            moved = segment_at(segment.start_seconds, pulse.period, first)
            segments.append(moved if (ratio, step) != (1.0, 0.0) else segment)
        yield replace(grid, segments=tuple(segments)), float(np.average(scores, weights=lengths))
