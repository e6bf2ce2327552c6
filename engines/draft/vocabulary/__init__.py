"""The draft's vocabulary: what it can draw, and the words that name it. The YAML files beside this one hold it."""

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import yaml

Phrase = tuple[str, ...]


@dataclass(frozen=True)
class Entry:
    """One thing a phrase can mean. `kind` is place, thing, person, action, light or weather."""

    kind: str
    name: str


@dataclass(frozen=True)
class Thing:
    """An outline that can be set into a picture; `tall` is in metres."""

    name: str
    glyph: str
    tall: float
    at: str
    color: str
    faces_right: bool
    lines: bool
    glows: bool
    alive: bool


@dataclass(frozen=True)
class Dressing:
    """A thing that belongs to a place: x and foot in frame heights from the middle, and its height."""

    thing: str
    x: float
    foot: float
    height: float


@dataclass(frozen=True)
class Place:
    """A place as drawn: the painter of its background and what is set into it. `said` is how a prompt says it,
    `near` what a film can also show of the same story."""

    name: str
    painter: str
    said: str
    indoors: bool
    light: str
    dress: tuple[Dressing, ...]
    near: tuple[str, ...]


@cache
def _read(name: str) -> dict[str, Any]:
    text = Path(__file__).with_name(f"{name}.yaml").read_text(encoding="utf-8")
    # libyaml's loader is ten times as fast; wheels without it exist.
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    found: dict[str, Any] = yaml.load(text, loader)  # noqa: S506 - a safe loader either way
    return found


def _words(name: str, values: Any) -> list[str]:
    listed = values if isinstance(values, str) else str(values.get("words", ""))
    own = [] if " thing" in name or name.endswith(" place") else [name]
    return [*own, *(word.strip() for word in listed.split(",") if word.strip())]


@cache
def things() -> dict[str, Thing]:
    return {
        name: Thing(
            name=name,
            glyph=values["glyph"],
            tall=float(values["tall"]),
            at=values["at"],
            color=values["color"],
            faces_right=values.get("faces") == "right",
            lines=bool(values.get("lines")),
            glows=bool(values.get("glows")),
            alive=bool(values.get("alive")),
        )
        for name, values in _read("things").items()
    }


@cache
def places() -> dict[str, Place]:
    return {
        name: Place(
            name=name,
            painter=values["painter"],
            said=values["said"],
            indoors=bool(values.get("indoors")),
            light=values.get("light", ""),
            dress=tuple(_dressing(text) for text in values.get("dress", ())),
            near=tuple(name.strip() for name in values.get("near", "").split(",") if name.strip()),
        )
        for name, values in _read("places").items()
    }


def _dressing(text: str) -> Dressing:
    thing, x, foot, height = text.rsplit(" ", 3)
    return Dressing(thing, float(x), float(foot), float(height))


@cache
def people() -> dict[str, dict[str, Any]]:
    """Return each kind of person: its marks, as in people.yaml, without its words."""
    return {
        name: {key: value for key, value in values.items() if key != "words"}
        for name, values in _read("people").items()
    }


# What names stand for while a text is read, so that "Rain" is somebody and no weather: a word for each of up to
# two dozen people who are female, male, or not said to be either.
STAND_INS: dict[str, dict[str, Any]] = {
    f"standin{number}{sex or 'n'}": {"sex": sex} if sex else {} for number in range(24) for sex in ("f", "m", "")
}


@cache
def roles() -> dict[str, dict[str, Any]]:
    """Return the marks of each kind of person, and of whoever has a name."""
    return {**people(), **STAND_INS}


@cache
def actions() -> frozenset[str]:
    return frozenset(_read("actions"))


@cache
def moods() -> dict[str, str]:
    """Return the mood that each word says."""
    return {word: mood for mood, words in _read("moods").items() for word in _words(mood, words)[1:]}


@cache
def implied_places() -> dict[str, str]:
    """Return the place that a thing, person or action suggests where no place is named."""
    return {word: place for place, words in _read("implied").items() for word in _words(place, words)[1:]}


@cache
def phrases() -> dict[Phrase, tuple[Entry, ...]]:
    """Return everything each phrase can mean."""
    found: dict[Phrase, list[Entry]] = {}
    for kind, file in (("place", "places"), ("thing", "things"), ("person", "people"), ("action", "actions")):
        for name, values in _read(file).items():
            for words in _words(name, values):
                _add(found, words, Entry(kind, name))
    for kind, lists in _read("times").items():
        for name, listed in lists.items():
            for words in _words(f"{name} thing", listed):
                _add(found, words, Entry(kind, name))
    return {phrase: tuple(entries) for phrase, entries in found.items()}


def _add(found: dict[Phrase, list[Entry]], words: str, entry: Entry) -> None:
    entries = found.setdefault(tuple(words.lower().replace("-", " ").split()), [])
    if entry not in entries:
        entries.append(entry)


@cache
def longest_phrase() -> int:
    return max(len(phrase) for phrase in phrases())


@cache
def function_words(use: str) -> frozenset[str]:
    """Return the small words with this use."""
    return frozenset(str(_read("function_words")[use]).split())


@cache
def languages() -> dict[str, dict[str, Any]]:
    """Return, by language, its `common` words, by which it is recognized, and `words`: its words in English."""
    return _read("languages")


@cache
def looks() -> dict[str, dict[str, str]]:
    """Return, by language, words about looks in English; under "names" the first names of women and men."""
    return _read("looks")
