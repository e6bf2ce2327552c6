"""Sync.so's rules for orders of segments: its models, its options, and segments that it won't refuse."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace
from fractions import Fraction
from typing import Any

from apps.core.errors import InputError
from apps.providers.lengths import frame_rate_of, seconds_of
from apps.providers.orders import OrderRules, SegmentProblem
from apps.providers.request_types import LipsyncSegment, MediaInput, SegmentedLipsyncRequest
from apps.providers.sync_so.options import SYNC_MODES, override_problems
from apps.providers.sync_so.payload import check_options, model_of, section_of, segmented_body
from apps.providers.sync_so.segments import segment_problems, segments_fitted
from engines.media.probe import probe_media


class SyncOrders(OrderRules):
    """See the module."""

    default_model = "lipsync-2"
    default_sync_mode = "remap"
    sync_modes = SYNC_MODES

    def order_models(self, settings: Mapping[str, Any]) -> Mapping[str, Collection[str]]:
        return {name: entry.options for name, entry in section_of(settings).models.items()}

    def order_options_check(self, request: SegmentedLipsyncRequest) -> None:
        name, entry = model_of(request)
        check_options({"sync_mode": request.sync_mode, **request.options}, model=name, entry=entry, video=request.video)

    def order_problems(self, request: SegmentedLipsyncRequest, *, places: Sequence[int]) -> list[SegmentProblem]:
        name, entry = model_of(request)
        numbered = list(zip(places, request.segments, strict=True))
        return [
            *segment_problems(
                request.segments, maximum_seconds=entry.maximum_seconds, places=places, **_lengths(request)
            ),
            *override_problems(numbered, model=name, known=entry.options, video=request.video),
        ]

    def order_fitted(self, request: SegmentedLipsyncRequest) -> SegmentedLipsyncRequest:
        return replace(request, segments=segments_fitted(request.segments, **_lengths(request)))

    def order_payload(
        self, request: SegmentedLipsyncRequest, *, address_of: Callable[[MediaInput], str]
    ) -> dict[str, Any]:
        return segmented_body(request, request.segments, lambda media: {"url": address_of(media)})


def _lengths(request: SegmentedLipsyncRequest) -> dict[str, Any]:
    """Return the lengths given by the order's files, for `segment_problems` and `segments_fitted`."""
    fps = frame_rate_of(request.video)
    return {
        "video_seconds": request.video.duration_seconds or 0.0,
        "audio_seconds": {name: audio.duration_seconds or 0.0 for name, audio in request.audios.items()},
        "frame_seconds": 1 / float(fps) if fps else 1 / 25,
    }


def checked_segments(request: SegmentedLipsyncRequest) -> tuple[LipsyncSegment, ...]:
    """Return the segments as they will be sent. Raises InputError with each problem by segment."""
    name, entry = model_of(request)
    facts = probe_media(request.video.path)
    frame_seconds = float(1 / facts.fps) if facts.fps else float(Fraction(1, 25))
    video_seconds = facts.duration_seconds or 0.0
    audio_seconds = {reference: seconds_of(audio) for reference, audio in request.audios.items()}
    problems = segment_problems(
        request.segments,
        video_seconds=video_seconds,
        audio_seconds=audio_seconds,
        frame_seconds=frame_seconds,
        maximum_seconds=entry.maximum_seconds,
    ) + override_problems(list(enumerate(request.segments)), model=name, known=entry.options, video=request.video)
    if problems:
        errors = {
            problem.field if problem.index is None else f"segments[{problem.index}].{problem.field}": problem.message
            for problem in problems
        }
        raise InputError(f"The segments need a change. {problems[0].message}", code="segments_invalid", errors=errors)
    return segments_fitted(
        request.segments, video_seconds=video_seconds, audio_seconds=audio_seconds, frame_seconds=frame_seconds
    )
