"""A plan as editing software sees it: which frames of which file go where, and the dissolves between them.

Everything is counted in whole frames at the video's rate. Where a clip is shorter than its slot, the rest is a gap:
holds, loops and slow motion have to be redone in the editing software.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from fractions import Fraction
from urllib.parse import quote

from apps.composition.frozen import FrozenPlan, FrozenShot, FrozenSong
from apps.composition.handoff.markers import Marker
from apps.composition.handoff.options import HandoffOptions
from apps.core.text import one_line
from engines.composing.shot_plan import TransitionKind, picture_seconds, transition_halves
from engines.media.facts import MediaFacts

_TRANSITION_NAMES = {
    TransitionKind.CROSSFADE: "Dissolve",
    TransitionKind.DIP_TO_BLACK: "Dip to black",
    TransitionKind.DIP_TO_WHITE: "Dip to white",
    TransitionKind.FLASH: "Flash",
}


@dataclass(frozen=True)
class HandedFile:
    """A file in the package: its path inside it, its probed facts, and the reel it counts as in an EDL: at most eight
    letters and digits, its own."""

    name: str
    facts: MediaFacts
    reel: str

    @property
    def base_name(self) -> str:
        return self.name.rsplit("/", 1)[-1]

    @property
    def url(self) -> str:
        """Return the path as a URL relative to the timelines, which DaVinci Resolve and OTIO look for beside them."""
        return quote(self.name)


@dataclass(frozen=True)
class Event:
    """`frames` of a file from its frame `source_in`, shown from frame `record_in` of the video. The file has
    `available` frames. A dissolve into it lasts from `before` frames ahead of the cut to `after` frames past it."""

    name: str
    file: HandedFile
    available: int
    source_in: int
    record_in: int
    frames: int
    before: int = 0
    after: int = 0

    @property
    def source_out(self) -> int:
        return self.source_in + self.frames

    @property
    def record_out(self) -> int:
        return self.record_in + self.frames


@dataclass(frozen=True)
class Note:
    """Something in the video that a timeline can't hold, noted for whoever continues editing."""

    frame: int
    text: str


@dataclass(frozen=True)
class Edit:
    """`first_frame` is the number of the video's first frame as timecode; all else counts from 0."""

    title: str
    fps: Fraction
    width: int
    height: int
    frames: int
    events: tuple[Event, ...]
    song: Event | None
    notes: tuple[Note, ...]
    markers: tuple[Marker, ...]
    first_frame: int

    @property
    def timebase(self) -> int:
        """Numbered frames per second: 24 for 23.976."""
        return round(self.fps)

    def record_code(self, frame: int) -> str:
        """Return the timecode of a frame of the video."""
        return timecode(self.first_frame + frame, self.timebase)

    def source_code(self, frame: int) -> str:
        """Return the timecode of a frame of a file. Every file starts at zero."""
        return timecode(frame, self.timebase)


def timecode(frame: int, timebase: int) -> str:
    """Return HH:MM:SS:FF, non-drop at every rate, so that all timelines write frame n the same way.

    At 29.97 and 59.94, an hour of non-drop timecode lasts 3.6 seconds longer than an hour on the clock.
    """
    seconds, frames = divmod(frame, timebase)
    return f"{seconds // 3600 % 24:02}:{seconds // 60 % 60:02}:{seconds % 60:02}:{frames:02}"


def edit_of(
    plan: FrozenPlan,
    clips: Mapping[int, HandedFile],
    song: HandedFile | None,
    *,
    options: HandoffOptions | None = None,
    markers: Iterable[Marker] = (),
) -> Edit:
    """Turn a plan into an edit; `clips` are by the shot's index in the plan."""
    options = options or HandoffOptions()
    fps = Fraction(plan.fps)
    events: list[Event] = []
    notes: list[Note] = []
    cut = 0
    for place, shot in enumerate(plan.shots):
        event = _event(shot, place, clips[place], fps, cut)
        if place and shot.transition:
            wanted = transition_halves(
                shot.transition, shot.transition_frames, plan.shots[place - 1].frames, shot.frames
            )
            event, note = _joined(events[-1], event, shot.transition, wanted)
            notes += [note] if note else []
        events.append(event)
        cut += shot.frames
    return Edit(
        title=one_line(plan.title) or "mvsite",
        fps=fps,
        width=plan.width,
        height=plan.height,
        frames=cut,
        events=tuple(events),
        song=_song_event(plan.song, song, fps, cut) if plan.song and song else None,
        notes=tuple(notes),
        markers=tuple(marker for marker in markers if marker.kind in options.markers),
        first_frame=options.timeline_start.hours * 3600 * round(fps),
    )


def _event(shot: FrozenShot, place: int, file: HandedFile, fps: Fraction, cut: int) -> Event:
    available = _counted(picture_seconds(file.facts), fps)
    # A start past the end shows the last frame, as composing does.
    start = min(max(0, round(Fraction(shot.start) * fps)), available - 1)
    ends = available if shot.end is None else max(start + 1, min(available, round(Fraction(shot.end) * fps)))
    return Event(
        name=f"SC{shot.sequence or place + 1:03d}",
        file=file,
        available=available,
        source_in=start,
        record_in=cut,
        frames=min(shot.frames, ends - start),
    )


def _song_event(part: FrozenSong, file: HandedFile, fps: Fraction, frames: int) -> Event:
    available = _counted(Fraction(str(file.facts.duration_seconds or 0)), fps)
    start = min(round(Fraction(part.start) * fps), available - 1)
    used = max(1, round((Fraction(part.end) - Fraction(part.start)) * fps))
    return Event("SONG", file, available, start, 0, min(frames, used, available - start))


def _joined(before: Event, event: Event, kind: TransitionKind, wanted: tuple[int, int]) -> tuple[Event, Note | None]:
    """Return the event with as much of its transition as both files have frames for, and a note of what is missing."""
    if not sum(wanted):
        return event, None
    words = f"{_TRANSITION_NAMES[kind]} into {event.name}, {sum(wanted)} frames"
    if kind is not TransitionKind.CROSSFADE:
        return event, Note(event.record_in, words)
    lead = tail = 0
    if before.record_out == event.record_in:  # after a gap there is nothing to dissolve from
        spare = before.available - before.source_out
        lead, tail = _placed(min(wanted[0], event.source_in), min(wanted[1], spare, event.frames))
    if lead + tail == sum(wanted):
        return replace(event, before=lead, after=tail), None
    left = f"shortened to {lead + tail}" if lead + tail else "left out"
    note = Note(event.record_in, f"{words}: {left}, because the clips have no more frames around this cut")
    return replace(event, before=lead, after=tail), note


def _placed(lead: int, tail: int) -> tuple[int, int]:
    """Center a dissolve on the cut or put it entirely on one side: editing software supports nothing else."""
    both = min(lead, tail)
    if 2 * both >= max(lead, tail):
        return both, both
    return (lead, 0) if lead > tail else (0, tail)


def _counted(seconds: Fraction, fps: Fraction) -> int:
    return max(1, int(seconds * fps + Fraction(1, 2)))
