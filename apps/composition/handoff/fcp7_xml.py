"""An edit as Final Cut Pro 7 XML (xmeml 4), which Premiere Pro and DaVinci Resolve read.

Clip items count in the sequence's rate; only a file's own facts use the file's rate. Where a dissolve touches an item,
its `start` or `end` is -1 and its `in` and `out` extend over the dissolve. A file is described at its first use and
named by its id after that. Elements: Apple, "Final Cut Pro XML Interchange Format", chapter "Elements Catalog".
"""

from dataclasses import dataclass
from fractions import Fraction
from typing import Self
from xml.etree import ElementTree

from apps.composition.handoff.edit import Edit, Event, HandedFile, timecode
from apps.composition.handoff.options import MarkerKind
from apps.core.text import one_line
from engines.composing.shot_plan import picture_seconds
from engines.media.facts import MediaFacts
from engines.media.frames import exact_fps

_MARKER_COMMENTS = {MarkerKind.SECTIONS: "Section", MarkerKind.LYRICS: "Lyrics", MarkerKind.BEATS: "Beat"}


@dataclass(frozen=True)
class _Rate:
    timebase: int
    ntsc: bool

    @classmethod
    def of(cls, fps: Fraction) -> Self:
        """Return the nearest rate the format can say. Some containers give 29.97 as 2997/100 or 19001/634."""
        exact = exact_fps(fps)
        timebase = max(1, round(exact))
        return cls(timebase, ntsc=exact == Fraction(timebase * 1000, 1001))

    @property
    def fps(self) -> Fraction:
        return Fraction(self.timebase * 1000, 1001) if self.ntsc else Fraction(self.timebase)


def fcp7_xml_of(edit: Edit) -> bytes:
    document = ElementTree.Element("xmeml", version="4")
    sequence = ElementTree.SubElement(document, "sequence", id="sequence-1")
    rate = _Rate.of(edit.fps)
    _text(sequence, name=edit.title, duration=edit.frames)
    _rate(sequence, rate)
    _timecode(sequence, rate, edit.first_frame)
    media = ElementTree.SubElement(sequence, "media")
    video = ElementTree.SubElement(media, "video")
    _picture(ElementTree.SubElement(video, "format"), rate, edit.width, edit.height)
    _picture_track(ElementTree.SubElement(video, "track"), edit, rate)
    if edit.song:
        _sound(ElementTree.SubElement(media, "audio"), edit.song, rate)
    for note in edit.notes:
        _marker(sequence, "Transition", note.text, note.frame)
    for marker in edit.markers:
        # An `out` of -1 is a moment. Both count from the sequence's first frame, whatever its timecode.
        end = marker.frame + marker.frames if marker.frames > 1 else -1
        _marker(sequence, marker.text, _MARKER_COMMENTS[marker.kind], marker.frame, end)
    ElementTree.indent(document)
    body = ElementTree.tostring(document, encoding="unicode")
    return f'<?xml version="1.0" encoding="UTF-8"?>\n<!DOCTYPE xmeml>\n{body}\n'.encode()


def _marker(sequence: ElementTree.Element, name: str, comment: str, start: int, end: int = -1) -> None:
    _text(ElementTree.SubElement(sequence, "marker"), name=name, comment=comment, **_range(start, end))


def _picture_track(track: ElementTree.Element, edit: Edit, rate: _Rate) -> None:
    followed = [*edit.events[1:], None]
    keys: dict[str, str] = {}
    for number, (event, after) in enumerate(zip(edit.events, followed, strict=True), start=1):
        if event.before + event.after:
            _dissolve(track, event, rate)
        tail = after if after and after.before + after.after else None
        item = _item(track, f"clipitem-{number}", event, rate, after=tail)
        if event.file.name in keys:
            ElementTree.SubElement(item, "file", id=keys[event.file.name])
        else:
            keys[event.file.name] = f"file-{len(keys) + 1}"
            _file(item, keys[event.file.name], event.file, rate)
    _text(track, enabled="TRUE", locked="FALSE")


def _dissolve(track: ElementTree.Element, event: Event, rate: _Rate) -> None:
    alignment = "center" if event.before and event.after else "end" if event.before else "start"
    item = ElementTree.SubElement(track, "transitionitem")
    _text(item, start=event.record_in - event.before, end=event.record_in + event.after, alignment=alignment)
    _rate(item, rate)
    _text(
        ElementTree.SubElement(item, "effect"),
        name="Cross Dissolve",
        effectid="Cross Dissolve",
        effectcategory="Dissolve",
        effecttype="transition",
        mediatype="video",
    )


def _item(
    track: ElementTree.Element, key: str, event: Event, rate: _Rate, *, after: Event | None = None
) -> ElementTree.Element:
    """Add a clip item; `after` is the item it dissolves into."""
    item = ElementTree.SubElement(track, "clipitem", id=key)
    _text(item, name=event.name, enabled="TRUE", duration=event.available)
    _rate(item, rate)
    leads = bool(event.before + event.after)
    _text(item, start=-1 if leads else event.record_in, end=-1 if after else event.record_out)
    _text(item, **_range(event.source_in - event.before, event.source_out + (after.after if after else 0)))
    return item


def _sound(audio: ElementTree.Element, song: Event, rate: _Rate) -> None:
    """Add a track for each channel, linked, which is how editing software represents stereo."""
    facts = song.file.facts
    channels = facts.audio_channels or 1
    _text(audio, numOutputChannels=channels)
    _sound_samples(ElementTree.SubElement(audio, "format"), facts)
    for channel in range(1, channels + 1):
        track = ElementTree.SubElement(audio, "track")
        item = _item(track, f"clipitem-song-{channel}", song, rate)
        if channel == 1:
            _file(item, "file-song", song.file, rate)
        else:
            ElementTree.SubElement(item, "file", id="file-song")
        _text(ElementTree.SubElement(item, "sourcetrack"), mediatype="audio", trackindex=channel)
        for other in range(1, channels + 1) if channels > 1 else ():
            link = ElementTree.SubElement(item, "link")
            _text(link, linkclipref=f"clipitem-song-{other}", mediatype="audio", trackindex=other, clipindex=1)
        _text(track, enabled="TRUE", locked="FALSE", outputchannelindex=channel)


def _file(item: ElementTree.Element, key: str, file: HandedFile, sequence: _Rate) -> None:
    facts = file.facts
    is_video = facts.kind == "video"
    rate = _Rate.of(facts.fps) if is_video and facts.fps else sequence
    seconds = picture_seconds(facts) if is_video else Fraction(str(facts.duration_seconds or 0))
    element = ElementTree.SubElement(item, "file", id=key)
    _text(element, name=file.base_name, pathurl=file.url, duration=max(1, round(seconds * rate.fps)))
    _rate(element, rate)
    _timecode(element, rate, reel=file.reel)
    media = ElementTree.SubElement(element, "media")
    if is_video:
        _picture(ElementTree.SubElement(media, "video"), rate, facts.width or 0, facts.height or 0)
    if facts.audio_codec:
        sound = ElementTree.SubElement(media, "audio")
        _sound_samples(sound, facts)
        _text(sound, channelcount=facts.audio_channels or 1)


def _picture(parent: ElementTree.Element, rate: _Rate, width: int, height: int) -> None:
    samples = ElementTree.SubElement(parent, "samplecharacteristics")
    _rate(samples, rate)
    _text(samples, width=width, height=height, anamorphic="FALSE", pixelaspectratio="square", fielddominance="none")


def _sound_samples(parent: ElementTree.Element, facts: MediaFacts) -> None:
    samples = ElementTree.SubElement(parent, "samplecharacteristics")
    _text(samples, depth=16, samplerate=facts.sample_rate or 48000)


def _rate(parent: ElementTree.Element, rate: _Rate) -> None:
    element = ElementTree.SubElement(parent, "rate")
    _text(element, timebase=rate.timebase, ntsc="TRUE" if rate.ntsc else "FALSE")


def _timecode(parent: ElementTree.Element, rate: _Rate, frame: int = 0, *, reel: str = "") -> None:
    """Add a non-drop timecode that starts at `frame`, as in the EDL."""
    element = ElementTree.SubElement(parent, "timecode")
    _rate(element, rate)
    _text(element, string=timecode(frame, rate.timebase), frame=frame, displayformat="NDF")
    if reel:
        _text(ElementTree.SubElement(element, "reel"), name=reel)


def _range(start: int, end: int = -1) -> dict[str, int]:
    return {"in": start, "out": end}


def _text(parent: ElementTree.Element, **children: str | int) -> None:
    for name, value in children.items():
        ElementTree.SubElement(parent, name).text = one_line(str(value))
