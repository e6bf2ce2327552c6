"""The results of Pro jobs."""

from typing import Any, Self
from uuid import UUID

from apps.assets.models import Asset
from apps.core.json import JsonObject
from apps.jobs.results import JobResult
from apps.scenes.checks import ClipChecks
from apps.work.results import VideoResult


class ReceivedResult(JobResult):
    """What is known before the video's rows are written. `warning`: how it differs from what was ordered."""

    warning: str
    facts: JsonObject


class ProVideo(VideoResult):
    """The fields that name the video. `not_composed`: it is too short or too long for its project's video."""

    output_url: str
    not_composed: bool = False
    compose_job_id: UUID | None = None

    @classmethod
    def of(cls, asset: Asset, **more: Any) -> Self:
        return super().of(asset, output_url=VideoResult.of(asset).video_url, **more)


class ProClip(ProVideo):
    """The video as its scene's clip."""

    clip_id: UUID
    scene_id: UUID
    usable: bool
    checks: ClipChecks
