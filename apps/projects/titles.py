"""A title for a project without one: the start of its idea, cut at a natural place."""

import re

MOST_WORDS = 8
MOST_LETTERS = 60

_SENTENCE_END = re.compile(r"(?<=[^\s.])[.!?;…](?=\s|$)|[\n。！？]")  # noqa: RUF001 - the marks of Chinese and Japanese
_CLAUSE_END = re.compile(r"[,:，、]|\s[-–—]\s")  # noqa: RUF001 - dashes and commas as people type them
# A title shouldn't end with one of these English words.
_HANGING_WORDS = """
    a an and are as at be because before but by for from has have her his if in inside into is its like my near
    no not of off on onto or our out over so some such than that the their then there these they this those
    through to toward towards under until up very was we were when where which while who whose with within
    without your
"""
_HANGING = frozenset(_HANGING_WORDS.split())


def title_of(idea: str) -> str:
    """Return the first sentence if it is short, else its first clauses, else its first words."""
    sentence = _SENTENCE_END.split(idea.strip(), maxsplit=1)[0].strip()
    words = sentence.split()
    if len(words) > MOST_WORDS:
        words = _clauses(sentence) or _without_hanging_end(words[:MOST_WORDS])
    title = " ".join(words).strip(" ,:-–—")
    if len(title) > MOST_LETTERS:
        # Also covers languages written without spaces.
        title = title[:MOST_LETTERS].rsplit(" ", 1)[0]
    return title[:1].upper() + title[1:] if title else idea.strip()[:MOST_LETTERS]


def _clauses(sentence: str) -> list[str]:
    """Return as many whole clauses as fit; none if the first is too long or too short to be a title."""
    fitting: list[str] = []
    for end in _CLAUSE_END.finditer(sentence):
        words = sentence[: end.start()].split()
        if len(words) > MOST_WORDS:
            break
        fitting = words
    return fitting if len(fitting) > 2 else []


def _without_hanging_end(words: list[str]) -> list[str]:
    kept = list(words)
    while len(kept) > 2 and kept[-1].strip(",:").lower() in _HANGING:
        kept.pop()
    return kept
