"""Whether a clip's own frames can be joined unchanged."""

from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from pathlib import Path
from tempfile import TemporaryDirectory

import av
import numpy as np

from engines.composing.cache import content_key
from engines.composing.shot_plan import ShotPlan, Source, Span, held_after, speed
from engines.errors import MediaToolError
from engines.lyrics.burned import lines_between
from engines.media.formats import ClipFormat, Encoding, pyav_add_stream, pyav_container_options
from engines.media.mp4 import Track, header_sets, read_track, read_tracks, starts_with_idr


@dataclass(frozen=True)
class Piece:
    """Samples to join. `key` identifies their content; `encoded` is False for samples copied from a clip."""

    track: Track
    key: str
    encoded: bool


def burned_text(plan: ShotPlan, span: Span) -> str:
    """Return the ASS file of the lyrics shown in a span, or ""."""
    if not plan.burned_lyrics:
        return ""
    fps = plan.format.fps
    return lines_between(plan.burned_lyrics, span.start / fps, (span.start + span.frames) / fps)


class Headers:
    """The H.264 headers one track can carry: ours, and those of one foreign encoder."""

    def __init__(self, plan: ShotPlan) -> None:
        self._format = plan.format
        self._sequences: dict[int, bytes] = {}
        self._pictures: dict[int, bytes] = {}

    def accept(self, entry: bytes) -> bool:
        """Return whether a stream with these headers can join those accepted before; remember its headers if so."""
        sets = header_sets(entry)
        if sets is None:
            return False
        for encoding in Encoding:
            # Our ids are reserved for our headers, since segments encoded later will use them.
            if encoding.header_id in sets[0] or encoding.header_id in sets[1]:
                self._learn(own_entry(self._format, encoding))
        known = ((self._sequences, sets[0]), (self._pictures, sets[1]))
        if any(number in kept and kept[number] != unit for kept, own in known for number, unit in own.items()):
            return False
        self._learn(entry)
        return True

    def _learn(self, entry: bytes) -> None:
        sets = header_sets(entry)
        if sets is not None:
            self._sequences.update(sets[0])
            self._pictures.update(sets[1])


@lru_cache(maxsize=32)
def own_entry(clip: ClipFormat, encoding: Encoding) -> bytes:
    """Return the sample entry our encoders write for a format."""
    with TemporaryDirectory(prefix="headers-") as folder:
        path = Path(folder) / "frame.mp4"
        with av.open(str(path), "w", format="mp4", options=pyav_container_options(clip)) as container:
            stream = pyav_add_stream(container, clip, encoding)
            blank = np.zeros((clip.height * 3 // 2, clip.width), np.uint8)
            frame = av.VideoFrame.from_ndarray(blank, format="yuv420p")
            frame.pts, frame.time_base = 0, 1 / clip.fps
            container.mux([*stream.encode(frame), *stream.encode(None)])
        return read_track(path, b"vide").entry


def copied_piece(plan: ShotPlan, span: Span, headers: Headers, tracks: dict[Path, Track | None]) -> Piece | None:
    """Return the part of a span that can be copied from the clip: from its first usable key frame to its end."""
    view, shot = span.view, span.view.shot
    first = shot.start_seconds * plan.format.fps + view.first
    if span.kind or view.backwards or first < 0 or first.denominator != 1 or burned_text(plan, span):
        return None
    if shot.color is not None or speed(shot, plan.format.fps) != 1 or held_after(view, plan.format.fps) is not None:
        return None
    path = shot.source.path
    if path not in tracks:
        tracks[path] = fitting_track(plan.format, span.view.shot.source)
    track = tracks[path]
    if track is None or int(first) + view.frames > len(track):
        return None
    keys = np.flatnonzero(track.sync[int(first) : int(first) + view.frames])
    if not len(keys):
        return None
    start = int(first) + int(keys[0])
    part = track.part(start, int(first) + view.frames - start)
    if not (_shown_in_order(part) and starts_with_idr(part, 0) and headers.accept(part.entry)):
        return None
    return Piece(part, content_key(clip=shot.source.sha256, start=start, frames=len(part)), encoded=False)


def fitting_track(target: ClipFormat, source: Source) -> Track | None:
    """Return the clip's track if it has the format's size, rate, pixels and colors, else None."""
    facts = source.facts
    if facts.video_codec != "h264" or facts.container != "mov" or facts.pixel_format != "yuv420p":
        return None
    if facts.rotation or facts.mirrored or facts.variable_frame_rate or facts.picture_start:
        return None
    if not facts.colors.is_ours or (facts.width, facts.height, facts.fps) != (target.width, target.height, target.fps):
        return None
    try:
        pictures = [track for track in read_tracks(source.path) if track.handler == b"vide"]
    except MediaToolError:
        return None
    if len(pictures) != 1:
        return None  # which of them is the picture isn't told by their order
    track = pictures[0]
    evenly = track.frame_seconds == Fraction(1, target.fps)
    starts_plainly = track.edit_start == _first_shown(track)
    same_size = (track.width, track.height) == (target.width, target.height)
    return track if evenly and starts_plainly and same_size else None


def _first_shown(track: Track) -> int:
    decoded = np.cumsum(track.durations) - track.durations
    return int((decoded + track.shifts).min())


def _shown_in_order(part: Track) -> bool:
    """Return whether these samples are self-contained: shown one frame apart, with none from another stretch."""
    if not part.shifts.any():
        return True
    step = int(part.durations[0])
    shown = np.sort(np.arange(len(part)) * step + part.shifts)
    return bool((np.diff(shown) == step).all())
