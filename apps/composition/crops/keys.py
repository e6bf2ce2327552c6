"""Paths as rows hold them: lists of [seconds of the clip, x, y, zoom]."""

from collections.abc import Sequence
from uuid import UUID

from apps.composition.models import SceneLook
from apps.scenes.models import Clip, Origin
from engines.media.crop_path import Key

StoredKey = tuple[float, float, float, float]


def stored(keys: Sequence[Key]) -> list[StoredKey]:
    return [(key.time, key.x, key.y, key.zoom) for key in keys]


def own_keys(look: SceneLook, clip: Clip) -> tuple[StoredKey, ...] | None:
    """Return the scene's path set by hand, if it was set for the pictures of this clip."""
    if not look.crop_keys or look.crop_clip != pictures_of(clip):
        return None
    return tuple((time, x, y, zoom) for time, x, y, zoom in look.crop_keys)


def pictures_of(clip: Clip) -> UUID:
    """Return the file whose pictures a clip shows: its own, or for a lip-synced one that of its source. The halves of a
    scene that was split, and copies, share it."""
    while clip.origin == Origin.LIPSYNCED and clip.parent is not None:
        clip = clip.parent
    return clip.asset_id
