"""What faces show: read from the words of a moment, or from what somebody does."""

from collections.abc import Iterable
from dataclasses import dataclass

from engines.draft.vocabulary import moods
from engines.draft.words import Token


@dataclass(frozen=True)
class Expression:
    """A face. `smile` lifts the corners of the mouth, `brows` lowers the inner ends of the brows (in head heights),
    `eyes` is how far they are open, `gape` the mouth."""

    smile: float = 0.4
    brows: float = 0.0
    eyes: float = 1.0
    gape: float = 0.0
    tears: bool = False


_EXPRESSIONS = {
    "joy": Expression(smile=1.7, brows=-0.012, eyes=0.82),
    "sorrow": Expression(smile=-1.3, brows=-0.05, eyes=0.72),
    "tears": Expression(smile=-1.6, brows=-0.055, eyes=0.6, tears=True),
    "fear": Expression(smile=-0.9, brows=-0.05, eyes=1.35, gape=0.05),
    "anger": Expression(smile=-0.7, brows=0.05, eyes=0.8),
    "love": Expression(smile=0.9, eyes=0.0),
    "asleep": Expression(smile=0.3, eyes=0.0),
    "calm": Expression(smile=0.5, eyes=0.45),
    "surprise": Expression(smile=0.3, brows=-0.03, eyes=1.3, gape=0.045),
}
# What a face shows whose moment has no words for it.
_OF_ACTIONS = {
    "cry": "tears", "laugh": "joy", "fight": "anger", "aim": "anger", "hug": "joy", "kiss": "love", "dance": "joy",
    "wave": "joy", "raise": "joy", "find": "surprise",
}  # fmt: skip
# What can't be done with closed eyes.
_AWAKE = frozenset(("drive", "ride", "run", "walk", "follow", "fight", "aim", "climb", "dance", "skate", "row", "read"))


def read_mood(words: Iterable[Token]) -> str:
    """Return the first mood that words name, or ""."""
    known = moods()
    return next((known[form] for word in words for form in (word.text, *word.verbs, *word.nouns) if form in known), "")


def expression(mood: str, action: str, smile: float = 0.4) -> Expression:
    """Return the face of somebody in a mood who does something; `smile` is that of a face without either."""
    shown = mood if mood != "asleep" or action not in _AWAKE else ""
    if shown == "sorrow" and action == "cry":
        shown = "tears"
    if shown == "surprise" and action in {"kiss", "hug", "dance"}:
        shown = ""
    return _EXPRESSIONS.get(shown or _OF_ACTIONS.get(action, "")) or Expression(smile=smile)
