"""How well beats and bars are found, by kind of song (`bench/rhythms.py`).

    .venv/bin/python -m bench.beats [--json] [--seeds 2] [--only WORD]

Columns: F-measure of the beats and recall of the downbeats (both ±70 ms), the found tempo over the true one, the
confidence, and whether it was honest: right, or unsure with the true tempo among the alternatives.
"""

import argparse
import json
import time
from dataclasses import asdict, dataclass
from functools import cache

import numpy as np

from apps.songs.synthesis import RATE
from bench.rhythms import KINDS, Take
from engines.listening.analyze import beats_find
from engines.listening.grid import ADVISORY_BELOW, BeatGrid
from engines.listening.onsets import onsets_find
from engines.listening.spectra import Spectra, SpectraCollector

TOLERANCE_SECONDS = 0.07
SAME_TEMPO = 0.04


@dataclass(frozen=True)
class Result:
    beats: float
    downbeats: float
    downbeat_f_measure: float
    ratio: float
    confidence: float
    downbeat_confidence: float
    honest: bool
    alternatives: tuple[float, ...]


def hits(wanted: np.ndarray, found: np.ndarray) -> float:
    """Return the share of `wanted` that has a `found` within the tolerance; 1 if nothing is wanted."""
    if not len(wanted):
        return 1.0
    if not len(found):
        return 0.0
    return float(np.mean([np.abs(found - time).min() <= TOLERANCE_SECONDS for time in wanted]))


def f_measure(wanted: np.ndarray, found: np.ndarray) -> float:
    """Return the F-measure; what was found outside of the known beats doesn't count."""
    inside = found[(found > wanted[0] - TOLERANCE_SECONDS) & (found < wanted[-1] + TOLERANCE_SECONDS)]
    recall, precision = hits(wanted, found), hits(inside, wanted) if len(inside) else 0.0
    return 2 * recall * precision / max(recall + precision, 1e-9)


def judged(take: Take, grid: BeatGrid) -> Result:
    found = grid.beats()
    ratio = float(np.median(np.diff(take.beats)) / np.median(np.diff(found))) if len(found) > 1 else 0.0
    alternatives = tuple(round(found.bpm, 1) for found in grid.alternatives)
    right = f_measure(take.beats, grid.beats()) > 0.85
    sure = grid.confidence >= ADVISORY_BELOW
    offered = any(abs(bpm / take.bpm - 1) < SAME_TEMPO for bpm in alternatives)
    return Result(
        round(f_measure(take.beats, grid.beats()), 3),
        round(hits(take.downbeats, grid.downbeats()), 3),
        round(f_measure(take.downbeats, grid.downbeats()), 3) if len(take.downbeats) else 1.0,
        round(ratio, 3),
        round(grid.confidence, 2),
        round(grid.downbeat_confidence, 2),
        bool(right or (not sure and (offered or take.vague))),
        alternatives,
    )


@cache
def spectra_of(name: str, seed: int) -> tuple[Take, Spectra, float]:
    take, collector = KINDS[name](seed), SpectraCollector()
    started = time.process_time()
    for start in range(0, take.samples.shape[1], RATE * 4):
        collector.add(np.ascontiguousarray(take.samples[:, start : start + RATE * 4], dtype=np.float32))
    spectra = collector.spectra()
    return take, spectra, time.process_time() - started


def measured(name: str, seed: int) -> tuple[Result, float, float]:
    """Return the result, the seconds it took and the minutes of sound."""
    take, spectra, seconds = spectra_of(name, seed)
    started = time.process_time()
    onsets = onsets_find(spectra)
    grid = beats_find(onsets, spectra)
    return judged(take, grid), seconds + time.process_time() - started, take.seconds / 60


def summary(results: dict[str, list[Result]]) -> dict[str, float]:
    everything = [result for found in results.values() for result in found]
    return {
        "songs": len(everything),
        "beat_f_measure": round(float(np.mean([result.beats for result in everything])), 3),
        "downbeat_recall": round(float(np.mean([result.downbeats for result in everything])), 3),
        "downbeat_f_measure": round(float(np.mean([result.downbeat_f_measure for result in everything])), 3),
        "wrong_tempo": sum(abs(result.ratio - 1) > SAME_TEMPO for result in everything),
        "wrong_and_sure": sum(result.beats <= 0.85 and result.confidence >= ADVISORY_BELOW for result in everything),
        "honest": round(float(np.mean([result.honest for result in everything])), 3),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--seeds", type=int, default=2, help="takes of each kind")
    parser.add_argument("--only", default="", help="only the kinds whose name contains this")
    wanted = parser.parse_args()
    results: dict[str, list[Result]] = {}
    seconds = minutes = 0.0
    for name in (name for name in KINDS if wanted.only in name):
        results[name] = []
        for seed in range(wanted.seeds):
            result, took, length = measured(name, seed)
            results[name].append(result)
            seconds, minutes = seconds + took, minutes + length
        if not wanted.json:
            for one in results[name]:
                print(
                    f"{name:26} beats {one.beats:5.3f} downbeats {one.downbeats:5.3f} {one.downbeat_f_measure:5.3f} "
                    f"tempo x{one.ratio:5.3f} confidence {one.confidence:4.2f}/{one.downbeat_confidence:4.2f} "
                    f"{'honest' if one.honest else 'WRONG '} {one.alternatives}"
                )
    totals = {**summary(results), "seconds_per_minute": round(seconds / minutes, 3)}
    if wanted.json:
        print(
            json.dumps({**totals, "kinds": {name: [asdict(one) for one in found] for name, found in results.items()}})
        )
    else:
        print(totals)


if __name__ == "__main__":
    main()
