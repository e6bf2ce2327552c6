"""How long words take to sing, in syllables: for any script, without a pronunciation dictionary."""

import re
import unicodedata
from functools import lru_cache

import pyphen

# Runs of letters with their marks; everything else separates words, and is sung as nothing.
_RUNS = re.compile(r"\S+")
_KANA = re.compile(r"[\u3040-\u30ff\uff66-\uff9f]")
_SMALL_KANA = set("\u3083\u3085\u3087\u3041\u3043\u3045\u3047\u3049\u30e3\u30e5\u30e7\u30a1\u30a3\u30a5\u30a7\u30a9")
# Written without spaces: each of these is a word of its own, with what follows it.
_SINGLE = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uff66-\uff9f]")
_VOWELS = {
    "CYRILLIC": set("\u0430\u0435\u0451\u0438\u043e\u0443\u044b\u044d\u044e\u044f\u0456\u0457\u0454"),
    "GREEK": set("\u03b1\u03b5\u03b7\u03b9\u03bf\u03c5\u03c9"),
}
# Elsewhere, as where short vowels aren't written (Arabic, Hebrew), a syllable is about two letters.
_LETTERS_RATE = 0.5
_LATIN_VOWELS = re.compile(r"[aeiouy\u00e6\u0153\u00f8]+")
# Han characters take one syllable in Chinese, and mostly two in Japanese.
_HAN_JAPANESE = 2.0


def words_of_line(text: str) -> list[str]:
    """Return the words of a line in order; in Chinese and Japanese, the characters, each with its small kana and the
    punctuation after it."""
    words: list[str] = []
    for run in _RUNS.findall(text):
        start = 0
        for place in range(1, len(run)):
            if _starts_word(run, place):
                words.append(run[start:place])
                start = place
        words.append(run[start:])
    return words


def _starts_word(run: str, place: int) -> bool:
    letter, before = run[place], run[place - 1]
    if _SINGLE.match(letter):
        return letter not in _SMALL_KANA and letter != "\u30fc" and (before.isalnum() or _closes(before))
    return letter.isalnum() and bool(_SINGLE.match(before))


def _closes(letter: str) -> bool:
    return unicodedata.category(letter) in {"Po", "Pe", "Pf"}


@lru_cache(maxsize=8192)
def syllables(word: str, language: str) -> float:
    """Return about how many syllables the word has; at least a half, so that every word takes time."""
    letters = unicodedata.normalize("NFD", word.casefold())
    total = 0.0
    for script, run in _runs(letters):
        total += _counted(script, run, language)
    return max(0.5, total)


def _runs(letters: str) -> list[tuple[str, str]]:
    """Return the word's letters in runs of one script; digits are a script, too."""
    runs: list[tuple[str, str]] = []
    for letter in letters:
        if unicodedata.category(letter).startswith("M"):
            continue
        script = "DIGIT" if letter.isdigit() else _script(letter) if letter.isalpha() else ""
        if runs and runs[-1][0] == script:
            runs[-1] = (script, runs[-1][1] + letter)
        else:
            runs.append((script, letter))
    return [run for run in runs if run[0]]


def _script(letter: str) -> str:
    return unicodedata.name(letter, "").split(" ", 1)[0].split("-", 1)[0]


def _counted(script: str, run: str, language: str) -> float:
    size = float(len(run))
    if _KANA.match(run):
        return float(sum(letter not in _SMALL_KANA for letter in run))
    if script == "HANGUL":
        # Decomposed, a syllable has one vowel.
        return float(sum("\u1161" <= letter <= "\u1175" for letter in run)) or size
    if script in _VOWELS:
        return max(1.0, float(sum(letter in _VOWELS[script] for letter in run)))
    if script == "LATIN":
        return _latin(run, language)
    rates = {"DIGIT": 1.5, "CJK": _HAN_JAPANESE if language.startswith("ja") else 1.0}
    return max(1.0, size * rates.get(script, _LETTERS_RATE))


def _latin(run: str, language: str) -> float:
    """Return the mean of the hyphenation's syllables, which misses short ones, and the vowel groups, which count silent
    ones."""
    groups = len(_LATIN_VOWELS.findall(run))
    if language.startswith(("en", "fr")) and groups > 1 and run.endswith("e") and not run.endswith("le"):
        groups -= 1
    groups = max(1, groups)
    parts = _hyphenation(language)
    return groups if parts is None else (groups + len(parts.positions(run)) + 1) / 2


@lru_cache(maxsize=16)
def _hyphenation(language: str) -> pyphen.Pyphen | None:
    known = pyphen.language_fallback(language.replace("-", "_")) if language else None
    return pyphen.Pyphen(lang=known, left=1, right=1) if known else None
