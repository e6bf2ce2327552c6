"""The language of words, as far as their letters and commonest words tell."""

import re
import unicodedata
from collections import Counter

# Letters of these scripts, by how Unicode names them, and the language that is most often sung in them.
_SCRIPTS = {
    "HIRAGANA": "ja", "KATAKANA": "ja", "HANGUL": "ko", "CJK": "zh", "ARABIC": "ar", "HEBREW": "he", "CYRILLIC": "ru",
    "GREEK": "el", "THAI": "th", "DEVANAGARI": "hi", "GEORGIAN": "ka", "ARMENIAN": "hy",
}  # fmt: skip
_COMMON = {
    "en": "the and you i to my me is it of in that we on your all with this be are",
    "es": "de que y el la los en no un una me te mi tu por con se lo para como",
    "fr": "de la le et les je tu que un une est pas dans mon ne ce en pour sur moi",
    "de": "ich du und die der das ist nicht ein eine mir mich wir es so auf in zu mit dich",
    "it": "di che e il la un una non mi ti per sono come con tu io ma nel gli lo",
    "pt": "de que e o a os um uma não eu me você em meu por com se para seu na",
}
# ISO 639-2/T, as the tracks of a video name them: https://www.loc.gov/standards/iso639-2/php/code_list.php
_IN_THREE = {
    "am": "amh", "ar": "ara", "bg": "bul", "bn": "ben", "ca": "cat", "cs": "ces", "cy": "cym", "da": "dan", "de": "deu",
    "el": "ell", "en": "eng", "eo": "epo", "es": "spa", "et": "est", "eu": "eus", "fa": "fas", "fi": "fin", "fr": "fra",
    "ga": "gle", "gl": "glg", "gu": "guj", "he": "heb", "hi": "hin", "hr": "hrv", "hu": "hun", "hy": "hye", "id": "ind",
    "is": "isl", "it": "ita", "ja": "jpn", "ka": "kat", "km": "khm", "kn": "kan", "ko": "kor", "la": "lat", "lo": "lao",
    "lt": "lit", "lv": "lav", "ml": "mal", "mr": "mar", "ms": "msa", "my": "mya", "nb": "nob", "ne": "nep", "nl": "nld",
    "nn": "nno", "no": "nor", "pa": "pan", "pl": "pol", "pt": "por", "ro": "ron", "ru": "rus", "si": "sin", "sk": "slk",
    "sl": "slv", "sq": "sqi", "sr": "srp", "sv": "swe", "sw": "swa", "ta": "tam", "te": "tel", "th": "tha", "tl": "tgl",
    "tr": "tur", "uk": "ukr", "ur": "urd", "vi": "vie", "yi": "yid", "zh": "zho", "zu": "zul",
}  # fmt: skip
# One common word is another language's, too.
_LEAST_WORDS = 2


def language_guess(text: str) -> str:
    """Return a language code such as `en`, or "" if nothing tells."""
    scripts = Counter(_script(letter) for letter in text[:5000] if letter.isalpha())
    if scripts["HIRAGANA"] + scripts["KATAKANA"] > 0.1 * scripts["CJK"] and scripts["HIRAGANA"] + scripts["KATAKANA"]:
        return "ja"
    commonest = scripts.most_common(1)
    if not commonest:
        return ""
    if commonest[0][0] != "LATIN":
        return _SCRIPTS.get(commonest[0][0], "")
    words = Counter(re.findall(r"[^\W\d_]+", text[:20000].casefold()))
    hits = {code: [words[word] for word in common.split() if words[word]] for code, common in _COMMON.items()}
    best = max(hits, key=lambda code: sum(hits[code]))
    return best if len(hits[best]) >= _LEAST_WORDS else ""


def language_in_three(code: str) -> str:
    """Return the three letters by which a video's track names a language such as `en` or `pt-BR`; `und` if it isn't
    known."""
    return _IN_THREE.get(re.split(r"[-_]", code.strip().casefold(), maxsplit=1)[0], "und")


def _script(letter: str) -> str:
    return unicodedata.name(letter, "").split(" ", 1)[0].split("-", 1)[0]
