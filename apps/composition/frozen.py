"""A plan as stored with a job: JSON that refers to assets by id."""

import hashlib
from collections.abc import Iterable
from fractions import Fraction
from itertools import accumulate
from uuid import UUID

from pydantic import BaseModel, ConfigDict, SerializerFunctionWrapHandler, model_serializer

from apps.core.json import JsonObject
from engines.composing.shot_plan import ShortClip, TransitionKind
from engines.media.flashes import flashes_apart
from engines.media.formats import ClipFormat, Encoding
from engines.media.framing import PictureFit


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


# What a shot holds only where it is set.
_NOT_WRITTEN = {"end", "crop", "still", "matched", "color_reference", "goes_on"}


class FrozenShot(_Frozen):
    """`crop` are keys (seconds of the clip, x, y, zoom) of what stays in view where the plan follows; without them it
    is the clip's own path, or with `still` the focus. `start`, `end` (of what may be shown; None for the clip's own
    end) and `wanted` (the cut's ideal position on the song) are exact seconds as fraction strings. Shots with the same
    `matched` number have their colors brought together, to those of the shot that is the `color_reference`, if one is;
    `goes_on`: it shows the picture of the shot before it, running on. The scene and clip ids are for the record."""

    asset_id: UUID
    frames: int
    start: str = "0"
    end: str | None = None
    short: ShortClip = ShortClip.HOLD
    slowest: float = 0.5
    focus: tuple[float, float] = (0.5, 0.5)
    crop: tuple[tuple[float, float, float, float], ...] | None = None
    still: bool = False
    matched: int | None = None
    color_reference: bool = False
    goes_on: bool = False
    transition: TransitionKind | None = None
    transition_frames: int = 0
    gain_db: float | None = None
    wanted: str | None = None
    name: str = ""
    scene_id: UUID | None = None
    sequence: int | None = None
    clip_id: UUID | None = None

    @model_serializer(mode="wrap")
    def _as_before(self, dump: SerializerFunctionWrapHandler) -> JsonObject:
        """Leave out what plans of earlier releases don't have, so that equal plans have equal fingerprints."""
        values: JsonObject = dump(self)
        return {name: value for name, value in values.items() if value or name not in _NOT_WRITTEN}


# A dip is a flash too: the picture goes dark or white and comes back.
_FLASHING = {TransitionKind.FLASH, TransitionKind.DIP_TO_WHITE, TransitionKind.DIP_TO_BLACK}


def flashing_cuts_apart(shots: Iterable[FrozenShot], fps: Fraction) -> tuple[FrozenShot, ...]:
    """Replace transitions with plain cuts where they would flash more often than is safe for viewers."""
    shots = tuple(shots)
    cuts = accumulate((shot.frames / fps for shot in shots[:-1]), initial=Fraction(0))
    at = {index: float(cut) for index, cut in enumerate(cuts) if index and shots[index].transition in _FLASHING}
    safe = set(flashes_apart(at.values()))
    plain = {"transition": None, "transition_frames": 0}
    return tuple(
        shot.model_copy(update=plain) if index in at and at[index] not in safe else shot
        for index, shot in enumerate(shots)
    )


class FrozenSong(_Frozen):
    asset_id: UUID
    start: str
    end: str
    fade_in_seconds: float = 0.0
    fade_out_seconds: float = 0.0
    loudness_lufs: float | None = None
    gain_db: float = 0.0


class FrozenPlan(_Frozen):
    """`encoding` is the name of an `Encoding`; `fps` is a fraction string. With `reencode` nothing is copied."""

    width: int
    height: int
    fps: str
    encoding: str = Encoding.FINAL.name
    fit: PictureFit = PictureFit.BLUR
    shots: tuple[FrozenShot, ...]
    song: FrozenSong | None = None
    burned_lyrics: str = ""
    soft_lyrics: str = ""
    soft_language: str = ""
    title: str = ""
    artist: str = ""
    reencode: bool = False

    @property
    def fingerprint(self) -> str:
        """Equal for plans that produce the same video; its title doesn't count, nor whether anything is copied."""
        # Tracks that earlier releases planned have no language; what their shots don't have isn't written.
        left_out = {"title", "artist", "reencode", *(() if self.soft_language else ("soft_language",))}
        return hashlib.sha256(self.model_dump_json(exclude=left_out).encode()).hexdigest()

    @property
    def clip_format(self) -> ClipFormat:
        return ClipFormat(self.width, self.height, Fraction(self.fps))
