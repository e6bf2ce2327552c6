"""Lyrics as other programs read them."""

import re
from collections.abc import Sequence

from engines.lyrics.model import Line, without_overlaps


def as_srt(lines: Sequence[Line]) -> str:
    """Return an SRT file that shows one cue at a time, since tracks inside a video can't show more."""
    cues = [
        f"{number}\n{_srt_time(line.start)} --> {_srt_time(line.end)}\n{_literal(line.text)}\n"
        for number, line in enumerate(without_overlaps(lines), 1)
    ]
    return "\n".join(cues)


def _srt_time(milliseconds: int) -> str:
    seconds, rest = divmod(milliseconds, 1000)
    minutes, seconds = divmod(seconds, 60)
    return f"{minutes // 60:02d}:{minutes % 60:02d}:{seconds:02d},{rest:03d}"


def _literal(text: str) -> str:
    # Players of SRT take these for commands; a word joiner, which isn't drawn, keeps them words.
    return re.sub(r"\\(?=[Nnh])|\{(?=\\)", "\\g<0>\u2060", text)
