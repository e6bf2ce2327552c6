"""A provider request as stored on a job: JSON without files, and where each file comes from.

Everything is stored when the job is created and read back when it runs, so editing a YAML file or a scene never
changes what was bought.
"""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from pydantic import TypeAdapter

from apps.jobs.parameters import Frozen
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


class InputSource(Frozen):
    """Where a file of the request comes from: one of our assets, or a link that is fetched when the job runs.

    If a range is given, in seconds, only that part of the file is used.
    """

    asset_id: UUID | None = None
    url: str = ""
    start_seconds: float | None = None
    end_seconds: float | None = None


class FrozenRequest(Frozen):
    """`values` has the typed request's fields except files, which are in `inputs` by field name."""

    capability: Capability
    values: dict[str, Any]
    inputs: dict[str, InputSource] = {}

    def request(self, media: Mapping[str, MediaInput]) -> ProviderRequest:
        """Return the typed request, with `media` in place of the inputs."""
        request: ProviderRequest = _ADAPTERS[self.capability].validate_python({**self.values, **media})
        return request
