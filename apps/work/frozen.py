"""A provider request as it lies on a job: JSON without files, and where each file comes from.

What was bought never changes with a YAML file or an edited scene, because everything is written down here
when the job is made and read back when it runs.
"""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from pydantic import BaseModel, ConfigDict, TypeAdapter

from apps.providers.base import (
    Capability,
    ImageRequest,
    LipsyncRequest,
    MediaInput,
    ProviderRequest,
    ScenesRequest,
    VideoRequest,
)

_ADAPTERS: dict[Capability, TypeAdapter[Any]] = {
    Capability.SCENES: TypeAdapter(ScenesRequest),
    Capability.IMAGE: TypeAdapter(ImageRequest),
    Capability.VIDEO: TypeAdapter(VideoRequest),
    Capability.LIPSYNC: TypeAdapter(LipsyncRequest),
}


class InputSource(BaseModel):
    """Where a file of the request comes from: one of our assets, else a link that is fetched when the job
    runs. The range, in seconds, is cut out of it before it is used."""

    model_config = ConfigDict(frozen=True)

    asset_id: UUID | None = None
    url: str = ""
    start_seconds: float | None = None
    end_seconds: float | None = None


class FrozenRequest(BaseModel):
    """`values` are the typed request's fields but the files, which are under `inputs` by field name."""

    model_config = ConfigDict(frozen=True)

    capability: Capability
    values: dict[str, Any]
    inputs: dict[str, InputSource] = {}

    def request(self, media: Mapping[str, MediaInput]) -> ProviderRequest:
        """The typed request, with `media` in place of the inputs."""
        request: ProviderRequest = _ADAPTERS[self.capability].validate_python({**self.values, **media})
        return request

    def parameters(self) -> dict[str, Any]:
        """The JSON for the job."""
        return self.model_dump(mode="json", exclude_defaults=True)
