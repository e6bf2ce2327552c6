"""The song's sections, by timbre, harmony and energy."""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from engines.listening.energy import ENERGY_RATE
from engines.listening.grid import BeatGrid
from engines.listening.spectra import LONG_RATE, Spectra

# Without known bars, the song is divided into pieces of this length.
CELL_SECONDS = 2.0
SHORTEST_SECONDS = 5.0
# A new section has to explain more than this (in cells' worth of variance); tuned by ear on the synthetic songs.
PART_PENALTY = 1.4
# Sections whose mean features differ by less than this (RMS, in standard deviations) repeat the same music.
SAME_PART = 0.75
# A section longer than this many cells is always split, which bounds the work on long songs.
LONGEST_CELLS = 64

Matrix = NDArray[np.float64]
Vector = NDArray[np.float64]


@dataclass(frozen=True)
class Section:
    """`label`: a guess: intro, verse, chorus, bridge or outro. `group`: sections that sound alike share a number,
    from 0. `energy` is 0…1 within the song."""

    label: str
    start_seconds: float
    end_seconds: float
    energy: float
    group: int


def sections_find(spectra: Spectra, intensity: Vector, grid: BeatGrid) -> tuple[Section, ...]:
    """Find sections that cover the song without gaps; they start on downbeats where the grid can be trusted."""
    edges = _cells(grid, spectra.seconds)
    features = _features(edges, spectra, intensity)
    cuts = _segmented(features, np.diff(edges))
    bounds = [float(edges[cut]) for cut in cuts]
    means = np.stack([features[a:b].mean(axis=0) for a, b in pairwise(cuts)])
    energies = [_mean_between(intensity, a, b) for a, b in pairwise(bounds)]
    groups = _groups(means)
    labels = _labels(groups, energies, bounds)
    return tuple(
        Section(labels[i], round(bounds[i], 4), round(bounds[i + 1], 4), round(energies[i], 3), groups[i])
        for i in range(len(labels))
    )


def _cells(grid: BeatGrid, seconds: float) -> Vector:
    """Return the edges of the pieces that sections are made of: bars, or pieces of equal length."""
    marks = grid.downbeats() if not grid.advisory else np.arange(0, seconds, CELL_SECONDS)
    marks = marks[(marks > 0.5) & (marks < seconds - 0.5)]
    return np.concatenate([[0.0], marks, [seconds]])


def _features(edges: Vector, spectra: Spectra, intensity: Vector) -> Matrix:
    """Return (cells, features), each feature standardized over the song and weighted by its family."""
    timbre = np.log10(spectra.timbre.astype(float) + 1e-6)
    chroma = np.sqrt(spectra.chroma.astype(float))
    chroma = chroma / np.maximum(np.linalg.norm(chroma, axis=0), 1e-9)
    families = ((timbre, LONG_RATE, 1.0), (chroma, LONG_RATE, 0.4), (intensity[None, :], ENERGY_RATE, 3.0))
    columns = []
    for rows, rate, weight in families:
        means = np.stack([_mean_rows(rows, rate, a, b) for a, b in pairwise(edges)])
        # A smaller spread than this is inaudible.
        spread = np.maximum(means.std(axis=0), 0.08)
        columns.append((means - means.mean(axis=0)) / spread * np.sqrt(weight / rows.shape[0]))
    return np.asarray(np.concatenate(columns, axis=1) / np.sqrt(sum(weight for _, _, weight in families)))


def _mean_rows(rows: Matrix, rate: float, start: float, end: float) -> Vector:
    first = min(round(start * rate), rows.shape[1] - 1)
    return np.asarray(rows[:, first : max(first + 1, round(end * rate))].mean(axis=1))


def _mean_between(curve: Vector, start: float, end: float) -> float:
    return float(_mean_rows(curve[None, :], ENERGY_RATE, start, end)[0]) if len(curve) else 0.0


def _segmented(features: Matrix, lengths: Vector) -> list[int]:
    """Return the cells at which sections start, and the end: least squares with a cost per section (exact, by dynamic
    programming)."""
    count = len(features)
    sums = np.concatenate([np.zeros((1, features.shape[1])), np.cumsum(features, axis=0)])
    squares = np.concatenate([[0.0], np.cumsum(np.square(features).sum(axis=1))])
    elapsed = np.concatenate([[0.0], np.cumsum(lengths)])
    best, previous = np.full(count + 1, np.inf), np.zeros(count + 1, int)
    best[0] = 0.0
    for end in range(1, count + 1):
        starts = np.arange(max(0, end - LONGEST_CELLS), end)
        total = sums[end] - sums[starts]
        inside = squares[end] - squares[starts] - np.square(total).sum(axis=1) / (end - starts)
        short = elapsed[end] - elapsed[starts] < SHORTEST_SECONDS
        price = best[starts] + inside + PART_PENALTY + np.where(short, 100.0, 0.0)
        previous[end] = starts[price.argmin()]
        best[end] = price.min()
    cuts = [count]
    while cuts[-1] > 0:
        cuts.append(int(previous[cuts[-1]]))
    return cuts[::-1]


def _groups(means: Matrix) -> list[int]:
    """Number the kinds of music in order of appearance, by average linkage to the known ones."""
    groups: list[int] = []
    for index, mean in enumerate(means):
        known = sorted(set(groups))
        distances = [
            float(np.mean([np.linalg.norm(mean - means[j]) for j in range(index) if groups[j] == group]))
            for group in known
        ]
        same = distances and min(distances) < SAME_PART
        groups.append(known[int(np.argmin(distances))] if same else len(known))
    return groups


def _labels(groups: list[int], energies: list[float], bounds: list[float]) -> list[str]:
    """Label the sections the way songs usually go: the chorus is the most intense, quiet ends are intro and outro, and
    music that appears once, late, is the bridge."""
    count = len(groups)
    lengths = np.diff(bounds)
    chorus = max(set(groups), key=lambda group: _chorus_worth(group, groups, energies, lengths))
    labels = ["chorus" if group == chorus and count > 1 else "verse" for group in groups]
    calm = float(np.average(energies, weights=lengths))
    short = 0.3 * bounds[-1]
    if count > 1 and lengths[0] < short and energies[0] < min(calm, energies[1]):
        labels[0] = "intro"
    if count > 2 and lengths[-1] < short and energies[-1] < min(calm, energies[-2]):
        labels[-1] = "outro"
    first_chorus = labels.index("chorus") if "chorus" in labels else count
    for index in range(first_chorus + 1, count - 1):
        if labels[index] == "verse" and groups.count(groups[index]) == 1 and bounds[index] > 0.4 * bounds[-1]:
            labels[index] = "bridge"
    return labels


def _chorus_worth(group: int, groups: list[int], energies: list[float], lengths: Vector) -> float:
    members = [index for index, other in enumerate(groups) if other == group]
    energy = float(np.average([energies[index] for index in members], weights=lengths[members]))
    return energy + (0.1 if len(members) > 1 else 0.0)
