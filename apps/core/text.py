"""Text from people, made fit for places that have rules of their own."""

import re

# Spaces and line breaks of every kind, control characters, and what no XML or UTF-8 file may hold.
_BREAKS = re.compile(r"[\s\x00-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]+")
# Characters that turn or hide the text around them. Joiners stay: Persian words and many emoji need them.
_UNSEEN = re.compile(r"[\u200b\u202a-\u202e\u2066-\u2069\ufeff]")


def one_line(text: str) -> str:
    """`text` as one line: line breaks and control characters become single spaces.

    Formats built of lines (EDL), markup (XML) and file headers break on them, or let a title add lines of its own.
    """
    return _BREAKS.sub(" ", _UNSEEN.sub("", text)).strip()
