"""Opening a frozen plan in a worker: its files, and what was found, or is found now, about its clips."""

from collections.abc import Callable, Collection, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path
from uuid import UUID

from django.conf import settings
from django.db import connection

from apps.assets.describing import asset_described
from apps.assets.models import Asset
from apps.assets.services import asset_local_copy
from apps.composition.colors.measuring import shots_matched
from apps.composition.crops.finding import clip_content, clip_keys
from apps.composition.frozen import FrozenPlan, FrozenShot, FrozenSong
from apps.core.errors import NotFound
from engines.composing.shot_plan import Shot, ShotPlan, SongPart, Source, Transition
from engines.media.crop_path import CropPath, Key
from engines.media.formats import Encoding
from engines.media.framing import PictureFit, same_shape

# Most of a clip's time is waiting for the bucket.
PARALLEL_FETCHES = 8


def plan_opened(frozen: FrozenPlan, files: ExitStack, *, check: Callable[[], None]) -> ShotPlan:
    """Open the plan over local files, kept until `files` closes. Raises NotFound for a deleted asset."""
    ids = {shot.asset_id for shot in frozen.shots} | ({frozen.song.asset_id} if frozen.song else set())
    assets = _assets(ids)
    sources = _sources(assets, files, check)
    framer = _Framer(frozen, assets, check)
    shots = [framer.framed(shot, _shot(shot, sources[shot.asset_id])) for shot in frozen.shots]
    return ShotPlan(
        shots=tuple(shots_matched(frozen, shots, assets, check=check)),
        format=frozen.clip_format,
        encoding=Encoding[frozen.encoding],
        fit=frozen.fit,
        song=_song(frozen.song, sources) if frozen.song else None,
        burned_lyrics=frozen.burned_lyrics,
        soft_lyrics=frozen.soft_lyrics,
        soft_language=frozen.soft_language,
        title=frozen.title,
        artist=frozen.artist,
        reencode=frozen.reencode,
    )


def sources_opened(ids: Collection[UUID], files: ExitStack, *, check: Callable[[], None]) -> dict[UUID, Source]:
    """Open some clips, kept until `files` closes. Raises NotFound for a deleted asset."""
    return _sources(_assets(ids), files, check)


def _assets(ids: Collection[UUID]) -> dict[UUID, Asset]:
    assets = {asset.pk: asset for asset in Asset.objects.filter(pk__in=ids)}
    if missing := set(ids) - assets.keys():
        raise NotFound("A file this video needs has been deleted.", evidence={"assets": sorted(map(str, missing))})
    return assets


def _sources(assets: Mapping[UUID, Asset], files: ExitStack, check: Callable[[], None]) -> dict[UUID, Source]:
    """Fetch all files, several at a time where they come from a bucket, and describe them."""
    opened = [(asset, ExitStack()) for asset in assets.values()]
    for _, file in opened:
        files.push(file)

    def path_of(asset: Asset, file: ExitStack) -> Path:
        check()
        try:
            return file.enter_context(asset_local_copy(asset, check=check))
        finally:
            if in_parallel:
                connection.close()  # the thread's own

    in_parallel = bool(settings.STORAGE_BUCKET)
    if in_parallel:
        with ThreadPoolExecutor(PARALLEL_FETCHES) as pool:
            paths = list(pool.map(path_of, *zip(*opened, strict=True)))
    else:
        paths = [path_of(asset, file) for asset, file in opened]
    return {
        asset.pk: Source(path, asset.sha256, asset_described(asset, path))
        for (asset, _), path in zip(opened, paths, strict=True)
    }


@dataclass
class _Framer:
    """Adds to shots of another shape what was found, or is found now, about their clips."""

    plan: FrozenPlan
    assets: Mapping[UUID, Asset]
    check: Callable[[], None]

    def framed(self, shot: FrozenShot, opened: Shot) -> Shot:
        if same_shape(self.plan.clip_format, opened.source.facts):
            return opened
        asset, path = self.assets[shot.asset_id], opened.source.path
        keys = shot.crop
        if self.plan.fit is PictureFit.FOLLOW and not shot.still and keys is None:
            keys = clip_keys(asset, path, check=self.check)
        crop = CropPath(tuple(Key(*key) for key in keys)) if keys and not shot.still else None
        return replace(opened, path=crop, content=clip_content(asset, path))


def _shot(shot: FrozenShot, source: Source) -> Shot:
    return Shot(
        source=source,
        frames=shot.frames,
        start_seconds=Fraction(shot.start),
        end_seconds=Fraction(shot.end) if shot.end is not None else None,
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
