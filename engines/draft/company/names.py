"""Names within a text that is read: words such as "Rain" or "King" are somebody, and no weather or role."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from engines.draft.vocabulary import STAND_INS
from engines.draft.words import forms, hits, tokens

_ARTICLE = re.compile(r"^(the|a|an|der|die|das|el|la|le|il|o) ", re.IGNORECASE)
# More have no word to stand for them.
_MOST = len(STAND_INS) // 3


@dataclass(frozen=True)
class Names:
    """`stand_ins` are (stand-in, name) in the order of the cast."""

    stand_ins: tuple[tuple[str, str], ...]

    @staticmethod
    def of(characters: Sequence[tuple[str, str]]) -> "Names":
        """Return stand-ins for (name, sex) of each character; a sex that isn't known is ""."""
        numbered = enumerate(characters[:_MOST])
        return Names(
            tuple((f"standin{number}{sex or 'n'}", name) for number, (name, sex) in numbered if _is_name(name))
        )

    def hidden(self, text: str) -> str:
        """Return the text with a stand-in in place of each name."""
        calls = [(call, stand_in) for stand_in, name in self.stand_ins for call in self._calls(name)]
        for call, stand_in in sorted(calls, key=lambda pair: -len(pair[0])):
            text = re.sub(rf"(?<!\w){_pattern(call)}(?!\w)", stand_in, text)
        return text

    def shown(self, text: str) -> str:
        """Return the text with the names back in their places."""
        for stand_in, name in self.stand_ins:
            called = _ARTICLE.sub(lambda found: found[0].lower(), name)
            text = re.sub(rf"\b(?:the )?{stand_in}\b", lambda _, said=called: said, text, flags=re.IGNORECASE)  # type: ignore[misc]
        return text

    def of_stand_in(self, word: str) -> str:
        """Return the name that a word stands for, or ""."""
        return dict(self.stand_ins).get(word, "")

    def _calls(self, name: str) -> list[str]:
        """Return what somebody is called: the whole name, and the first of several unless another has it too."""
        plain = _ARTICLE.sub("", name)
        first = plain.split()[0]
        shared = sum(first in other.split() for _, other in self.stand_ins) > 1
        return list(dict.fromkeys([name, plain, *([] if shared or first.lower() in _TITLES else [first])]))


_TITLES = frozenset((
    "old", "young", "little", "big", "mr", "mrs", "ms", "dr", "miss", "uncle", "aunt", "captain", "king", "queen",
    "saint", "sir", "lady", "lord", "father", "mother", "grandma", "grandpa",
))  # fmt: skip


def _is_name(name: str) -> bool:
    """Whether a name has a capital letter, or is no word that people are called by anyway ("the keeper")."""
    if name != name.lower():
        return bool(_ARTICLE.sub("", name).strip())
    return bool(name.strip()) and not any(hit.entry.kind == "person" for hit in hits(tokens(name)))


def _pattern(call: str) -> str:
    """Return a pattern for a name: as it is written if it is a word too, else in any case. Its article may be left out
    or small."""
    plain = _ARTICLE.sub("", call)
    article = call[: len(call) - len(plain)].strip()
    common = any(any(forms(word.lower())) for word in plain.split())
    named = re.escape(plain) if common else f"(?i:{re.escape(plain)})"
    return f"(?i:{re.escape(article)}) {named}" if article else named
