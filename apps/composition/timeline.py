"""A plan as an editor's timeline: OTIO, FCP7 XML and EDL, written by OpenTimelineIO.

Times are frames of the project's rate. Where a clip is shorter than its slot the rest is a gap: holds, loops and slow
motion are an editor's to make anew.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import opentimelineio as otio

from apps.composition.frozen import FrozenPlan, FrozenShot
from apps.composition.plan import TransitionKind
from apps.media.probe import MediaFacts

_SAFE_NAME = "SC{number:03d}"


@dataclass(frozen=True)
class HandedFile:
    """A file in the package: its path inside it, and what was probed."""

    name: str
    facts: MediaFacts


def timeline_of(plan: FrozenPlan, clips: Mapping[int, HandedFile], song: HandedFile | None) -> otio.schema.Timeline:
    """`clips` by the shot's place in the plan."""
    fps = Fraction(plan.fps)
    timeline = otio.schema.Timeline(name=plan.title or "mvsite")
    pictures = otio.schema.Track(name="V1", kind=otio.schema.TrackKind.Video)
    for place, shot in enumerate(plan.shots):
        if shot.transition is TransitionKind.DISSOLVE and place:
            half = _frames(shot.transition_frames // 2, fps)
            kind = otio.schema.TransitionTypes.SMPTE_Dissolve
            pictures.append(otio.schema.Transition(transition_type=kind, in_offset=half, out_offset=half))
        pictures.extend(_items(shot, place, clips[place], fps))
    timeline.tracks.append(pictures)
    if plan.song is not None and song is not None:
        timeline.tracks.append(_song_track(plan, song, fps))
    return timeline


def write_timelines(timeline: otio.schema.Timeline, folder: Path) -> list[Path]:
    """timeline.otio, timeline.xml (FCP7) and timeline.edl, the last of the pictures alone."""
    paths = [folder / f"timeline.{suffix}" for suffix in ("otio", "xml", "edl")]
    otio.adapters.write_to_file(timeline, str(paths[0]))
    otio.adapters.write_to_file(timeline, str(paths[1]), adapter_name="fcp_xml")
    pictures = otio.schema.Timeline(name=timeline.name)
    pictures.tracks.append(timeline.video_tracks()[0].deepcopy())
    rate = timeline.video_tracks()[0][0].source_range.duration.rate
    # EDLs count whole frames a second: 23.976 is written as 24 numbered frames.
    otio.adapters.write_to_file(pictures, str(paths[2]), adapter_name="cmx_3600", rate=rate)
    return paths


def _items(shot: FrozenShot, place: int, file: HandedFile, fps: Fraction) -> list[otio.core.Item]:
    have = _available(file.facts, fps)
    start = round(Fraction(shot.start) * fps)
    shown = max(1, min(shot.frames, have - start))
    number = shot.sequence or place + 1
    clip = otio.schema.Clip(
        name=_SAFE_NAME.format(number=number),
        media_reference=otio.schema.ExternalReference(
            target_url=file.name,
            available_range=otio.opentime.TimeRange(_frames(0, fps), _frames(have, fps)),
        ),
        source_range=otio.opentime.TimeRange(_frames(start, fps), _frames(shown, fps)),
        metadata={"cmx_3600": {"reel": _SAFE_NAME.format(number=number)}},
    )
    if shown == shot.frames:
        return [clip]
    rest = otio.schema.Gap(source_range=otio.opentime.TimeRange(_frames(0, fps), _frames(shot.frames - shown, fps)))
    return [clip, rest]


def _song_track(plan: FrozenPlan, song: HandedFile, fps: Fraction) -> otio.schema.Track:
    track = otio.schema.Track(name="A1", kind=otio.schema.TrackKind.Audio)
    frames = sum(shot.frames for shot in plan.shots)
    start = round(Fraction(plan.song.start) * fps) if plan.song else 0
    have = _available(song.facts, fps)
    reference = otio.schema.ExternalReference(
        target_url=song.name,
        available_range=otio.opentime.TimeRange(_frames(0, fps), _frames(have, fps)),
    )
    used = otio.opentime.TimeRange(_frames(start, fps), _frames(min(frames, max(1, have - start)), fps))
    track.append(otio.schema.Clip(name="SONG", media_reference=reference, source_range=used))
    return track


def _available(facts: MediaFacts, fps: Fraction) -> int:
    """Frames of the project's rate that the file holds."""
    if facts.frames and facts.fps == fps:
        return facts.frames
    return max(1, round(Fraction(str(facts.duration_seconds or 0)) * fps))


def _frames(count: int, fps: Fraction) -> otio.opentime.RationalTime:
    return otio.opentime.RationalTime(count, float(fps))
