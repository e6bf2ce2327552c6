"""The parts of a song by its words: named in brackets by whoever wrote them down, or else by what is sung again."""

import re
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby

from engines.lyrics.sung_lines import SungLine

# A refrain of one line ends many verses. What comes back with this many lines is a chorus.
_CHORUS_LINES = 2
# Nothing sung for this long divides two times of a chorus, as other lines do.
_REST_SECONDS = 8.0
# If more than this comes back, repeats tell nothing: the whole song may be written down twice.
_MOST_REPEATED = 0.8
# "Chorus (x2)", "Verse 1: Anna", "Refrain - all".
_REMARK = re.compile(r"\s*(?:[:(\[|].*|\s[-\u2013\u2014]\s.*|[x\u00d7]\s?\d+)$", re.IGNORECASE)


@dataclass(frozen=True)
class WordPart:
    """A stretch of lines in seconds of the song. `marked`: the lyrics name it; otherwise `label` is chorus or verse, by
    what is repeated."""

    label: str
    start: float
    end: float
    marked: bool


# Parts by another name that come back as a chorus does.
_CHORUSES = ("chorus", "refrain", "hook", "drop")
_KINDS = ("verse", "bridge", "intro", "outro", "interlude", "instrumental")
# What `section_kind` calls the parts that many songs have; others are called by their names.
SECTION_KINDS = (*_KINDS[:1], "chorus", *_KINDS[1:], "pre-chorus", "post-chorus")


def section_kind(label: str) -> str:
    """Return what kind of part a section's name means: "Verse 2" is a verse, "final chorus" and "hook" are choruses."""
    words = label.casefold()
    if re.search(r"\b(?:pre|post)[\s-]?(?:chorus|hook)", words):
        return "pre-chorus" if "pre" in words else "post-chorus"
    if any(name in words for name in _CHORUSES):
        return "chorus"
    return next((kind for kind in _KINDS if kind in words), re.sub(r"[\s\d.]+$", "", words).strip())


def word_parts(lines: Sequence[SungLine]) -> tuple[WordPart, ...]:
    """Return the parts in order of time; none for lyrics without marks in which nothing comes back."""
    timed = sorted((line for line in lines if line.span), key=lambda line: line.span or (0.0, 0.0))
    marked = any(line.section for line in timed)
    if marked:
        labels = [_named(line.section) for line in timed]
    else:
        chorus = _repeated(timed)
        if not chorus or len(chorus) > _MOST_REPEATED * len(timed):
            return ()
        labels = ["chorus" if number in chorus else "verse" for number in range(len(timed))]
    parts = []
    for label, together in groupby(zip(labels, timed, strict=True), key=lambda pair: pair[0]):
        spans = [line.span for _, line in together if line.span]
        if label:
            parts.append(WordPart(label, spans[0][0], max(end for _, end in spans), marked))
    return tuple(parts)


def _named(mark: str) -> str:
    """Return a mark as a section's name: "Verse 2: Anna" is "verse 2"."""
    return _REMARK.sub("", " ".join(mark.split())).strip(" :").lower()[:40]


def _repeated(lines: Sequence[SungLine]) -> set[int]:
    """Return the numbers of the lines that are sung again together, somewhere else."""
    texts = [" ".join(re.findall(r"\w+", line.text.casefold())) for line in lines]
    places: dict[str, list[int]] = defaultdict(list)
    for number, text in enumerate(texts):
        if text:
            places[text].append(number)
    found: set[int] = set()
    for found_at in places.values():
        for order, first in enumerate(found_at):
            for second in found_at[order + 1 :]:
                if first and texts[first - 1] and texts[first - 1] == texts[second - 1]:
                    continue  # part of a run that starts earlier
                length = _alike(texts, first, second)
                if length >= _CHORUS_LINES and _apart(lines, texts, first, second, length):
                    found |= {*range(first, first + length), *range(second, second + length)}
    return found


def _alike(texts: Sequence[str], first: int, second: int) -> int:
    length = 0
    while first + length < second and second + length < len(texts) and texts[first + length] == texts[second + length]:
        length += 1
    return length


def _apart(lines: Sequence[SungLine], texts: Sequence[str], first: int, second: int, length: int) -> bool:
    """Return whether something else lies between two times of a run: other lines, or a rest."""
    run = set(texts[first : first + length])
    if any(text not in run for text in texts[first + length : second]):
        return True
    before, after = lines[second - 1].span, lines[second].span
    return before is not None and after is not None and after[0] - before[1] >= _REST_SECONDS
