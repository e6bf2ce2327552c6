"""The encoding of a lyrics file: recognized by its bytes, and where they leave a doubt by what reads like words."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

import chardet

from engines.errors import InputError
from engines.lyrics.plausibility import plausibility

# What lyrics come in, with the name that people know it by. Supersets only: the codec of GB18030 reads GBK and GB2312.
ENCODINGS: Mapping[str, str] = {
    "utf-8": "Unicode (UTF-8)",
    "utf-16-le": "Unicode (UTF-16, little-endian)",
    "utf-16-be": "Unicode (UTF-16, big-endian)",
    "gb18030": "Chinese, simplified (GB18030)",
    "big5hkscs": "Chinese, traditional (Big5)",
    "cp932": "Japanese (Shift-JIS)",
    "euc_jp": "Japanese (EUC-JP)",
    "iso2022_jp": "Japanese (ISO-2022-JP)",
    "cp949": "Korean (EUC-KR)",
    "cp1251": "Cyrillic (Windows-1251)",
    "koi8-r": "Cyrillic (KOI8-R)",
    "koi8-u": "Ukrainian (KOI8-U)",
    "cp866": "Cyrillic (DOS 866)",
    "iso8859-5": "Cyrillic (ISO 8859-5)",
    "cp1250": "Central European (Windows-1250)",
    "iso8859-2": "Central European (ISO 8859-2)",
    "cp1252": "Western European (Windows-1252)",
    "iso8859-15": "Western European (ISO 8859-15)",
    "mac_roman": "Western European (Mac Roman)",
    "cp1253": "Greek (Windows-1253)",
    "cp1254": "Turkish (Windows-1254)",
    "cp1255": "Hebrew (Windows-1255)",
    "cp1256": "Arabic (Windows-1256)",
    "cp1257": "Baltic (Windows-1257)",
    "cp1258": "Vietnamese (Windows-1258)",
    "cp874": "Thai (Windows-874)",
}
_MARKS = {
    b"\xef\xbb\xbf": "utf-8",
    b"\xff\xfe\x00\x00": "utf-32-le",
    b"\x00\x00\xfe\xff": "utf-32-be",
    b"\xff\xfe": "utf-16-le",
    b"\xfe\xff": "utf-16-be",
}
_NOT_TEXT = "This isn't a text file. Upload the lyrics as LRC, SRT, VTT, ASS or TTML."
# Below these, another reading is about as likely, and a person should look. Set on lines of 19 languages, 1 to 40
# letters long: no wrong reading was above both.
_CLEAR_LEAD = 0.12
_ENOUGH_BYTES = 6
_OTHERS_OFFERED = 4
# Words in Latin letters are above the first; those of another script read as Latin-1 are below.
_MEANT_AS_IT_IS, _REPAIRED = 0.5, 0.7
# A detector's statistics tell languages of one script apart, and guess wildly on one line of another script.
_DETECTOR_WEIGHT = 0.2
# Text of another encoding rarely has one letter's bytes in the form of UTF-8, and never ten times as often as not.
_MOSTLY_RIGHT = 10
# The escapes of ISO-2022-JP before Japanese and before Latin letters.
_SWITCHES_SETS = re.compile(rb"\x1b\$[@B].*?\x1b\([BJ]", re.DOTALL)
_DETECTOR_NAMES = {"euc_jis_2004": "euc_jp", "shift_jis_2004": "cp932", "mac-roman": "mac_roman"}


@dataclass(frozen=True)
class Decoded:
    """A file's text. `sure` is False where `others` (most likely first) read it about as well."""

    text: str
    encoding: str
    sure: bool = True
    others: tuple[str, ...] = ()


def decoded(content: bytes, encoding: str = "") -> Decoded:
    """Decode a lyrics file, in `encoding` (any name that Python knows) if given. Line ends become "\\n".

    Raises InputError for a file that is no text, or that the given encoding doesn't fit."""
    if encoding:
        return Decoded(_clean(_as_asked(content, encoding)), encoding)
    if (told := _by_marks(content)) is not None:
        return told
    content = content.rstrip(b"\0")  # padding
    if content.startswith(b"{\\rtf"):
        raise InputError("This is an RTF file. Save it as plain text, or paste the words.", code="not_text")
    if b"\0" in content or _control_share(content) > 0.02:
        raise InputError(_NOT_TEXT, code="not_text")
    try:
        return Decoded(_clean(content.decode("utf-8")), "utf-8")
    except UnicodeDecodeError:
        return _damaged_unicode(content) or _guessed(content)


def _by_marks(content: bytes) -> Decoded | None:
    """Read what says its encoding, or is in one that can't be mistaken."""
    for mark, name in sorted(_MARKS.items(), key=lambda item: -len(item[0])):
        if content.startswith(mark):
            return Decoded(_clean(content[len(mark) :].decode(name, errors="replace")), name)
    if declared := re.match(rb"\s*<\?xml[^>]{0,200}?encoding=[\"']([\w.-]{1,30})", content):
        return _declared(content, declared[1].decode())
    return _declared(content, "iso2022_jp") if _SWITCHES_SETS.search(content) else _wide(content)


def repaired(text: str) -> str:
    """Return a tag as its writer meant it: taggers put the bytes of any encoding where the format says Latin-1. Text
    that may be meant as it is stays."""
    try:
        content = text.encode("latin-1")
    except UnicodeEncodeError:
        return text
    if text.isascii() or plausibility(text, "cp1252") > _MEANT_AS_IT_IS:
        return text
    found = decoded(content)
    return found.text if found.encoding == "utf-8" or plausibility(found.text, found.encoding) > _REPAIRED else text


def _as_asked(content: bytes, encoding: str) -> str:
    try:
        return content.decode(encoding)
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        words = f"Line {line} can't be read as {ENCODINGS.get(encoding, encoding)}. Choose another encoding."
        raise InputError(words, code="wrong_encoding", errors={"encoding": words}) from error
    except (LookupError, ValueError) as error:
        words = f"There is no encoding named {encoding!r}. Leave it out to have it recognized."
        raise InputError(words, code="unknown_encoding", errors={"encoding": words}) from error


def _declared(content: bytes, encoding: str) -> Decoded:
    try:
        return Decoded(_clean(content.decode(encoding)), encoding.lower())
    except (UnicodeDecodeError, LookupError):
        return _guessed(content)


def _wide(content: bytes) -> Decoded | None:
    """Read UTF-16 without its mark: every time stamp and line end has a zero byte on the same side."""
    if len(content) % 2 or not content:
        return None
    for name, zeros in (("utf-16-le", content[1::2]), ("utf-16-be", content[::2])):
        if zeros.count(0) * 10 > len(zeros):
            try:
                text = content.decode(name)
            except UnicodeDecodeError:
                continue
            if "\0" not in text:
                return Decoded(_clean(text), name)
    return None


def _damaged_unicode(content: bytes) -> Decoded | None:
    """Read UTF-8 with a few wrong bytes, or cut off within a letter; None if it is more likely another encoding."""
    text = content.decode("utf-8", errors="replace")
    wrong = text.count("\ufffd")
    right = sum(letter > "\x7f" for letter in text) - wrong
    cut = wrong == 1 and text.endswith("\ufffd") and right > 0
    if cut:
        text = text[:-1]
    return Decoded(_clean(text), "utf-8", sure=False) if cut or right > _MOSTLY_RIGHT * wrong else None


def _control_share(content: bytes) -> float:
    head = content[:65536]
    return len(re.findall(rb"[\x00-\x08\x0e-\x1a\x1c-\x1f]", head)) / max(1, len(head))


def _guessed(content: bytes) -> Decoded:
    """Weigh every old encoding: the statistics of a detector, and whether the letters are those of one script."""
    names = [name for name in ENCODINGS if not name.startswith("utf")]
    # Time stamps and markup are the same in all of them.
    words = b"\n".join(line for line in content.splitlines() if not line.isascii())[:20000]
    likely = _detected(words)
    scores: dict[str, float] = {}
    for name in names:
        try:
            text = words.decode(name)
            content.decode(name)
        except UnicodeDecodeError:
            continue
        scores[name] = plausibility(text, name) + _DETECTOR_WEIGHT * likely.get(name, 0.0)
    if not scores:
        # A damaged file: a few bytes that fit nothing must not lose all the rest.
        return Decoded(_clean(content.decode("utf-8", errors="replace")), "utf-8", sure=False)
    ranked = sorted(scores, key=lambda name: -scores[name])
    best = ranked[0]
    readings = {words.decode(best): best}
    for name in ranked[1:]:
        readings.setdefault(words.decode(name), name)
    differing = list(readings.values())[1:]
    lead = scores[best] - scores[differing[0]] if differing else 1
    high = sum(byte > 127 for byte in words)
    sure = lead > _CLEAR_LEAD and high >= _ENOUGH_BYTES
    return Decoded(_clean(content.decode(best)), best, sure, tuple(differing[:_OTHERS_OFFERED]))


def _detected(words: bytes) -> dict[str, float]:
    """Return the detector's confidence in each of our encodings, 1 for its first choice among them."""
    found: dict[str, float] = {}
    for item in chardet.detect_all(words, ignore_threshold=True, compat_names=False):
        name = _DETECTOR_NAMES.get(item["encoding"] or "", item["encoding"] or "").replace("iso8859_", "iso8859-")
        if name in ENCODINGS:
            found[name] = max(found.get(name, 0.0), item["confidence"])
    top = max(found.values(), default=1.0) or 1.0
    return {name: confidence / top for name, confidence in found.items()}


def _clean(text: str) -> str:
    """Return the text with "\\n" as its only line end. It is stored as UTF-8, so XML has to say so."""
    text = text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n")
    return re.sub(r"^(\s*<\?xml[^>]{0,200}?encoding=[\"'])[\w.-]{1,30}", r"\g<1>UTF-8", text)
