"""Reading what people write about looks, in English and five other languages."""

import re
from functools import cache

from engines.draft.people import COLORS, GARMENT
from engines.draft.vocabulary import function_words, languages, looks
from engines.draft.words import forms

_WORD = re.compile(r"[^\W_]+(?:['’][^\W\d_]+)?|[.,;:!?]")
# Colors and clothes that are drawn as others.
_ENGLISH = {
    "burgundy": "crimson", "maroon": "crimson", "mustard": "golden", "amber": "golden", "khaki": "beige",
    "cream": "white", "ivory": "white", "emerald": "green", "olive": "green", "lime": "green", "mint": "green",
    "aqua": "turquoise", "cyan": "turquoise", "lilac": "violet", "lavender": "violet", "mauve": "violet",
    "indigo": "navy", "coral": "orange", "salmon": "pink", "copper": "orange", "bronze": "brown", "rusty": "brown",
    "charcoal": "gray", "chestnut": "brown", "platinum": "blonde", "cardigan": "sweater", "jumper": "sweater",
    "pullover": "sweater", "blazer": "jacket", "tracksuit": "hoodie", "anorak": "parka", "windbreaker": "parka",
    "sundress": "dress", "frock": "dress", "poncho": "cape", "redhead": "red haired", "redheaded": "red haired",
    "plaits": "braids", "wavy": "long",
    "pants": "trousers", "leggings": "trousers", "harbor": "harbour",
}  # fmt: skip
_COLORS = "|".join(COLORS)
_LOOKS = rf"{_COLORS}|blonde?|long|short|curly|dark"
# Romance languages say what something is like after it: "hair long and black".
_AFTER = re.compile(
    rf"\b({GARMENT}|hair|beard|hat|cap|beanie|trousers|glasses|shoes|boots|eyes|chairs?|lamps|lanterns|lights|walls)"
    rf"((?: (?:and )?(?:{_LOOKS}))+)\b"
)


def english(text: str) -> str:
    """Return a description's words in lower-case English, as far as they are known."""
    words = [found.group().lower().replace("’", "'") for found in _WORD.finditer(text.replace("-", " "))]
    words = [re.sub(r"'s$", "", word) for word in words]
    language = _language(words)
    if not language:
        return _joined([_ENGLISH.get(word, word) for word in words])
    known = _known(language)
    said = _joined([known.get(word) or known.get(_stem(word)) or word for word in words])
    return _AFTER.sub(lambda found: f"{found[2].replace(' and ', ' ').strip()} {found[1]}", said)


def _joined(words: list[str]) -> str:
    return re.sub(r" (?=[.,;:!?])", "", " ".join(words))


def _language(words: list[str]) -> str:
    """Return the language that knows most of the words, "" where English knows as many."""
    own = function_words("english")
    counts = {
        name: sum(word in _known(name) or _stem(word) in _known(name) or word in common for word in words)
        for name, common in ((name, values["common"].split()) for name, values in languages().items())
    }
    best = max(counts, key=lambda name: counts[name])
    known_here = sum(word in own or any(forms(word)) for word in words)
    return best if counts[best] > known_here else ""


@cache
def _known(language: str) -> dict[str, str]:
    """Return a language's words in English, whole and without their endings."""
    whole = {**languages()[language]["words"], **looks()[language]}
    return {**{_stem(word): said for word, said in whole.items()}, **whole}


def _stem(word: str) -> str:
    return re.sub(r"(es|en|er|em|as|os|[aeois])$", "", word) if len(word) > 3 else word
