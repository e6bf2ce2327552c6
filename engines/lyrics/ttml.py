"""TTML, also as music services write it (times of words on spans): https://www.w3.org/TR/ttml1/"""

import re
import xml.sax
from dataclasses import dataclass, field
from io import BytesIO
from xml.sax.handler import ContentHandler, feature_external_ges, feature_namespaces
from xml.sax.xmlreader import AttributesNSImpl, Locator

from engines.errors import InputError
from engines.lyrics.draft import Cue, Notes, words_of
from engines.lyrics.ttml_times import TtmlRates

_APPLE = "http://music.apple.com/lyric-ttml-internal"
_TIMED = {"body", "div", "p", "span"}
_HIDDEN_ROLES = {"x-translation", "x-roman"}


def read_ttml(text: str, notes: Notes) -> list[Cue]:
    """Return the cues. Raises InputError with the line of the file where the XML breaks off."""
    # Entities of a file's own can be made to grow without limit.
    if "<!DOCTYPE" in text or "<!ENTITY" in text:
        raise InputError("This TTML file declares its own entities. Export it again without a DOCTYPE.")
    handler = _parsed(text, notes, absolute=_APPLE in text)
    if handler.outside and not handler.absolute:
        # Elements that start after the one around them has ended: the file counts from the start of the song.
        handler = _parsed(text, notes, absolute=True)
    return handler.cues


def _parsed(text: str, notes: Notes, *, absolute: bool) -> "_Reader":
    reader = xml.sax.make_parser()  # noqa: S317 -- without a DOCTYPE there are no entities
    reader.setFeature(feature_namespaces, True)
    reader.setFeature(feature_external_ges, False)
    handler = _Reader(notes, absolute=absolute)
    reader.setContentHandler(handler)
    # The declaration names the encoding that the file had before it was decoded.
    source = re.sub(r"^\s*<\?xml[^>]*\?>", lambda found: "\n" * found[0].count("\n"), text)
    try:
        reader.parse(BytesIO(source.encode()))
    except xml.sax.SAXParseException as error:
        words = f"Line {error.getLineNumber()} of this TTML file is broken ({error.getMessage()}). Export it again."
        raise InputError(words, code="lyrics_unreadable") from error
    return handler


@dataclass
class _Frame:
    """An open element: when it starts and ends (milliseconds), and for sequences how far they got."""

    name: str
    start: int
    end: int | None
    sequence: bool
    cursor: int
    timed: bool = False
    section: str = ""


@dataclass
class _Paragraph:
    number: int
    start: int | None
    end: int | None
    section: str
    parts: list[tuple[int, str]] = field(default_factory=list)
    last: int | None = None
    timed_words: bool = False


class _Reader(ContentHandler):
    """Resolves nested times while the file is parsed."""

    def __init__(self, notes: Notes, *, absolute: bool) -> None:
        super().__init__()
        self.absolute = absolute
        self.outside = 0
        self.cues: list[Cue] = []
        self._notes = notes
        self._frames = [_Frame("", 0, None, False, 0)]
        self._paragraph: _Paragraph | None = None
        self._hidden = 0
        self._locator: Locator | None = None
        self._rates = TtmlRates({})

    def setDocumentLocator(self, locator: Locator) -> None:  # noqa: N802 -- the parser's name
        self._locator = locator

    def startElementNS(self, name: tuple[str | None, str], _qname: str | None, attrs: AttributesNSImpl) -> None:  # noqa: N802
        tag, values = name[1], {key[1]: value for key, value in attrs.items()}
        if tag == "tt":
            self._rates = TtmlRates(values)
        if tag in {"metadata", "head"} or values.get("role") in _HIDDEN_ROLES:
            self._hidden += 1
        frame = self._opened(tag, values)
        self._frames.append(frame)
        if self._hidden:
            return
        if tag == "p":
            given = frame.start if frame.timed else None
            self._paragraph = _Paragraph(self._line(), given, frame.end, frame.section)
            self._paragraph.parts.append((frame.start, ""))
        elif tag == "br" and self._paragraph:
            self._append("\n")
        elif tag == "span" and self._paragraph and values.get("role") == "x-bg":
            self._append(" ")
        elif tag == "span" and self._paragraph and frame.timed:
            self._paragraph.timed_words = True
            self._paragraph.parts.append((frame.start, ""))

    def endElementNS(self, name: tuple[str | None, str], _qname: str | None) -> None:  # noqa: N802
        frame = self._frames.pop()
        tag = name[1]
        if frame.sequence or frame.end is not None:
            self._frames[-1].cursor = frame.end if frame.end is not None else frame.cursor
        if self._hidden:
            self._hidden -= tag in {"metadata", "head"} or frame.name == "hidden"
            return
        if tag == "span" and self._paragraph and frame.timed and frame.end is not None:
            self._paragraph.parts.append((frame.end, ""))
            self._paragraph.last = max(frame.end, self._paragraph.last or 0)
        elif tag == "p" and self._paragraph:
            self._close(self._paragraph)
            self._paragraph = None

    def characters(self, content: str) -> None:
        if self._paragraph and not self._hidden:
            self._append(re.sub(r"\s+", " ", content))

    def _append(self, text: str) -> None:
        parts = self._paragraph.parts if self._paragraph else []
        if parts:
            parts[-1] = (parts[-1][0], parts[-1][1] + text)

    def _close(self, paragraph: _Paragraph) -> None:
        start = paragraph.start
        if start is None and paragraph.timed_words:
            start = min(start for start, text in paragraph.parts if text.strip())
        end = paragraph.end if paragraph.end is not None else paragraph.last
        plain = "".join(text for _, text in paragraph.parts)
        if start is None:
            if plain.strip():
                self._notes.add("has no time; left out", paragraph.number)
            return
        if not paragraph.timed_words:
            text = "\n".join(re.sub(" +", " ", row).strip() for row in plain.split("\n"))
            self.cues.append(Cue(paragraph.number, start, end, text, (), paragraph.section))
            return
        text, words = words_of(paragraph.parts, end)
        self.cues.append(Cue(paragraph.number, start, end, text, words, paragraph.section))

    def _opened(self, tag: str, values: dict[str, str]) -> _Frame:
        outer = self._frames[-1]
        around = outer.cursor if outer.sequence else outer.start
        base = 0 if self.absolute else around
        given = {name: self._time(values[name]) for name in ("begin", "end", "dur") if name in values and tag in _TIMED}
        begin, end, duration = given.get("begin"), given.get("end"), given.get("dur")
        start = around if begin is None else base + begin
        self.outside += begin is not None and outer.end is not None and start >= outer.end
        ends = [] if end is None else [base + end]
        ends += [] if duration is None else [start + duration]
        ends += [] if outer.end is None else [outer.end]
        return _Frame(
            "hidden" if values.get("role") in _HIDDEN_ROLES else tag,
            start,
            min(ends) if ends else None,
            sequence=values.get("timeContainer") == "seq",
            cursor=start,
            timed=bool(given) or outer.sequence,
            section=values.get("song-part") or values.get("songPart") or outer.section,
        )

    def _time(self, text: str) -> int | None:
        found = self._rates.ms(text)
        if found is None:
            self._notes.add(f"the time {text[:20]!r} can't be read; left out", self._line())
        return found

    def _line(self) -> int:
        return (self._locator.getLineNumber() if self._locator else None) or 0
