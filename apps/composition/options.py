"""The options of a composed video: the flavor's, overridden by the project's, then by the caller's."""

import math
from enum import StrEnum
from typing import Literal

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    SerializerFunctionWrapHandler,
    field_validator,
    model_serializer,
)

from apps.composition.models import Transition
from apps.core.errors import InputError
from apps.core.json import JsonObject
from engines.composing.shot_plan import TransitionKind
from engines.lyrics.caption_look import CaptionLook, CaptionPreset, CaptionStyle
from engines.lyrics.fonts import family_named
from engines.media.formats import Encoding
from engines.media.framing import PictureFit

_ENCODINGS = {"draft": Encoding.DRAFT, "standard": Encoding.FINAL, "high": Encoding.HIGH}


class CaptionTrack(StrEnum):
    """Where the video shows its captions."""

    BURNED = "burned"  # in the picture
    SOFT = "soft"  # as a track of the file, which viewers can turn on
    BOTH = "both"


class _OnlySet(BaseModel):
    """A value that isn't set is left out of the JSON."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    @model_serializer(mode="wrap")
    def _only_set(self, dump: SerializerFunctionWrapHandler) -> JsonObject:
        return {name: value for name, value in dump(self).items() if name in self.model_fields_set}


class Captions(_OnlySet):
    """How a video shows the words of its song. `font` is a family's name; "" leaves it to the words' scripts."""

    style: CaptionStyle = CaptionStyle.NONE
    track: CaptionTrack = CaptionTrack.BURNED
    font: str = ""
    preset: CaptionPreset = CaptionPreset.CLEAN

    @field_validator("font")
    @classmethod
    def _known(cls, font: str) -> str:
        """A font of another installation is left to the scripts."""
        try:
            return family_named(font).name if font else ""
        except InputError:
            return ""

    @property
    def burned(self) -> bool:
        return self.style is not CaptionStyle.NONE and self.track is not CaptionTrack.SOFT

    @property
    def soft(self) -> bool:
        return self.style is not CaptionStyle.NONE and self.track is not CaptionTrack.BURNED

    @property
    def look(self) -> CaptionLook:
        return CaptionLook(self.style, self.preset, self.font)

    def changed(self, values: JsonObject) -> "Captions":
        """Return the captions with these values; all of them are set."""
        return Captions.model_validate({name: getattr(self, name) for name in Captions.model_fields} | values)


class ComposeOptions(BaseModel):
    """Resolved options; the fields are those of a flavor's `compose_params.yaml`. Volumes are factors."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    fit: Literal["fill", "fit", "follow"] = "fit"
    background: Literal["blur", "black"] = "blur"
    short_clip: Literal["hold", "slow", "loop", "bounce"] = "hold"
    slowest: float = Field(default=0.5, ge=0.25, le=1)
    transition: Transition = Transition.NONE
    transition_seconds: float = Field(default=0.5, gt=0, le=3)
    clip_sound_volume: float = Field(default=0.0, ge=0, le=4)
    song_volume: float = Field(default=1.0, gt=0, le=2)
    fade_in_seconds: float = Field(default=0.0, ge=0, le=10)
    fade_out_seconds: float = Field(default=0.0, ge=0, le=10)
    loudness_lufs: float | None = Field(default=None, ge=-40, le=-5)
    quality: Literal["draft", "standard", "high"] = "standard"
    color_match: bool = False
    captions: Captions = Captions()
    skip_missing: bool = False
    reencode: bool = False

    @property
    def picture_fit(self) -> PictureFit:
        if self.fit != "fit":
            return PictureFit(self.fit)
        return PictureFit.BLUR if self.background == "blur" else PictureFit.BARS

    @property
    def encoding(self) -> Encoding:
        return _ENCODINGS[self.quality]


class OptionChanges(_OnlySet, ComposeOptions):
    """Some of the options, as a project, an output or a caller sets them. One that isn't set is left to the flavor."""

    def told(self) -> JsonObject:
        """Return the JSON for a row."""
        return self.model_dump(mode="json")


def resolved_options(flavor: JsonObject, *over: OptionChanges) -> ComposeOptions:
    """Merge the flavor's `compose_params` with changes; later ones take precedence."""
    values = dict(flavor)
    captions = Captions()
    for more in over:
        told = more.told()
        captions = captions.changed(told.pop("captions", {}))
        values |= told
    values["captions"] = captions
    return ComposeOptions.model_validate(values)


def transition_kind(name: str) -> TransitionKind | None:
    """Return the engine's kind of transition; None for a hard cut."""
    return TransitionKind[name.upper()] if name and name != Transition.NONE else None


def decibels(factor: float) -> float:
    return round(20 * math.log10(factor), 3)
