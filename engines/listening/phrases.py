"""The phrases and notes of a vocal stem, finely enough to lay words on them."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import scipy  # submodules load on first use, which saves every process half a second at startup

from engines.listening.decoding import SAMPLE_RATE, audio_blocks

_RATE = 100
# As far below its loud moments a voice is silent. A shorter hole is a consonant, a shorter sound a breath or click.
_FLOOR_DB = 30.0
_HOLE_SECONDS, _SHORTEST_SECONDS = 0.14, 0.12
# A syllable starts with at least this rise within this time.
_RISE_DB, _RISE_SECONDS = 4.0, 0.06


@dataclass(frozen=True)
class Phrases:
    """In seconds: passages with sound as (start, end), and where syllables start, with how clear each is (0…1)."""

    passages: tuple[tuple[float, float], ...]
    notes: tuple[tuple[float, float], ...]


def stem_phrases(path: Path) -> Phrases:
    """Decode a vocal stem and return its phrases; empty for silence."""
    size = SAMPLE_RATE // _RATE
    powers, rest = [], np.zeros(0)
    for block in audio_blocks(path):
        sound = np.concatenate([rest, block.mean(axis=0)])
        whole = len(sound) // size * size
        powers.append((sound[:whole].reshape(-1, size) ** 2).mean(axis=1))
        rest = sound[whole:]
    power = np.concatenate(powers) if powers else np.zeros(0)
    if not len(power) or power.max() < 1e-8:
        return Phrases((), ())
    level = 10 * np.log10(scipy.ndimage.uniform_filter1d(power, 3) + 1e-10)
    active = level > np.percentile(level, 98) - _FLOOR_DB
    active = scipy.ndimage.binary_closing(np.pad(active, 100), np.ones(round(_HOLE_SECONDS * _RATE)))[100:-100]
    edges = np.flatnonzero(np.diff(np.concatenate([[0], active.astype(int), [0]]))) / _RATE
    pairs = zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True)
    passages = tuple((start, end) for start, end in pairs if end - start >= _SHORTEST_SECONDS)
    lag = round(_RISE_SECONDS * _RATE)
    rise = np.concatenate([np.zeros(lag), level[lag:] - level[:-lag]])
    peaks, _ = scipy.signal.find_peaks(rise, height=_RISE_DB, distance=round(0.08 * _RATE))
    notes = tuple((float(max(0, peak - lag // 2) / _RATE), min(1.0, float(rise[peak]) / 20)) for peak in peaks)
    return Phrases(passages, notes)
