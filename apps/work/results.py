"""The results of generation jobs, and how a generated file came about."""

from datetime import datetime
from typing import Any, Self
from uuid import UUID

from pydantic import BaseModel, ConfigDict

from apps.assets.models import Asset
from apps.assets.services import picture_url
from apps.core.json import JsonObject
from apps.jobs.results import JobResult
from apps.providers.base import WrittenScene
from apps.work.frozen import InputSource


class ResultMetadata(BaseModel):
    """How a file was generated: by which provider, from what, and when. Stored with the file, and shown."""

    model_config = ConfigDict(frozen=True)

    job_id: UUID
    provider: str
    flavor: str
    config_hash: str
    request: JsonObject
    inputs: dict[str, InputSource]
    facts: JsonObject
    note: str
    made_at: datetime

    def told(self) -> JsonObject:
        """Return the JSON that the file and its clip keep."""
        return self.model_dump(mode="json")


class SceneText(BaseModel):
    """A written scene as the stand-alone API shows it. `duration` is in seconds."""

    model_config = ConfigDict(frozen=True)

    sequence: int
    description: str
    negative_description: str
    duration: float
    lipsync: bool

    @classmethod
    def of(cls, scene: WrittenScene) -> Self:
        return cls.model_validate(scene, from_attributes=True)


class ScenesResult(JobResult):
    """`facts` as the provider gave them."""

    scenes: list[SceneText]
    facts: JsonObject


class FactsResult(JobResult):
    facts: JsonObject


class MetadataResult(JobResult):
    metadata: ResultMetadata


class ShownImage(JobResult):
    """An image and the ways to name it."""

    id: UUID
    url: str
    image_id: UUID
    image_url: str
    width: int | None
    height: int | None

    @classmethod
    def of(cls, asset: Asset) -> "ShownImage":
        url = picture_url(asset.pk)
        return cls(id=asset.pk, url=url, image_id=asset.pk, image_url=url, width=asset.width, height=asset.height)


class ImagesResult(JobResult):
    images: list[ShownImage]


class VideoResult(JobResult):
    """The fields that name a video. Its cloud links are added when the result is shown."""

    video_id: UUID
    video_url: str
    local_video_url: str

    @classmethod
    def of(cls, asset: Asset, **more: Any) -> Self:
        url = f"/api/mv/get_video/{asset.pk}"
        return cls(video_id=asset.pk, video_url=url, local_video_url=url, **more)
