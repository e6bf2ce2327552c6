"""The words in the output of speech models, each with its times.

Sources: the output schemas of victor-upmeet/whisperx (`segments[].words[]`, each with `word`, `start` and `end` in
seconds, without times for what could not be aligned) and vaibhavs10/incredibly-fast-whisper (`chunks[]`, each with
`text` and `timestamp: [start, end]`).
"""

import math
from collections.abc import Iterator, Mapping
from typing import Any

from engines.lyrics.transcript import HeardWord


def words_of(output: Any) -> tuple[HeardWord, ...] | None:
    """Return the words that have times, in any of the known forms; None if the output has none of these forms."""
    if not isinstance(output, Mapping):
        return None
    if isinstance(output.get("segments"), list):
        words = [
            word
            for segment in output["segments"]
            if isinstance(segment, Mapping)
            for word in segment.get("words") or [{"word": segment.get("text"), **segment}]
        ]
        return tuple(_timed((word.get("word"), word.get("start"), word.get("end")) for word in words))
    if isinstance(output.get("chunks"), list):
        return tuple(_timed((one.get("text"), *_pair(one.get("timestamp"))) for one in output["chunks"]))
    return None


def _timed(found: Iterator[tuple[Any, Any, Any]]) -> Iterator[HeardWord]:
    for text, start, end in found:
        if isinstance(text, str) and text.strip() and _is_time(start):
            yield HeardWord(text.strip(), float(start), float(end) if _is_time(end) else float(start))


def _pair(times: Any) -> tuple[Any, Any]:
    return (times[0], times[1]) if isinstance(times, list) and len(times) == 2 else (None, None)


def _is_time(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
