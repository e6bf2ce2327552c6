"""A plan as stored with a job: JSON that refers to assets by id, and opening it in a worker."""

import hashlib
from collections.abc import Callable, Iterable
from contextlib import ExitStack
from fractions import Fraction
from itertools import accumulate
from uuid import UUID

from pydantic import BaseModel, ConfigDict

from apps.assets.describing import asset_described
from apps.assets.models import Asset
from apps.assets.services import asset_local_copy
from apps.core.errors import NotFound
from engines.composing.shot_plan import (
    ShortClip,
    Shot,
    ShotPlan,
    SongPart,
    Source,
    Transition,
    TransitionKind,
)
from engines.media.flashes import flashes_apart
from engines.media.formats import ClipFormat, Encoding
from engines.media.framing import PictureFit


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class FrozenShot(_Frozen):
    """`start` and `wanted` (the cut's ideal position on the song) are exact seconds as fraction strings. The scene and
    clip ids are for the record."""

    asset_id: UUID
    frames: int
    start: str = "0"
    short: ShortClip = ShortClip.HOLD
    slowest: float = 0.5
    focus: tuple[float, float] = (0.5, 0.5)
    transition: TransitionKind | None = None
    transition_frames: int = 0
    gain_db: float | None = None
    wanted: str | None = None
    name: str = ""
    scene_id: UUID | None = None
    sequence: int | None = None
    clip_id: UUID | None = None


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
    title: str = ""
    artist: str = ""
    reencode: bool = False

    @property
    def fingerprint(self) -> str:
        """Equal for plans that produce the same video; its title doesn't count, nor whether anything is copied."""
        return hashlib.sha256(self.model_dump_json(exclude={"title", "artist", "reencode"}).encode()).hexdigest()

    @property
    def clip_format(self) -> ClipFormat:
        return ClipFormat(self.width, self.height, Fraction(self.fps))


def plan_opened(frozen: FrozenPlan, files: ExitStack, *, check: Callable[[], None]) -> ShotPlan:
    """Open the plan over local files, kept until `files` closes. Raises NotFound for a deleted asset."""
    ids = {shot.asset_id for shot in frozen.shots} | ({frozen.song.asset_id} if frozen.song else set())
    assets = {asset.pk: asset for asset in Asset.objects.filter(pk__in=ids)}
    if missing := ids - assets.keys():
        raise NotFound("A file this video needs has been deleted.", evidence={"assets": sorted(map(str, missing))})
    sources = {key: _source(asset, files, check) for key, asset in assets.items()}
    return ShotPlan(
        shots=tuple(_shot(shot, sources[shot.asset_id]) for shot in frozen.shots),
        format=frozen.clip_format,
        encoding=Encoding[frozen.encoding],
        fit=frozen.fit,
        song=_song(frozen.song, sources) if frozen.song else None,
        burned_lyrics=frozen.burned_lyrics,
        soft_lyrics=frozen.soft_lyrics,
        title=frozen.title,
        artist=frozen.artist,
        reencode=frozen.reencode,
    )


def _source(asset: Asset, files: ExitStack, check: Callable[[], None]) -> Source:
    check()
    path = files.enter_context(asset_local_copy(asset, check=check))
    return Source(path, asset.sha256, asset_described(asset, path))


def _shot(shot: FrozenShot, source: Source) -> Shot:
    return Shot(
        source=source,
        frames=shot.frames,
        start_seconds=Fraction(shot.start),
        short=shot.short,
        slow_limit=shot.slowest,
        focus=shot.focus,
        transition=Transition(shot.transition, shot.transition_frames) if shot.transition else None,
        audio_gain_db=shot.gain_db,
        wanted_seconds=Fraction(shot.wanted) if shot.wanted is not None else None,
        name=shot.name,
    )


def _song(song: FrozenSong, sources: dict[UUID, Source]) -> SongPart:
    return SongPart(
        source=sources[song.asset_id],
        start_seconds=Fraction(song.start),
        end_seconds=Fraction(song.end),
        fade_in_seconds=song.fade_in_seconds,
        fade_out_seconds=song.fade_out_seconds,
        loudness_lufs=song.loudness_lufs,
        gain_db=song.gain_db,
    )
