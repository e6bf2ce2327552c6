"""The files of subjects' pictures: deleted with the last row that uses them."""

from collections.abc import Iterable

import structlog
from django.db import transaction
from django.db.models import ProtectedError

from apps.accounts.models import User
from apps.assets.models import Asset
from apps.assets.services import asset_delete
from apps.core.errors import InputError
from apps.projects.models import PictureOrigin, Subject, SubjectPicture

log = structlog.get_logger(__name__)


# Of its shorter side: a face shows nothing in less, and models refuse it.
LEAST_PIXELS = 64


def picture_check(asset: Asset, *, name: str) -> None:
    """Raise InputError, for the field `name`, if the picture is too small to show how somebody looks."""
    shorter = min(asset.width or LEAST_PIXELS, asset.height or LEAST_PIXELS)
    if shorter < LEAST_PIXELS:
        detail = (
            f"The picture is too small, {asset.width} × {asset.height} pixels. "
            f"Choose one of at least {LEAST_PIXELS} pixels each way."
        )
        raise InputError(detail, errors={name: [detail]})


def picture_files(subjects: Iterable[Subject]) -> list[Asset]:
    """Return the files made or uploaded for these subjects; not those that are also something else, such as a scene's
    image."""
    pictures = SubjectPicture.with_removed.filter(subject__in=list(subjects)).exclude(origin=PictureOrigin.CHOSEN)
    return list(Asset.objects.filter(pk__in=pictures.values("asset")))


def picture_files_delete(*, by: User, files: Iterable[Asset]) -> None:
    """Delete the files that no row points at any more. Call it inside the transaction that removed the pictures."""
    for asset in files:
        if _is_used(asset):
            continue
        try:
            with transaction.atomic():
                asset_delete(by=by, asset=asset)
        except ProtectedError:
            log.info("asset_still_used", asset_id=str(asset.pk))


def _is_used(asset: Asset) -> bool:
    pointing = (one for one in asset._meta.related_objects if one.related_model is not Asset)
    return any(one.related_model._base_manager.filter(**{one.field.name: asset}).exists() for one in pointing)
