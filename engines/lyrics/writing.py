"""Lyrics as other programs read them."""

import re
from collections.abc import Sequence
from html import escape

from engines.lyrics.model import Line, without_overlaps

# A shorter pause doesn't end a line on a display.
_NOTABLE_GAP_MS = 200


def as_srt(lines: Sequence[Line]) -> str:
    """Return an SRT file that shows one cue at a time, since tracks inside a video can't show more."""
    cues = [
        f"{number}\n{_srt_time(line.start)} --> {_srt_time(line.end)}\n{_literal(line.text)}\n"
        for number, line in enumerate(without_overlaps(lines), 1)
    ]
    return "\n".join(cues)


def as_lrc(lines: Sequence[Line]) -> str:
    """Return an LRC file. Where nobody sings for a while, an empty line ends the one before."""
    rows: list[str] = []
    for line, following in zip(lines, [*lines[1:], None], strict=True):
        rows.append(f"[{_lrc_time(line.start)}]{' '.join(line.text.split())}")
        if following is None or following.start - line.end > _NOTABLE_GAP_MS:
            rows.append(f"[{_lrc_time(line.end)}]")
    return "".join(f"{row}\n" for row in rows)


def as_vtt(lines: Sequence[Line]) -> str:
    """Return a WebVTT file with the times of words; lines that are sung over each other stay separate cues."""
    cues = [f"{_vtt_time(line.start)} --> {_vtt_time(line.end)}\n{_vtt_text(line)}\n" for line in lines]
    return "\n".join(["WEBVTT\n", *cues])


def _vtt_text(line: Line) -> str:
    if not line.words:
        return escape(line.text, quote=False)
    first, *others = line.words
    stamped = (f"<{_vtt_time(word.start)}>{escape(word.text, quote=False)}" for word in others)
    return escape(first.text, quote=False) + "".join(stamped)


def _vtt_time(milliseconds: int) -> str:
    return _srt_time(milliseconds).replace(",", ".")


def _lrc_time(milliseconds: int) -> str:
    hundredths = round(milliseconds / 10)
    return f"{hundredths // 6000:02d}:{hundredths // 100 % 60:02d}.{hundredths % 100:02d}"


def _srt_time(milliseconds: int) -> str:
    seconds, rest = divmod(milliseconds, 1000)
    minutes, seconds = divmod(seconds, 60)
    return f"{minutes // 60:02d}:{minutes % 60:02d}:{seconds:02d},{rest:03d}"


def _literal(text: str) -> str:
    # Players of SRT take these for commands; a word joiner, which isn't drawn, keeps them words.
    return re.sub(r"\\(?=[Nnh])|\{(?=\\)", "\\g<0>\u2060", text)
