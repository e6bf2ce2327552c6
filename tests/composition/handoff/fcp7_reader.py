"""A strict reader of Final Cut Pro 7 XML (xmeml 4).

Elements and which of them are required: Apple, "Final Cut Pro XML Interchange Format", "Elements Catalog" (its plus
signs) and "DTD for Version 4", at
developer.apple.com/library/archive/documentation/AppleApplications/Reference/FinalCutPro_XML. The DTD leaves the order
of children free. Premiere Pro and DaVinci Resolve also need the size and rate of the sequence
and of every file, which the catalog leaves optional.
"""

from fractions import Fraction
from urllib.parse import unquote
from xml.etree import ElementTree

from tests.composition.handoff.read import Cut, Mark, Timeline, assert_inside_the_package, frames_of

# Required children, optional children, and those that may repeat.
_SHAPES = {
    "sequence": ("name duration rate timecode media", "", "marker"),
    "rate": ("timebase ntsc", "", ""),
    "timecode": ("rate string frame displayformat", "reel", ""),
    "reel": ("name", "", ""),
    "format": ("samplecharacteristics", "", ""),
    "track": ("enabled locked", "outputchannelindex", "clipitem transitionitem"),
    "clipitem": ("name enabled duration rate start end in out file", "sourcetrack", "link"),
    "transitionitem": ("start end alignment rate effect", "", ""),
    "effect": ("name effectid effectcategory effecttype mediatype", "", ""),
    "sourcetrack": ("mediatype trackindex", "", ""),
    "link": ("linkclipref mediatype trackindex clipindex", "", ""),
    "marker": ("name comment in out", "", ""),
}
_FILE = ("name pathurl duration rate timecode media", "", "")
_PICTURE = "rate width height anamorphic pixelaspectratio fielddominance"
_BOOLEANS = ("ntsc", "enabled", "locked", "anamorphic")


def read_fcp7(document: bytes, fps: Fraction, size: tuple[int, int]) -> Timeline:
    """Return the items of the single video track, dissolves relative to the cut."""
    assert document.startswith(b'<?xml version="1.0" encoding="UTF-8"?>\n<!DOCTYPE xmeml>\n')
    root = ElementTree.fromstring(document)  # noqa: S314 - written by the code under test
    assert (root.tag, root.attrib) == ("xmeml", {"version": "4"})
    for element in root.iter():
        _check_shape(element)
    (sequence,) = root
    _check_ids(sequence)
    assert _rate(sequence) == fps
    samples = sequence.find("media/video/format/samplecharacteristics")
    assert _size(samples) == size
    assert _rate(samples) == fps
    files = [_file(element) for element in sequence.iter("file") if len(element)]
    (track,) = sequence.findall("media/video/track")
    sounds = sequence.findall("media/audio/track")
    for other in sounds:
        _items(other, fps)
        assert len(other.findall("clipitem/link")) == (len(sounds) if len(sounds) > 1 else 0)
    cuts = _items(track, fps)
    frames = int(sequence.findtext("duration"))
    assert cuts[-1].record_out <= frames
    marks = [_mark(element, frames) for element in sequence.findall("marker")]
    return Timeline(sequence.findtext("name"), _first_frame(sequence), cuts, marks, files)


def _check_shape(element: ElementTree.Element) -> None:
    names = [child.tag for child in element]
    if element.tag == "file" and not names:
        assert element.get("id")
        return
    assert names or (element.text or "").strip(), element.tag
    if element.tag in _BOOLEANS:
        assert element.text in {"TRUE", "FALSE"}
    shape = _FILE if element.tag == "file" else _SHAPES.get(element.tag)
    if element.tag == "samplecharacteristics":
        shape = (_PICTURE if "width" in names else "depth samplerate", "", "")
    if shape is None:
        return
    required, optional, many = ({*words.split()} for words in shape)
    assert required <= {*names} <= required | optional | many, (element.tag, names)
    single = [name for name in names if name not in many]
    assert len(single) == len({*single}), (element.tag, names)


def _check_ids(sequence: ElementTree.Element) -> None:
    """A file is described at its first use, and then named; links name clip items of this sequence."""
    described: set[str] = set()
    for element in sequence.iter("file"):
        assert (element.get("id") in described) != bool(len(element))
        described.add(element.get("id"))
    items = [element.get("id") for element in sequence.iter("clipitem")]
    assert len(items) == len({*items})
    assert {*items} >= {element.text for element in sequence.iter("linkclipref")}


def _file(element: ElementTree.Element) -> str:
    """Check a file's facts and return its path in the package."""
    address = element.findtext("pathurl")
    assert address.isascii() and not set(address) & set(" <>#?&"), address
    path = unquote(address)
    assert_inside_the_package(path)
    assert path.rsplit("/", 1)[-1] == element.findtext("name")
    assert int(element.findtext("duration")) > 0
    assert _first_frame(element) == 0
    media = element.find("media")
    assert len(media)
    picture = media.find("video/samplecharacteristics")
    if picture is not None:
        assert min(_size(picture)) > 0
        assert _rate(picture) == _rate(element)
    if media.find("audio") is not None:
        assert int(media.findtext("audio/channelcount")) > 0
        assert int(media.findtext("audio/samplecharacteristics/samplerate")) >= 8000
    return path


def _size(samples: ElementTree.Element) -> tuple[int, int]:
    assert (samples.findtext("pixelaspectratio"), samples.findtext("fielddominance")) == ("square", "none")
    return int(samples.findtext("width")), int(samples.findtext("height"))


def _first_frame(element: ElementTree.Element) -> int:
    """The string and the number of a timecode are the same, in one notation."""
    code = element.find("timecode")
    rate = _rate(code)
    assert rate == _rate(element)
    assert code.findtext("displayformat") == "NDF"
    frame = int(code.findtext("frame"))
    assert frames_of(code.findtext("string"), round(rate)) == frame
    return frame


def _mark(element: ElementTree.Element, frames: int) -> Mark:
    start, end = int(element.findtext("in")), int(element.findtext("out"))
    assert 0 <= start < frames
    assert end == -1 or start < end <= frames
    return Mark(element.findtext("name"), start, 1 if end == -1 else end - start)


def _items(track: ElementTree.Element, fps: Fraction) -> list[Cut]:
    elements = [element for element in track if element.tag in ("clipitem", "transitionitem")]
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
    return Fraction(timebase * 1000, 1001) if ntsc == "TRUE" else Fraction(timebase)
