"""Cleans up text from users for formats with rules of their own, and joins words into sentences."""

import re
from collections.abc import Sequence

# Spaces and line breaks of every kind, control characters, and what isn't allowed in XML or UTF-8 files.
_BREAKS = re.compile(r"[\s\x00-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]+")
# Characters that reverse or hide the text around them. Joiners stay: Persian words and many emoji need them.
_UNSEEN = re.compile(r"[\u200b\u202a-\u202e\u2066-\u2069\ufeff]")


def one_line(text: str) -> str:
    """Return `text` on one line, with single spaces for line breaks and control characters.

    In line-based formats (EDL), markup (XML) and file headers, a title could otherwise break the file or add lines.
    """
    return _BREAKS.sub(" ", _UNSEEN.sub("", text)).strip()


def listed(words: Sequence[str]) -> str:
    """Return `1, 2 and 3`."""
    return " and ".join([", ".join(words[:-1]), words[-1]] if len(words) > 1 else words)
