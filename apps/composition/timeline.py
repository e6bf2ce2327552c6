"""The timelines of the hand-off package: OTIO, FCP7 XML and EDL of the same edit, so that all three agree."""

from pathlib import Path

import opentimelineio as otio

from apps.composition.edit import Edit, Event
from apps.composition.edl import edl_of
from apps.composition.fcp7_xml import fcp7_xml_of


def write_timelines(edit: Edit, folder: Path) -> list[Path]:
    """Write timeline.otio, timeline.xml (FCP7) and timeline.edl, the last with the picture track only."""
    paths = [folder / f"timeline.{suffix}" for suffix in ("otio", "xml", "edl")]
    otio.adapters.write_to_file(timeline_of(edit), str(paths[0]))
    paths[1].write_bytes(fcp7_xml_of(edit))
    # The line endings of the editing machines the format comes from.
    paths[2].write_text(edl_of(edit), encoding="utf-8", newline="\r\n")
    return paths


def timeline_of(edit: Edit) -> otio.schema.Timeline:
    timeline = otio.schema.Timeline(name=edit.title)
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
        otio.schema.Marker(name=note.text, marked_range=_range(edit, note.frame, 1)) for note in edit.notes
    )
    return timeline


def _clip(edit: Edit, event: Event) -> otio.schema.Clip:
    return otio.schema.Clip(
        name=event.name,
        media_reference=otio.schema.ExternalReference(
            target_url=event.file.name, available_range=_range(edit, 0, event.available)
        ),
        source_range=_range(edit, event.source_in, event.frames),
    )


def _range(edit: Edit, start: int, frames: int) -> otio.opentime.TimeRange:
    return otio.opentime.TimeRange(_time(edit, start), _time(edit, frames))


def _time(edit: Edit, frame: int) -> otio.opentime.RationalTime:
    return otio.opentime.RationalTime(frame, float(edit.fps))
