"""The color that words give to a thing: "two red wooden chairs", "the chairs are red"."""

import re
from collections.abc import Sequence

from engines.draft.people import COLORS, GARMENT
from engines.draft.vocabulary import function_words
from engines.draft.words import Hit, Token

# Words that end what is said of a thing, going back from it or on after it.
_ENDS = (
    function_words("where")
    | function_words("articles")
    | function_words("pronouns")
    | frozenset(GARMENT.split("|"))
    | frozenset((*".,;:!?\n", "with", "of", "and", "or", "to", "is", "are", "has", "have", "hair", "haired", "eyes"))
)
_ARE = re.compile(r"(?:(?:that |which )?(?:is|are|was|were) )?(?:all |very |painted |dyed |entirely )*")
_MOST_ADJECTIVES = 3


def color_of(words: Sequence[Token], hit: Hit) -> str:
    """Return the color that is said of what a hit names, "" for none."""
    within = next((COLORS[word.text] for word in words[hit.start : hit.end] if word.text in COLORS), "")
    if within:
        return within
    for word in reversed(words[max(0, hit.start - _MOST_ADJECTIVES) : hit.start]):
        if word.text in COLORS:
            return COLORS[word.text]
        if word.text in _ENDS or word.verb or word.plural:
            break
    after = " ".join(word.text for word in words[hit.end : hit.end + 5])
    led = _ARE.match(after)
    said = after[led.end() :].split() if led and led.end() else []
    return COLORS.get(said[0], "") if said and (len(said) == 1 or said[1] in _ENDS) else ""


def color_name(color: str) -> str:
    """Return the plainest word for a color that words gave, or ""."""
    return next((name for name, value in COLORS.items() if value == color), "")
