"""A film's subjects while its scenes are written: how an idea is read that names them, and whom each scene shows."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from apps.providers.request_types import Subject
from engines.draft.company.chosen import Chosen, names_of, tagged
from engines.draft.company.described import place_of
from engines.draft.company.names import Names
from engines.draft.sight import Sight
from engines.draft.vocabulary import places
from engines.draft.words import forms

# The name that a lead has of whom only the description was given.
UNNAMED = "Lead"
# What a name such as "the old harbor" can be called in a sentence.
_ARTICLES = re.compile(r"^(?:the|a|an) ", re.IGNORECASE)
# Around the vocabulary's word for a place that stands for a name; no word has these characters.
_FIRST_MARK, _END_MARK = 0xE000, "\uf8ff"


@dataclass(frozen=True)
class Cast:
    """`places` are (name, place of the vocabulary) of those that can be drawn."""

    subjects: tuple[Subject, ...]
    characters: tuple[Chosen, ...]
    names: Names
    places: tuple[tuple[str, str], ...]

    @staticmethod
    def of(subjects: Sequence[Subject]) -> "Cast":
        characters = tuple(
            Chosen(one.name, one.kind, one.description, one.never_change) for one in subjects if one.kind == "character"
        )
        found = [(one.name, place_of(one.name, one.description).place) for one in subjects if one.kind == "place"]
        return Cast(tuple(subjects), characters, names_of(characters), tuple(pair for pair in found if pair[1]))

    def hidden(self, text: str) -> str:
        """Return the text with words that can be read in place of the names."""
        for number, (name, place) in enumerate(self.places):
            plain = re.escape(_ARTICLES.sub("", name))
            mark = chr(_FIRST_MARK + number)
            text = re.sub(rf"(?<!\w){plain}(?!\w)", f"{mark}{_word_for(place)}{_END_MARK}", text, flags=re.IGNORECASE)
        return self.names.hidden(text)

    def shown(self, text: str) -> str:
        """Return the text with the names back in it."""
        for number, (name, place) in enumerate(self.places):
            called = _ARTICLES.sub("", _called(name))
            found = re.compile(rf"{chr(_FIRST_MARK + number)}{_word_for(place)}{_END_MARK}?", re.IGNORECASE)
            text = called.join(found.split(text))
        return self.names.shown(re.sub("[\ue000-\uf8ff]", "", text))

    def names_somebody(self, hidden: str) -> bool:
        """Whether an idea with its names hidden has any of the characters' names."""
        return any(stand_in in hidden for stand_in, _ in self.names.stand_ins)

    def company(self) -> tuple[str, ...]:
        """Return the words that stand for the characters; none where somebody of them has no name."""
        words = tuple(stand_in for stand_in, name in self.names.stand_ins if name != UNNAMED)
        return words if len(words) == len(self.characters) else ()

    def places_said(self) -> dict[str, str]:
        """Return how the film's own places are said, by the place of the vocabulary: "at the Anchor bar"."""
        found: dict[str, str] = {}
        for name, place in self.places:
            found.setdefault(place, f"{_preposition(place)} {_called(name)}")
        return found

    def tagged(self, sight: Sight, lead_role: str | None) -> tuple[Sight, frozenset[str]]:
        """Return the sight whose people are known as characters, and the names of these."""
        cast = tagged(sight.cast, self.characters, self.names, lead_role)
        return Sight(**{**vars(sight), "cast": cast}), frozenset(one.person.subject for one in cast) - {""}

    def said(self, text: str, seen: frozenset[str], *, nobody: bool) -> tuple[str, ...]:
        """Return the names of those that a scene shows: `seen`, and whom and what its text names, in the order of the
        cast; a style is in every scene.

        Unless there is `nobody` in it, a scene that shows no character shows the first."""
        said = [one for one in self.subjects if one.kind == "style" or one.name in seen or _is_said(text, one)]
        if not nobody and not any(one.kind == "character" for one in said):
            said += [one for one in self.subjects if one.kind == "character"][:1]
        return tuple(one.name for one in self.subjects if one in said)


def _word_for(place: str) -> str:
    """Return words that are read as a place."""
    return re.sub(r" place$", "", place)


def _preposition(place: str) -> str:
    """Return how the vocabulary's words for a place begin: "on", of "on a rooftop above the city"."""
    return re.split(r" (?:the|a|an) ", places()[place].said)[0] if " " in places()[place].said else "at"


def _called(name: str) -> str:
    """Return a place's name within a sentence: "the Anchor bar", "Luna's", "the rooftop"."""
    plain = _ARTICLES.sub("", name)
    if plain != name:
        return f"the {plain}"
    common = plain[1:] == plain[1:].lower() and all(any(forms(word.lower())) for word in plain.split())
    return f"the {plain.lower()}" if common else plain


def _is_said(text: str, subject: Subject) -> bool:
    name = _ARTICLES.sub("", subject.name)
    if subject.kind == "character" and any(any(forms(word.lower())) for word in name.split()):
        return bool(re.search(rf"\b{re.escape(name)}(?:s|’s|'s)?\b", text))  # "Rain" is no rain
    # A place or thing is also called by the last word of its name: the harbor, for the old harbor.
    calls = {name, name.split()[-1]} if subject.kind in {"place", "prop"} else {name}
    return any(re.search(rf"\b{re.escape(one)}(?:s|’s|'s)?\b", text, re.IGNORECASE) for one in calls)
