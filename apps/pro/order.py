"""A segmented lip-sync as frozen on a job: the files by id, the segments, model and options."""

from collections.abc import Mapping
from uuid import UUID

from apps.core.json import JsonObject
from apps.jobs.parameters import Frozen
from apps.providers.request_types import LipsyncSegment, MediaInput, SegmentedLipsyncRequest


class OrderedSegment(Frozen):
    """A segment in seconds of the video's timeline, with a crop in seconds of the audio if the user set one."""

    start_seconds: float
    end_seconds: float
    audio_reference: str
    audio_start_seconds: float | None = None
    audio_end_seconds: float | None = None
    options: JsonObject = {}

    @classmethod
    def of(cls, segment: LipsyncSegment) -> "OrderedSegment":
        return cls(
            start_seconds=segment.start_seconds,
            end_seconds=segment.end_seconds,
            audio_reference=segment.audio_reference,
            audio_start_seconds=segment.audio_start_seconds,
            audio_end_seconds=segment.audio_end_seconds,
            options=dict(segment.options),
        )

    def segment(self) -> LipsyncSegment:
        return LipsyncSegment(**self.model_dump())


class ProOrder(Frozen):
    """The order. `audio_ids` is keyed by reference id, and so are the `silences`: in seconds of the audio, nothing is
    sent there, since nobody sings. `all_sound` refused that."""

    video_id: UUID
    audio_ids: dict[str, UUID]
    segments: list[OrderedSegment]
    model: str
    sync_mode: str
    options: JsonObject = {}
    settings: JsonObject
    silences: dict[str, tuple[tuple[float, float], ...]] = {}
    all_sound: bool = False

    @property
    def silent_seconds(self) -> float:
        return sum(end - start for parts in self.silences.values() for start, end in parts)

    def request(self, video: MediaInput, audios: Mapping[str, MediaInput]) -> SegmentedLipsyncRequest:
        """Return the typed request with these files."""
        return SegmentedLipsyncRequest(
            video=video,
            audios=dict(audios),
            segments=tuple(segment.segment() for segment in self.segments),
            model=self.model,
            sync_mode=self.sync_mode,
            options=self.options,
            settings=self.settings,
        )
