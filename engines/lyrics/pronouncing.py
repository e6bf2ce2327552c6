"""How English words that no dictionary has are probably said, in the phones of CMUdict."""

import re
from collections.abc import Callable

Lookup = Callable[[str], str | None]

# Longest spellings first. A final e is silent; a letter that isn't here says nothing.
_SPELLINGS = (
    ("tion", "SH AH N"), ("ough", "AH F"), ("igh", "AY"), ("tch", "CH"), ("dge", "JH"), ("sch", "SH"), ("eau", "OW"),
    ("sh", "SH"), ("ch", "CH"), ("th", "TH"), ("ph", "F"), ("ck", "K"), ("ng", "NG"), ("qu", "K W"), ("wh", "W"),
    ("kn", "N"), ("wr", "R"), ("gh", ""), ("ee", "IY"), ("ea", "IY"), ("oo", "UW"), ("ou", "AW"), ("ow", "OW"),
    ("oa", "OW"), ("ai", "EY"), ("ay", "EY"), ("ei", "EY"), ("ie", "IY"), ("au", "AO"), ("aw", "AO"), ("oi", "OY"),
    ("oy", "OY"), ("ew", "UW"), ("ue", "UW"), ("ar", "AA R"), ("er", "ER"), ("ir", "ER"), ("ur", "ER"), ("or", "AO R"),
    ("a", "AE"), ("b", "B"), ("c", "K"), ("d", "D"), ("e", "EH"), ("f", "F"), ("g", "G"), ("h", "HH"), ("i", "IH"),
    ("j", "JH"), ("k", "K"), ("l", "L"), ("m", "M"), ("n", "N"), ("o", "AA"), ("p", "P"), ("r", "R"), ("s", "S"),
    ("t", "T"), ("u", "AH"), ("v", "V"), ("w", "W"), ("x", "K S"), ("y", "IY"), ("z", "Z"),
)  # fmt: skip
_ENDINGS = (("ing", "IH NG"), ("in'", "IH N"), ("'s", "Z"), ("es", "IH Z"), ("ed", "D"), ("s", "Z"), ("er", "ER"))
_LEAST_PART = 3


def pronounced(word: str, lookup: Lookup) -> str:
    """Return phones for a word in small letters: those of the known words that it is made of, else by its spelling.
    "" for a word without letters."""
    for ending, phones in _ENDINGS:
        stem = word.removesuffix(ending)
        if stem != word and len(stem) >= _LEAST_PART:
            known = lookup(stem) or lookup(f"{stem}e") or (lookup(stem[:-1]) if stem[-1:] == stem[-2:-1] else None)
            if known:
                return f"{known} {phones}"
    for place in range(_LEAST_PART, len(word) - _LEAST_PART + 1):
        first, second = lookup(word[:place]), lookup(word[place:])
        if first and second:
            return f"{first} {second}"
    return _spelled(re.sub(r"[^a-z]", "", word))


def _spelled(letters: str) -> str:
    letters = re.sub(r"([b-df-hj-np-tv-z])\1", r"\1", letters)
    if len(letters) > _LEAST_PART and letters.endswith("e") and letters[-2] not in "aeiou":
        letters = letters[:-1]
    phones: list[str] = []
    while letters:
        spelling, sound = next((one for one in _SPELLINGS if letters.startswith(one[0])), (letters[0], ""))
        phones += sound.split()
        letters = letters[len(spelling) :]
    return " ".join(phones)
