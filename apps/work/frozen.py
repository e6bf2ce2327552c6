"""A provider request as stored on a job: JSON without files, and where each file comes from.

Everything is stored when the job is created and read back when it runs, so editing a YAML file or a scene never
changes what was bought.
"""

from collections.abc import Mapping
from typing import Any, Literal
from uuid import UUID

from pydantic import ConfigDict, TypeAdapter, model_validator

from apps.core.json import JsonObject
from apps.jobs.parameters import Frozen
from apps.providers.base import (
    ImageRequest,
    LipsyncRequest,
    MediaInput,
    ProviderRequest,
    ScenesRequest,
    SongBrief,
    VideoRequest,
)
from apps.providers.capabilities import Capability

_REQUESTS: dict[Capability, TypeAdapter[Any]] = {
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


class Values(Frozen):
    """A typed request's fields except files. `settings` are the flavor's, which only the provider reads."""

    # A release may drop a field that the jobs of the release before still carry.
    model_config = ConfigDict(frozen=True, extra="ignore")

    settings: JsonObject = {}


class ScenesValues(Values):
    """See ScenesRequest."""

    idea: str
    character_description: str = ""
    number_of_scenes: int | None = None
    slots: tuple[tuple[float, float], ...] = ()
    song: SongBrief | None = None
    seed: int = 0


class ImageValues(Values):
    """See ImageRequest."""

    prompt: str
    width: int
    height: int
    negative_prompt: str = ""
    aspect_ratio: str = "16:9"
    purpose: Literal["scene", "character_reference"] = "scene"
    num_images: int = 1
    seed: int = 0
    picture: JsonObject = {}


class VideoValues(Values):
    """See VideoRequest."""

    prompt: str
    duration_seconds: float
    width: int
    height: int
    fps: str = "24"
    frames: int | None = None
    negative_prompt: str = ""
    aspect_ratio: str = "16:9"
    energy: tuple[float, ...] = ()
    beat_seconds: tuple[float, ...] = ()
    seed: int = 0
    picture: JsonObject = {}


class LipsyncValues(Values):
    """See LipsyncRequest."""

    temperature: float | None = None
    active_speaker_detection: bool | None = None
    occlusion_detection_enabled: bool | None = None


AnyValues = ScenesValues | ImageValues | VideoValues | LipsyncValues
_VALUES: dict[Capability, type[AnyValues]] = {
    Capability.SCENES: ScenesValues,
    Capability.IMAGE: ImageValues,
    Capability.VIDEO: VideoValues,
    Capability.LIPSYNC: LipsyncValues,
}


class FrozenRequest(Frozen):
    """`values` has the typed request's fields except files, which are in `inputs` by field name."""

    capability: Capability
    values: AnyValues
    inputs: dict[str, InputSource] = {}

    @classmethod
    def of(cls, values: AnyValues, inputs: Mapping[str, InputSource] | None = None) -> "FrozenRequest":
        capability = next(capability for capability, model in _VALUES.items() if isinstance(values, model))
        return cls(capability=capability, values=values, inputs=dict(inputs or {}))

    def with_settings(self, settings: JsonObject) -> "FrozenRequest":
        """Return the same request with another resolved configuration."""
        values = self.values.model_copy(update={"settings": dict(settings)})
        return self.model_copy(update={"values": values})

    @model_validator(mode="before")
    @classmethod
    def _values_of_capability(cls, stored: Any) -> Any:
        """Read the values by the capability's model: their JSON does not say what they are."""
        if not isinstance(stored, dict) or not isinstance(stored.get("values"), dict):
            return stored
        model = _VALUES.get(stored.get("capability", ""))
        return {**stored, "values": model.model_validate(stored["values"])} if model else stored

    def request(self, media: Mapping[str, MediaInput]) -> ProviderRequest:
        """Return the typed request, with `media` in place of the inputs."""
        values = {name: getattr(self.values, name) for name in type(self.values).model_fields}
        request: ProviderRequest = _REQUESTS[self.capability].validate_python({**values, **media})
        return request
