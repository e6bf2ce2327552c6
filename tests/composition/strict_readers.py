"""Strict readers of the exported timelines: every line and element must be known, every number in range."""

import re
from dataclasses import dataclass
from fractions import Fraction
from xml.etree import ElementTree

_EVENT = re.compile(
    r"(\d{3})  (\S{1,8}) +V     (C    |D \d{3}) (\d\d:\d\d:\d\d:\d\d) (\d\d:\d\d:\d\d:\d\d)"
    r" (\d\d:\d\d:\d\d:\d\d) (\d\d:\d\d:\d\d:\d\d)"
)
_COMMENT = re.compile(r"\* (FROM CLIP NAME|TO CLIP NAME|SOURCE FILE|COMMENT): \S.*")


@dataclass(frozen=True)
class Cut:
    """What is shown from `record_in`: the file, its frame there, and the dissolve around it (before, after)."""

    name: str
    record_in: int
    record_out: int
    source_in: int
    dissolve: tuple[int, int]


def read_edl(text: str, timebase: int) -> list[Cut]:
    """Return the events; `record_out` and the dissolve as written, `record_in` at the dissolve's start."""
    lines = text.split("\r\n")
    assert re.fullmatch(r"TITLE: \S[^\n\r]{0,69}", lines[0]), lines[0]
    assert lines[1] == "FCM: NON-DROP FRAME"
    assert sum(line.startswith(("FCM", "TITLE")) for line in lines) == 2
    rows = [_edl_row(line, timebase) for line in lines[2:] if line and not line.startswith("*")]
    assert all(_COMMENT.fullmatch(line) for line in lines[2:] if line.startswith("*"))
    cuts: list[Cut] = []
    at, number = 0, 0
    for index, (event, reel, change, times) in enumerate(rows):
        source_in, source_out, record_in, record_out = times
        leaves = index + 1 < len(rows) and rows[index + 1][0] == event
        number += not (index and rows[index - 1][0] == event)
        assert event == number
        assert source_out - source_in == record_out - record_in
        if leaves:  # the outgoing picture of a dissolve: it takes no time of its own
            assert (change, record_in, source_out) == ("C", at, source_in)
            assert reel == cuts[-1].name
            assert source_in == cuts[-1].source_in + at - cuts[-1].record_in
            continue
        assert record_in >= at
        assert record_out > record_in
        frames = int(change[1:] or 0)
        assert frames == 0 or (record_in == at and frames <= record_out - record_in)
        cuts.append(Cut(reel, record_in, record_out, source_in, (0, frames)))
        at = record_out
    return cuts


def _edl_row(line: str, timebase: int) -> tuple[int, str, str, list[int]]:
    match = _EVENT.fullmatch(line)
    assert match, line
    number, reel, change, *codes = match.groups()
    return int(number), reel, change.replace(" ", ""), [_frames(code, timebase) for code in codes]


def _frames(code: str, timebase: int) -> int:
    hours, minutes, seconds, frames = map(int, code.split(":"))
    assert hours < 24
    assert minutes < 60
    assert seconds < 60
    assert frames < timebase
    return ((hours * 60 + minutes) * 60 + seconds) * timebase + frames


_CHILDREN = {
    "sequence": {"name", "duration", "rate", "timecode", "media", "marker"},
    "rate": {"timebase", "ntsc"},
    "timecode": {"rate", "string", "frame", "displayformat"},
    "format": {"samplecharacteristics"},
    "clipitem": {
        *("name", "enabled", "duration", "rate", "start", "end", "in", "out", "file", "sourcetrack", "link"),
    },
    "transitionitem": {"start", "end", "alignment", "rate", "effect"},
    "file": {"name", "pathurl", "duration", "rate", "timecode", "media"},
    "marker": {"name", "comment", "in", "out"},
}


def read_fcp7(document: bytes, fps: Fraction, size: tuple[int, int]) -> list[Cut]:
    """Return the items of the single video track, dissolves relative to the cut."""
    root = ElementTree.fromstring(document)  # noqa: S314 - written by the code under test
    assert (root.tag, root.attrib) == ("xmeml", {"version": "4"})
    for element in root.iter():
        names = [child.tag for child in element]
        many = {"link", "track", "clipitem", "transitionitem", "marker"}
        assert len([name for name in names if name not in many]) == len({*names} - many), (element.tag, names)
        assert {*names} <= _CHILDREN.get(element.tag, {*names})
        assert names or (element.text or "").strip() or element.tag == "file", element.tag
    identities = [element.get("id") for element in root.iter() if element.get("id") and (len(element))]
    assert len(identities) == len({*identities})
    assert {*identities} >= {element.text for element in root.iter("linkclipref")}
    assert {*identities} >= {element.get("id") for element in root.iter("file")}
    (sequence,) = root
    assert _rate(sequence) == fps
    assert {element.text for element in root.iter("displayformat")} == {"NDF"}
    for parent in [sequence.find("media/video/format"), *root.findall(".//file/media/video")]:
        samples = parent.find("samplecharacteristics")
        assert int(samples.findtext("width")) > 0 < int(samples.findtext("height"))
        assert samples.findtext("pixelaspectratio") == "square"
        assert _rate(samples) > 0
    samples = sequence.find("media/video/format/samplecharacteristics")
    assert (int(samples.findtext("width")), int(samples.findtext("height"))) == size
    (track,) = sequence.findall("media/video/track")
    for other in sequence.findall("media/audio/track"):
        _items(list(other), fps)
    return _items(list(track), fps)


def _items(elements: list[ElementTree.Element], fps: Fraction) -> list[Cut]:
    elements = [element for element in elements if element.tag in ("clipitem", "transitionitem")]
    cuts: list[Cut] = []
    end = 0
    for index, element in enumerate(elements):
        assert _rate(element) == fps
        if element.tag == "transitionitem":
            assert elements[index - 1].tag == "clipitem"
            assert index
            assert elements[index + 1].tag == "clipitem"
            continue
        start, into = _edge(element, elements, index, "start", -1)
        out, away = _edge(element, elements, index, "end", 1)
        source_in, source_out = int(element.findtext("in")), int(element.findtext("out"))
        assert 0 <= source_in < source_out <= int(element.findtext("duration"))
        assert source_out - source_in == out - start + into[0] + away[1]
        assert end <= start < out
        end = out
        cuts.append(Cut(element.findtext("name"), start, out, source_in + into[0], into))
    return cuts


def _edge(
    element: ElementTree.Element, elements: list[ElementTree.Element], index: int, name: str, side: int
) -> tuple[int, tuple[int, int]]:
    """Return (where the item starts or ends, the dissolve there)."""
    value = int(element.findtext(name))
    place = index + side
    beside = elements[place] if 0 <= place < len(elements) else None
    if beside is None or beside.tag != "transitionitem":
        assert value >= 0
        return value, (0, 0)
    assert value == -1
    begin, finish = int(beside.findtext("start")), int(beside.findtext("end"))
    assert 0 <= begin < finish
    alignment = beside.findtext("alignment")
    assert alignment in {"start", "center", "end"}
    if alignment == "center":
        assert (finish - begin) % 2 == 0
    cut = {"start": begin, "center": (begin + finish) // 2, "end": finish}[alignment]
    return cut, (cut - begin, finish - cut)


def _rate(element: ElementTree.Element) -> Fraction:
    (rate,) = element.findall("rate")
    timebase, ntsc = int(rate.findtext("timebase")), rate.findtext("ntsc")
    assert ntsc in {"TRUE", "FALSE"}
    return Fraction(timebase * 1000, 1001) if ntsc == "TRUE" else Fraction(timebase)
