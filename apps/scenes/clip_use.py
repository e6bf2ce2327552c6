"""Which part of its clip a scene shows: from `clip_in` for as long as the scene lasts, but never past `clip_out`.

Both are seconds of the clip. Changing them renders nothing: composing, the preview and the timelines for editors read
them. Each clip remembers the part that was used of it last, so that going back to it shows the same again.
"""

from decimal import Decimal
from fractions import Fraction
from uuid import UUID

from apps.core.errors import InputError
from apps.scenes.checks import LENGTH_TOLERANCE_SECONDS
from apps.scenes.models import Clip, Scene

# A frame at 24 per second, which is the least that can be shown.
SHORTEST_PART_SECONDS = Decimal("0.041667")
_MICROSECOND = Decimal("0.000001")


def clip_seconds(clip: Clip) -> Decimal | None:
    """Return how long the clip's picture lasts; a longer sound doesn't count. None if unknown."""
    asset = clip.asset
    if asset.frames and asset.fps and not asset.variable_frame_rate:
        rate = Fraction(asset.fps)
        return (Decimal(asset.frames * rate.denominator) / rate.numerator).quantize(_MICROSECOND)
    return None if asset.duration_seconds is None else Decimal(str(asset.duration_seconds)).quantize(_MICROSECOND)


def part_seconds(scene: Scene) -> Decimal | None:
    """Return how much of its clip the scene can show. None without a clip of known length."""
    ends = _part_end(scene)
    return None if ends is None else max(ends - scene.clip_in, SHORTEST_PART_SECONDS)


def shown_until(scene: Scene, length: Decimal) -> Decimal | None:
    """Return where in its clip a scene of this length ends; None without a clip."""
    if scene.current_clip is None:
        return None
    ends = _part_end(scene)
    return scene.clip_in + length if ends is None else max(min(ends, scene.clip_in + length), scene.clip_in)


def gap_seconds(scene: Scene, length: Decimal) -> Decimal:
    """Return for how long a scene of this length has no picture of its own; 0 where a viewer wouldn't notice."""
    part = part_seconds(scene)
    gap = Decimal(0) if part is None else length - part
    return gap if gap > Decimal(str(LENGTH_TOLERANCE_SECONDS)) else Decimal(0)


def scene_picture_id(scene: Scene) -> UUID | None:
    """Return the picture that stands for what the scene shows: its clip's own, else the image it was made from."""
    clip = scene.current_clip
    return clip.poster_id if clip is not None and clip.poster_id else scene.image_id


def clip_point(scene: Scene, clip: Clip) -> None:
    """Make `clip` the scene's current one, with the part of it that was used last. The caller saves the scene."""
    old = scene.current_clip
    if old is not None and old.pk != clip.pk:
        Clip.objects.filter(pk=old.pk).update(used_in=scene.clip_in, used_out=scene.clip_out)
    scene.current_clip = clip
    scene.clip_in, scene.clip_out = clip.used_in, clip.used_out


def clip_part(scene: Scene, clip_id: UUID | None) -> tuple[Decimal, Decimal | None]:
    """Return the part that the scene shows of one of its clips, or showed of it last."""
    if clip_id == scene.current_clip_id:
        return scene.clip_in, scene.clip_out
    found = Clip.objects.filter(pk=clip_id).values_list("used_in", "used_out").first() if clip_id else None
    return found or (Decimal(0), None)


def clip_roll(scene: Scene, later: Decimal) -> bool:
    """Let a scene whose start moved by `later` seconds show the same picture at the same time as before, as far as its
    clip has one there. Returns whether that changed its part; the caller saves the scene."""
    ends = _part_end(scene)
    if scene.current_clip is None or ends is None:
        return False
    before = scene.clip_in
    scene.clip_in = max(Decimal(0), min(before + later, ends - SHORTEST_PART_SECONDS))
    return scene.clip_in != before


def clip_use_set(scene: Scene, start: Decimal, end: Decimal | None, *, length: Decimal) -> None:
    """Set the part that a scene of this length may show; the caller saves the scene. An end at or past the scene's own
    is no limit.

    Raises InputError without a clip or for a part outside it."""
    if scene.current_clip is None:
        raise InputError(f"Scene {scene.sequence} has no clip yet. Generate or upload one first.", code="no_video")
    whole = clip_seconds(scene.current_clip)
    if whole is not None and start > whole - SHORTEST_PART_SECONDS:
        raise InputError(
            f"The clip lasts {whole:.3f} seconds; start inside it.", errors={"clip_in": ["past the end of the clip"]}
        )
    if end is not None and end - start < SHORTEST_PART_SECONDS:
        raise InputError("The part must end after it starts.", errors={"clip_out": ["must be after clip_in"]})
    if end is not None and whole is not None and end > whole + Decimal(str(LENGTH_TOLERANCE_SECONDS)):
        raise InputError(
            f"The clip lasts {whole:.3f} seconds; choose a part inside it.",
            errors={"clip_out": ["past the end of the clip"]},
        )
    reached = start + length if whole is None else min(start + length, whole)
    limits = end is not None and (scene.duration is None or end < reached - SHORTEST_PART_SECONDS / 2)
    scene.clip_in, scene.clip_out = start, end if limits else None


def part_after(scene: Scene, passed: Decimal) -> tuple[Decimal, Decimal | None]:
    """Return the part for a scene that goes on with this one's clip after `passed` seconds."""
    ends = _part_end(scene)
    start = scene.clip_in + passed
    return (start if ends is None else max(Decimal(0), min(start, ends - SHORTEST_PART_SECONDS))), scene.clip_out


def goes_on(scene: Scene, after: Scene, length: Decimal) -> bool:
    """Return whether `scene` shows the same file as the one before it, from where that one stops."""
    one, other = after.current_clip, scene.current_clip
    if one is None or other is None or one.asset_id != other.asset_id:
        return False
    return abs(after.clip_in + length - scene.clip_in) < SHORTEST_PART_SECONDS


def _part_end(scene: Scene) -> Decimal | None:
    if scene.current_clip is None:
        return None
    ends = [end for end in (clip_seconds(scene.current_clip), scene.clip_out) if end is not None]
    return min(ends) if ends else None
