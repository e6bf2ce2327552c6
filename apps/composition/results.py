"""The results of composing jobs."""

from uuid import UUID

from pydantic import BaseModel, ConfigDict

from apps.core.json import JsonObject
from apps.jobs.results import JobResult
from apps.work.results import VideoResult


class ProofResult(JobResult):
    """What was measured in the finished video, for people to read."""

    proof: JsonObject


class ComposedResult(VideoResult):
    composition_id: UUID
    poster_id: UUID
    thumbnails_id: UUID


class StitchMetadata(BaseModel):
    """How a stitched video came about. Stored with it."""

    model_config = ConfigDict(frozen=True)

    job_id: UUID
    flavor: str
    config_hash: str
    video_ids: tuple[UUID, ...]
    audio_id: UUID | None
    proof: JsonObject


class StitchResult(ProofResult):
    metadata: StitchMetadata


class PackedFile(BaseModel):
    model_config = ConfigDict(frozen=True)

    name: str
    bytes: int


class PackageResult(JobResult):
    archive_id: UUID
    archive_url: str
    bytes: int
    files: tuple[PackedFile, ...] = ()
