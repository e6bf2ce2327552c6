"""The JSON in a song's row: the analysis and the grid in use, written and read in one place."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

import numpy as np

from apps.songs.sung import BY_HAND, FOUND, voice_stored
from engines.listening.analyze import SongAnalysis
from engines.listening.grid import BeatGrid
from engines.listening.onsets import Onsets
from engines.media.packets import Gap

# For internal use, or elsewhere in the response; too long for every response.
LONG_PARTS = ("peaks", "onsets", "energy", "grid", FOUND, BY_HAND)


def analysis_stored(found: SongAnalysis) -> dict[str, Any]:
    """Return the analysis as JSON. `grid` is the detected one, for resetting; `energy` has ten samples a second."""
    return {
        "duration_seconds": found.duration_seconds,
        **damage_stored(found.damage),
        "sections": [asdict(section) for section in found.sections],
        "loudness": asdict(found.loudness),
        "peaks": asdict(found.peaks),
        "energy": list(found.energy),
        FOUND: voice_stored(found.voice),
        "grid": found.grid.to_dict(),
        "onsets": {
            "times": [round(float(time), 4) for time in found.onsets.times],
            "salience": [round(float(worth), 3) for worth in found.onsets.salience],
        },
    }


def damage_stored(gaps: Sequence[Gap]) -> dict[str, Any]:
    """Return where the file is damaged, and how much is missing at each place, as stored in the analysis."""
    return {
        "damaged_seconds": [int(gap.at_seconds) for gap in gaps],
        "missing_seconds": [round(gap.missing_seconds, 3) for gap in gaps],
    }


def grid_stored(grid: BeatGrid) -> dict[str, Any]:
    """Return the grid as stored in the row: its rule, and precomputed times for readers."""
    return {
        "rule": grid.to_dict(),
        "tempo_bpm": round(grid.tempo_bpm, 3) if grid.tempo_bpm else None,
        "confidence": grid.confidence,
        "downbeat_confidence": grid.downbeat_confidence,
        "alternatives": [{"bpm": other.bpm, "score": other.score} for other in grid.alternatives],
        "advisory": grid.advisory,
        "edited": grid.edited,
        "beats": [round(float(beat), 4) for beat in grid.beats()],
        "downbeats": [round(float(beat), 4) for beat in grid.downbeats()],
    }


def onsets_read(analysis: Mapping[str, Any]) -> Onsets:
    """Return the onsets for fitting a grid; what only the first analysis needs is empty."""
    kept = analysis.get("onsets", {})
    times, salience = np.array(kept.get("times", ()), float), np.array(kept.get("salience", ()), float)
    return Onsets(times=times, strengths=np.zeros((3, len(times))), salience=salience, accents=salience)
