"""A subject's picture taken from a frame of a clip."""

from pathlib import Path
from tempfile import TemporaryDirectory
from uuid import UUID, uuid4

import structlog
from django.conf import settings
from django.db import transaction

from apps.accounts.models import User
from apps.assets.describing import asset_facts
from apps.assets.models import Asset, AssetKind
from apps.assets.services import StoredFile, asset_create, asset_local_copy, file_store
from apps.assets.store.keys import upload_key
from apps.core.errors import InputError, NotFound
from apps.projects.cast.files import LEAST_PIXELS
from apps.projects.cast.selectors import subject_get
from apps.projects.cast.services import picture_add, pictures_check
from apps.projects.models import PictureOrigin, SubjectPicture
from apps.scenes.models import Clip
from engines.composing.shot_plan import picture_seconds
from engines.media.stills import Part, frame_png

log = structlog.get_logger(__name__)


def picture_from_frame(
    *, by: User, project_id: UUID, subject_id: UUID, clip_id: UUID, seconds: float, part: Part | None = None
) -> SubjectPicture:
    """Make the frame that a clip shows at `seconds` the subject's preferred picture, in the clip's full size; or a
    `part` of it: left, top, width and height as shares. The clip may be of any of the user's projects.

    Raises NotFound for a clip that is gone, InputError for a moment or a part outside of it."""
    pictures_check(subject_get(by=by, project_id=project_id, subject_id=subject_id))
    clip = Clip.objects.filter(pk=clip_id, scene__project__owner=by, scene__deleted_at=None).first()
    if clip is None:
        raise NotFound("There is no such clip any more. Choose another scene.", code="no_clip")
    _check_moment(clip.asset, seconds)
    _check_part(clip.asset, part)
    stored = _stored(by, clip.asset, seconds, part)
    taken = {"clip_id": str(clip_id), "time": seconds, "crop": list(part) if part else None}
    with transaction.atomic():
        asset = asset_create(
            owner=by, stored=stored, kind=AssetKind.IMAGE, original_name=_name(clip, seconds), metadata={"frame": taken}
        )
        picture = picture_add(
            by=by, project_id=project_id, subject_id=subject_id, asset=asset, origin=PictureOrigin.FRAME
        )
    log.info("subject_picture_from_frame", subject_id=str(subject_id), clip_id=str(clip_id), seconds=seconds)
    return picture


def _check_moment(video: Asset, seconds: float) -> None:
    ends = float(picture_seconds(asset_facts(video)))
    if seconds < 0 or (ends and seconds > ends):
        detail = f"Choose a time from 0 to {ends:.3f} seconds, which is how long the clip lasts."
        raise InputError(detail, errors={"time": [detail]})


def _check_part(video: Asset, part: Part | None) -> None:
    if part is None:
        return
    left, top, width, height = part
    # Sums of decimals may be a trace over 1.
    inside = left >= 0 and top >= 0 and left + width <= 1 + 1e-6 and top + height <= 1 + 1e-6
    if not inside:
        detail = "The crop goes beyond the picture. All four values are shares of it, from 0 to 1."
        raise InputError(detail, errors={"crop": [detail]})
    if min(width * (video.width or 0), height * (video.height or 0)) < LEAST_PIXELS:
        detail = f"The crop is too small. It has to show at least {LEAST_PIXELS} pixels each way."
        raise InputError(detail, errors={"crop": [detail]})


def _stored(by: User, video: Asset, seconds: float, part: Part | None) -> StoredFile:
    folder = Path(settings.SCRATCH_ROOT) / "frames"
    folder.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(dir=folder) as scratch, asset_local_copy(video) as path:
        picture = frame_png(path, seconds, Path(scratch) / "frame.png", part=part)
        key = upload_key(by.pk, uuid4(), AssetKind.IMAGE, ".png")
        return file_store(picture, key=key, content_type="image/png")


def _name(clip: Clip, seconds: float) -> str:
    return f"scene_{clip.scene.sequence}_{seconds:.3f}s.png"
