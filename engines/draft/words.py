"""Finding the vocabulary's words in a text: whole words, plain forms, the longest phrase first.

"lighthouse" is not a house, "raincoat" no rain, "she waves to him" no wave. English forms are reduced by LemmInflect,
whose tables come with the package; other languages are translated word by word first.
"""

import re
from dataclasses import dataclass
from functools import cache, lru_cache

import lemminflect

from engines.draft.vocabulary import STAND_INS, Entry, function_words, languages, longest_phrase, phrases

_TOKEN = re.compile(r"[^\W_]+(?:['’][^\W\d_]+)?|[.,;:!?\n]")
_STOPS = frozenset(".,;:!?\n")
_DETERMINERS = function_words("determiners")
_ARTICLES = function_words("articles")
_PRONOUNS = function_words("pronouns")
# As verbs and adverbs these are far commoner than as what the vocabulary has under them.
_SKIPPED = frozenset({"like", "still", "well", "back", "just", "go out", "in time"})


@dataclass(frozen=True)
class Token:
    """One word. `nouns` and `verbs` are its plain forms; `verb` says that it is surely one."""

    text: str
    nouns: frozenset[str]
    verbs: frozenset[str]
    verb: bool = False

    @property
    def plural(self) -> bool:
        return bool(self.nouns) and self.text not in self.nouns


@dataclass(frozen=True)
class Hit:
    """A phrase of the vocabulary in a text: tokens `start` to `end` (exclusive)."""

    entry: Entry
    start: int
    end: int
    plural: bool


def tokens(text: str) -> list[Token]:
    """Return the words of a text in English, and its marks."""
    plain = [found.group().lower().replace("’", "'") for found in _TOKEN.finditer(text.replace("-", " "))]
    plain = [re.sub(r"'s$", "", word) for word in plain]
    words = [part for word in translated(plain) for part in word.split()]
    found: list[Token] = []
    for number, word in enumerate(words):
        nouns, verbs = forms(word)
        found.append(Token(word, nouns, verbs, _is_verb(words, number, nouns, verbs)))
    return found


def translated(words: list[str]) -> list[str]:
    """Return the words in English if they are in one of the other languages the draft knows."""
    language = language_of(words)
    if not language:
        return words
    known = languages()[language]["words"]
    common = _common()[language]
    return [known.get(word, "the" if word in common else word) for word in words]


def language_of(words: list[str]) -> str:
    """Return the language whose common words are the most frequent, "" for English and anything unknown."""
    english = sum(word in _ENGLISH for word in words)
    counts = {name: sum(word in common for word in words) for name, common in _common().items()}
    best = max(counts, key=lambda name: counts[name])
    return best if counts[best] >= 2 and counts[best] > english else ""


_ENGLISH = function_words("english")


@cache
def _common() -> dict[str, frozenset[str]]:
    return {name: frozenset(values["common"].split()) for name, values in languages().items()}


@lru_cache(maxsize=4096)
def forms(word: str) -> tuple[frozenset[str], frozenset[str]]:
    """Return the plain forms of a word as a noun and as a verb; none of either for an unknown word."""
    if word in STAND_INS:
        return frozenset((word,)), frozenset()
    known = lemminflect.getAllLemmas(word)
    return frozenset(known.get("NOUN", ())), frozenset(known.get("VERB", ()))


def _is_verb(words: list[str], number: int, nouns: frozenset[str], verbs: frozenset[str]) -> bool:
    """Whether a word that could be both is a verb: "the keeper dances", "she trains", but not "two trains"."""
    if not verbs:
        return False
    if not nouns:
        return True
    before = words[number - 1] if number else "."
    after = words[number + 1] if number + 1 < len(words) else "."
    if words[number] not in verbs and after in _ARTICLES:  # "and watches the earth"
        return True
    if before in _PRONOUNS or (before in {"to", "and", "then"} and words[number] in verbs and before == "to"):
        return True
    if words[number] in verbs:  # a plain form: "a dance", "two strangers kiss"
        return before not in _DETERMINERS and before not in _STOPS and bool(forms(before)[0]) and before.endswith("s")
    return before not in _DETERMINERS and before not in _STOPS and bool(forms(before)[0])


def hits(words: list[Token]) -> list[Hit]:
    """Return every phrase found, in order, the longest at each word. A phrase may mean several things."""
    found: list[Hit] = []
    start = 0
    while start < len(words):
        for length in range(min(longest_phrase(), len(words) - start), 0, -1):
            after = words[start + length].text if start + length < len(words) else ""
            here = _matches(words[start : start + length], before_article=length == 1 and after in _ARTICLES)
            if here:
                plural = words[start + length - 1].plural
                found += [Hit(entry, start, start + length, plural) for entry in here]
                start += length
                break
        else:
            start += 1
    return found


def _matches(words: list[Token], *, before_article: bool) -> list[Entry]:
    """Return what a run of words means: nouns by their last word's plain form, actions by their first word's."""
    known = phrases()
    texts = tuple(word.text for word in words)
    if len(texts) == 1 and texts[0] in STAND_INS:
        return [Entry("person", texts[0])]
    if any(text in _STOPS for text in texts) or " ".join(texts) in _SKIPPED:
        return []
    actions = {(verb, *texts[1:]) for verb in words[0].verbs} | ({texts} if len(words) > 1 else set())
    named = {(*texts[:-1], noun) for noun in words[-1].nouns} | {texts}
    meant = [entry for phrase in sorted(actions) for entry in known.get(phrase, ()) if entry.kind == "action"]
    nouns = [entry for phrase in sorted(named) for entry in known.get(phrase, ()) if entry.kind != "action"]
    if not meant and words[0].verb and before_article and texts not in known and texts[0] not in words[0].verbs:
        return []  # "rocks her baby" is no rock
    if not (meant and nouns):
        return meant or nouns
    if words[0].verb and len(words) == 1:
        return meant
    return nouns
