"""Decoding a song block by block, so that memory use doesn't grow with its length."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from engines.errors import InputError
from engines.media.packets import Damage
from engines.media.samples import sound_blocks

# The sample rate for analysis. Most songs already have it, so they need no resampling.
SAMPLE_RATE = 44_100
BLOCK_SAMPLES = SAMPLE_RATE * 4

Stereo = NDArray[np.float32]
NOT_AUDIO = "This file has no readable audio. Upload an mp3, wav, flac, m4a, ogg or opus file."


def audio_blocks(path: Path, *, max_seconds: float | None = None, damage: Damage | None = None) -> Iterator[Stereo]:
    """Yield the song as (2, n) float32 blocks at SAMPLE_RATE, full scale ±1; mono is on both channels.

    Time zero is the first sample a player plays: encoder delay declared by the file is dropped. Damaged parts are
    skipped and recorded in `damage`. Raises InputError when there is no audio, or when it is longer than
    `max_seconds`.
    """
    pending: list[Stereo] = []
    held = total = 0
    for piece in sound_blocks(path, rate=SAMPLE_RATE, damage=damage):
        pending.append(piece)
        held += piece.shape[1]
        total += piece.shape[1]
        if max_seconds is not None and total > max_seconds * SAMPLE_RATE:
            raise InputError(
                f"The song is longer than {max_seconds / 60:.0f} minutes. Cut it and upload the part you need.",
                code="song_too_long",
            )
        if held >= BLOCK_SAMPLES:
            yield np.concatenate(pending, axis=1)
            pending, held = [], 0
    if held:
        yield np.concatenate(pending, axis=1)
    if not total:
        raise InputError(NOT_AUDIO, code="not_audio")
