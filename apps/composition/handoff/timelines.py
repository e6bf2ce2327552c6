"""The timelines of the hand-off package: OTIO, FCP7 XML and EDL of the same edit, so that all three agree."""

from pathlib import Path

import opentimelineio as otio

from apps.composition.handoff.edit import Edit, Event
from apps.composition.handoff.edl import edl_of
from apps.composition.handoff.fcp7_xml import fcp7_xml_of
from apps.composition.handoff.options import MarkerKind
from apps.core.text import one_line

_COLORS = {
    MarkerKind.SECTIONS: otio.schema.MarkerColor.PURPLE,
    MarkerKind.LYRICS: otio.schema.MarkerColor.YELLOW,
    MarkerKind.BEATS: otio.schema.MarkerColor.CYAN,
}


def write_timelines(edit: Edit, folder: Path) -> list[Path]:
    """Write timeline.otio, timeline.xml (FCP7) and timeline.edl, the last with the picture track only."""
    paths = [folder / f"timeline.{suffix}" for suffix in ("otio", "xml", "edl")]
    otio.adapters.write_to_file(timeline_of(edit), str(paths[0]))
    paths[1].write_bytes(fcp7_xml_of(edit))
    # The line endings of the editing machines the format comes from.
    paths[2].write_text(edl_of(edit), encoding="utf-8", newline="\r\n")
    return paths


def timeline_of(edit: Edit) -> otio.schema.Timeline:
    timeline = otio.schema.Timeline(name=edit.title, global_start_time=_time(edit, edit.first_frame))
    pictures = otio.schema.Track(name="V1", kind=otio.schema.TrackKind.Video)
    for event, ends in zip(edit.events, [*(later.record_in for later in edit.events[1:]), edit.frames], strict=True):
        if event.before + event.after:
            pictures.append(
                otio.schema.Transition(
                    transition_type=otio.schema.TransitionTypes.SMPTE_Dissolve,
                    in_offset=_time(edit, event.before),
                    out_offset=_time(edit, event.after),
                )
            )
        pictures.append(_clip(edit, event))
        if ends > event.record_out:
            pictures.append(otio.schema.Gap(source_range=_range(edit, 0, ends - event.record_out)))
    timeline.tracks.append(pictures)
    if edit.song:
        song = otio.schema.Track(name="A1", kind=otio.schema.TrackKind.Audio)
        song.append(_clip(edit, edit.song))
        timeline.tracks.append(song)
    timeline.tracks.markers.extend(
        [_marker(edit, note.frame, 1, note.text, otio.schema.MarkerColor.RED) for note in edit.notes]
        + [_marker(edit, one.frame, one.frames, one.text, _COLORS[one.kind]) for one in edit.markers]
    )
    return timeline


def _marker(edit: Edit, frame: int, frames: int, text: str, color: str) -> otio.schema.Marker:
    return otio.schema.Marker(name=one_line(text), marked_range=_range(edit, frame, frames), color=color)


def _clip(edit: Edit, event: Event) -> otio.schema.Clip:
    return otio.schema.Clip(
        name=event.name,
        media_reference=otio.schema.ExternalReference(
            target_url=event.file.url, available_range=_available(edit, event)
        ),
        source_range=_range(edit, event.source_in, event.frames),
    )


def _available(edit: Edit, event: Event) -> otio.opentime.TimeRange:
    """Return the file's frames at its own rate; where that rate isn't fixed, its length at the video's."""
    facts = event.file.facts
    if facts.frames and facts.fps and not facts.variable_frame_rate:
        rate = float(facts.fps)
        return otio.opentime.TimeRange(
            otio.opentime.RationalTime(0, rate), otio.opentime.RationalTime(facts.frames, rate)
        )
    return _range(edit, 0, event.available)


def _range(edit: Edit, start: int, frames: int) -> otio.opentime.TimeRange:
    return otio.opentime.TimeRange(_time(edit, start), _time(edit, frames))


def _time(edit: Edit, frame: int) -> otio.opentime.RationalTime:
    return otio.opentime.RationalTime(frame, float(edit.fps))
