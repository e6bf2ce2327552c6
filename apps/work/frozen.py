"""A provider request as stored on a job: JSON without files, and where each file comes from.

Everything is stored when the job is created and read back when it runs, so editing a YAML file or a scene never
changes what was bought.
"""

from collections.abc import Mapping
from fractions import Fraction
from typing import Any, Literal
from uuid import UUID

from pydantic import ConfigDict, TypeAdapter, model_validator

from apps.core.json import JsonObject
from apps.jobs.parameters import Frozen
from apps.providers.capabilities import Capability
from apps.providers.request_types import (
    FacePoint,
    ImageRequest,
    JudgeRequest,
    LipsyncRequest,
    MediaInput,
    ProviderRequest,
    ScenesRequest,
    SongBrief,
    Subject,
    Take,
    TranscriptionRequest,
    VideoRequest,
    VocalsRequest,
)

# Times in files are rounded to less than this.
BEFORE_THE_NEXT_SECONDS = 1e-4

_REQUESTS: dict[Capability, TypeAdapter[Any]] = {
    Capability.SCENES: TypeAdapter(ScenesRequest),
    Capability.IMAGE: TypeAdapter(ImageRequest),
    Capability.VIDEO: TypeAdapter(VideoRequest),
    Capability.LIPSYNC: TypeAdapter(LipsyncRequest),
    Capability.TRANSCRIPTION: TypeAdapter(TranscriptionRequest),
    Capability.VOCALS: TypeAdapter(VocalsRequest),
    Capability.JUDGE: TypeAdapter(JudgeRequest),
}


class ClipFrame(Frozen):
    """A frame of a video, counted from 0 at `fps` (the text of a fraction), whatever the video's own rate is."""

    number: int
    fps: str

    @property
    def seconds(self) -> float:
        """Return the last moment at which it is shown: a picture that begins before the frame's middle is composed
        into it."""
        return float((self.number + Fraction(1, 2)) / Fraction(self.fps)) - BEFORE_THE_NEXT_SECONDS


class InputSource(Frozen):
    """Where a file of the request comes from: one of our assets, or a link that is fetched when the job runs.

    If a range is given, in seconds, only that part of the file is used. In `silences`, in seconds of the file, nothing
    is heard. `frame`: of the video, only this picture. `last_frame_of`: the last frame that this scene shows of its
    clip, once that is made; it is replaced by the frame itself before anything is sent.
    """

    asset_id: UUID | None = None
    url: str = ""
    frame: ClipFrame | None = None
    last_frame_of: UUID | None = None
    start_seconds: float | None = None
    end_seconds: float | None = None
    silences: tuple[tuple[float, float], ...] = ()

    @property
    def seconds(self) -> float | None:
        """Return the length of the range; None if its end is the file's."""
        if self.start_seconds is None or self.end_seconds is None:
            return None
        return self.end_seconds - self.start_seconds


class Values(Frozen):
    """A typed request's fields except files. `settings` are the flavor's, which only the provider reads."""

    # A release may drop a field that the jobs of the release before still carry.
    model_config = ConfigDict(frozen=True, extra="ignore")

    settings: JsonObject = {}


class SubjectValues(Frozen):
    """See Subject. `input` names the file that shows it, or is ""."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    name: str
    kind: str
    description: str = ""
    never_change: str = ""
    wardrobe: str = ""
    input: str = ""

    def subject(self, media: Mapping[str, MediaInput]) -> Subject:
        return Subject(
            self.name, self.kind, self.description, self.never_change, self.wardrobe, picture=media.get(self.input)
        )


class ScenesValues(Values):
    """See ScenesRequest."""

    idea: str
    character_description: str = ""
    subjects: tuple[SubjectValues, ...] = ()
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
    purpose: Literal["scene", "character_reference", "subject"] = "scene"
    view: str = ""
    num_images: int = 1
    subjects: tuple[SubjectValues, ...] = ()
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
    subjects: tuple[SubjectValues, ...] = ()
    seed: int = 0
    take: int = 0
    picture: JsonObject = {}


class LipsyncValues(Values):
    """See LipsyncRequest."""

    temperature: float | None = None
    active_speaker_detection: bool | None = None
    occlusion_detection_enabled: bool | None = None
    face: FacePoint | None = None


class TranscriptionValues(Values):
    """See TranscriptionRequest."""

    language: str = ""


class VocalsValues(Values):
    """See VocalsRequest."""


class TakeValues(Frozen):
    """See Take. `input` names its file, or is "" for one that is still to be made."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    input: str = ""
    start_seconds: float = 0.0
    end_seconds: float = 0.0

    def take(self, media: Mapping[str, MediaInput]) -> Take:
        return Take(media.get(self.input), self.start_seconds, self.end_seconds)


class JudgeValues(Values):
    """See JudgeRequest."""

    prompt: str
    takes: tuple[TakeValues, ...]
    frames_each: int
    subjects: tuple[SubjectValues, ...] = ()


AnyValues = ScenesValues | ImageValues | VideoValues | LipsyncValues | TranscriptionValues | VocalsValues | JudgeValues
_VALUES: dict[Capability, type[AnyValues]] = {
    Capability.SCENES: ScenesValues,
    Capability.IMAGE: ImageValues,
    Capability.VIDEO: VideoValues,
    Capability.LIPSYNC: LipsyncValues,
    Capability.TRANSCRIPTION: TranscriptionValues,
    Capability.VOCALS: VocalsValues,
    Capability.JUDGE: JudgeValues,
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

    def with_input(self, name: str, source: InputSource) -> "FrozenRequest":
        return self.model_copy(update={"inputs": {**self.inputs, name: source}})

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
        subjects: tuple[SubjectValues, ...] = values.get("subjects", ())
        if "subjects" in values:
            values["subjects"] = tuple(one.subject(media) for one in subjects)
        takes: tuple[TakeValues, ...] = values.get("takes", ())
        if "takes" in values:
            values["takes"] = tuple(one.take(media) for one in takes)
        # A picture of its own field stays there as well; the other subjects' are in no field, and neither are takes.
        no_fields = {one.input for one in subjects} - {"character_reference"} | {one.input for one in takes}
        files = {name: one for name, one in media.items() if name not in no_fields}
        request: ProviderRequest = _REQUESTS[self.capability].validate_python({**values, **files})
        return request
