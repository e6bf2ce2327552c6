"""Worker-side: what stays in view of a clip in other shapes. Found once per file, on first need."""

from collections.abc import Callable
from pathlib import Path

import structlog

from apps.assets.models import Asset
from apps.composition.crops.keys import StoredKey, stored
from apps.composition.models import ClipFraming
from apps.core.errors import InputError, MediaToolError
from apps.jobs.kinds import Kind
from apps.scenes.models import Clip, LipsyncLook, Origin
from apps.work.frozen import LipsyncValues
from apps.work.parameters import LipsyncParameters
from engines.faces.files import FacesUnavailable
from engines.faces.found import ClipFaces
from engines.faces.scan import clip_faces
from engines.following.bars import content_part
from engines.following.find import FacePoint, clip_view
from engines.media.probe import media_facts

log = structlog.get_logger(__name__)

Check = Callable[[], None]


def clip_content(asset: Asset, path: Path) -> tuple[float, float, float, float] | None:
    """Return the part of a clip that isn't black bars; None if that is all of it."""
    row = ClipFraming.objects.filter(asset=asset).first()
    if row is None:
        found = content_part(path, float(media_facts(path).picture_end))
        row, _ = ClipFraming.objects.get_or_create(asset=asset, defaults={"content": found})
    return tuple(row.content) if row.content else None


def clip_keys(asset: Asset, path: Path, *, check: Check) -> tuple[StoredKey, ...]:
    """Return the clip's path; looks at its pictures if nobody has yet."""
    row = ClipFraming.objects.filter(asset=asset).first()
    if row is None or row.keys is None:
        row = _found(asset, path, check)
    return tuple((time, x, y, zoom) for time, x, y, zoom in row.keys or ())


def _found(asset: Asset, path: Path, check: Check) -> ClipFraming:
    def cancelled() -> bool:
        check()
        return False

    view = clip_view(path, lambda: _faces(asset, path, cancelled), lead=_lead(asset), cancelled=cancelled)
    faces = [
        {"face": one.face, "time": one.time, "x": one.x, "y": one.y, "keys": stored(one.keys)} for one in view.faces
    ]
    values = {"content": view.content, "keys": stored(view.keys), "faces": faces}
    row, _ = ClipFraming.objects.update_or_create(asset=asset, defaults=values)
    log.info("clip_framing_found", asset_id=str(asset.pk), keys=len(view.keys), faces=len(faces))
    return row


def _lead(asset: Asset) -> FacePoint | None:
    """Return where the face is that somebody chose when the clip was lip-synced. An order's time is that of the part of
    the source that was sent, which the clip shows."""
    clip = Clip.objects.filter(asset=asset, origin=Origin.LIPSYNCED).select_related("job", "parent__asset").first()
    if clip is None or clip.job is None or clip.job.kind != Kind.LIPSYNC or clip.parent is None:
        return None
    try:
        frozen = LipsyncParameters.read(clip.job).frozen
    except InputError:  # of an earlier release
        return None
    chosen = frozen.values.face if isinstance(frozen.values, LipsyncValues) else None
    width, height = clip.parent.asset.width, clip.parent.asset.height
    if chosen is None or not width or not height:
        return None
    return chosen.time, chosen.x / width, chosen.y / height


def _faces(asset: Asset, path: Path, cancelled: Callable[[], bool]) -> ClipFaces | None:
    """Return the clip's faces as a pre-flight saw them, else look; None if that isn't possible on this machine."""
    known = LipsyncLook.objects.filter(asset=asset).values_list("found", flat=True).first()
    if known and "moments" in known:
        return ClipFaces.from_json(known)
    try:
        return clip_faces(path, cancelled=cancelled)
    except FacesUnavailable as error:
        log.warning("clip_framing_without_faces", reason=error.message)
    except (InputError, MediaToolError) as error:
        log.warning("clip_faces_not_seen", asset_id=str(asset.pk), reason=error.message)
    return None
