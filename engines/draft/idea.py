"""Parsing the user's idea: the moments of its story, its places, its time of day and weather."""

import re
from dataclasses import dataclass

from engines.draft.reading import LIGHTS, PLACES, WEATHERS, find

_CUT = re.compile(r"[.;:!?\n]+|,| and then | then | until | before | after | while | — | – |--")
_PREPOSITION = (
    r"in|on|at|through|across|under|over|along|beside|by|into|inside|outside|near|behind|between|towards?|past|above|below|to|"
    r"beneath|around|down|from"
)
_PLACE = re.compile(rf"\b((?:{_PREPOSITION})\s+(?:[\w'’-]+\s*){{1,5}})")
_STOP = re.compile(
    rf"\s+(?:{_PREPOSITION}|and|who|that|which|with|as|to|of her own|is|are|was|looking|chasing|trying|until)\b.*$"
)
# Turns a destination into a location, since a shot stays in one place.
_WHERE = {"to": "by", "toward": "by", "towards": "by", "past": "by", "through": "in", "into": "in", "from": "in",
          "across": "on", "down": "on", "up": "on"}  # fmt: skip
# How a moment is varied when the story has fewer moments than the song has scenes.
_RETURNS = (
    "{moment}",
    "{moment}, closer now",
    "{moment}, a moment earlier",
    "{moment}, from the other side",
    "{moment}, as if remembered",
    "{moment}, a moment later",
    "{moment}, and everything else falls away",
    "{moment}, once more",
    "{moment}, almost gone",
)


@dataclass(frozen=True)
class Idea:
    """`moments` in story order (never empty), `places` with their preposition. "" for anything the idea leaves open."""

    moments: tuple[str, ...]
    places: tuple[str, ...]
    light: str
    weather: str


def read_idea(text: str, *, most_words: int) -> Idea:
    """Parse an idea. Punctuation of any language works; places and light are recognized in English only."""
    plain = re.sub(r"\s+", " ", text).strip()
    moments = tuple(_short(part, most_words) for part in _join_crumbs(_CUT.split(plain)))
    lower = plain.lower()
    return Idea(
        moments=moments or ("the song itself",),
        places=tuple(_places(plain)),
        light=find(lower, LIGHTS),
        weather=find(lower, WEATHERS),
    )


def _join_crumbs(parts: list[str]) -> list[str]:
    """Join pieces of fewer than three words to the piece before; they say little alone."""
    found: list[str] = []
    for part in parts:
        words = re.sub(r"^(and|but|or)\s+", "", part.strip(" \"'“”"), flags=re.IGNORECASE)
        if not words:
            continue
        if found and len(words.split()) < 3:
            found[-1] = f"{found[-1]}, {words}"
        else:
            found.append(words)
    return found


def _short(part: str, most_words: int) -> str:
    words = part.split()
    return part if len(words) <= most_words else " ".join(words[:most_words]).rstrip(",")


def _places(text: str) -> list[str]:
    """Return phrases such as "in the neon rain" that the draft can draw as a place."""
    found: list[str] = []
    for start in re.finditer(rf"\b(?:{_PREPOSITION})\b", text):
        match = _PLACE.match(text, start.start())
        if match is None:
            continue
        first, _, rest = match.group(1).strip().partition(" ")
        where = _WHERE.get(first.lower(), first.lower())
        phrase = f"{where} {_STOP.sub('', ' ' + rest).strip()}".strip()
        if find(phrase.lower(), PLACES) and phrase.lower() not in (known.lower() for known in found):
            found.append(phrase)
    return found


def moment_at(idea: Idea, index: int, total: int) -> str:
    """Return the moment of scene `index` of `total`: the story in order, repeated moments reworded."""
    count = len(idea.moments)
    which = index * count // total
    first = -(-which * total // count)  # the first scene of this moment
    return _RETURNS[(index - first) % len(_RETURNS)].format(moment=lower_first(idea.moments[which]))


def lower_first(text: str) -> str:
    """Lower-case the first letter, unless the first word is a name or "I"."""
    first, _, _ = text.partition(" ")
    articles = {
        "a",
        "an",
        "the",
        "she",
        "he",
        "they",
        "we",
        "it",
        "two",
        "three",
        "one",
        "every",
        "in",
        "on",
        "at",
        "her",
        "his",
    }
    return text[0].lower() + text[1:] if first.lower() in articles else text
