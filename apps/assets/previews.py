"""What a page shows of a stored picture: the picture itself, or a JPEG of one that browsers can't show."""

import re
from uuid import uuid4

from django.db import transaction

from apps.assets.models import Asset, AssetKind
from apps.assets.services import StoredFile, asset_create, asset_local_copy, file_store
from apps.assets.upkeep.background import asset_files_delete
from apps.assets.uploading.uploads import spool_path
from apps.core.errors import NotFound
from apps.core.json import JsonObject
from engines.media.preview import write_preview

_PREVIEW: JsonObject = {"preview": True}


def picture_shown(picture: Asset) -> Asset:
    """Return a picture that browsers show: `picture`, or its preview, which is made and stored when first asked for.

    Not inside a transaction: making one takes up to a few seconds. Raises InputError or MediaToolError for a picture
    that can't be opened, StorageUnavailable or FileMissing."""
    if picture.shown_by_browsers:
        return picture
    return _stored_preview(picture) or _preview_create(picture)


def _stored_preview(picture: Asset) -> Asset | None:
    return picture.parts.filter(metadata__contains=_PREVIEW).first()


def _preview_create(picture: Asset) -> Asset:
    stored = _preview_store(picture)
    with transaction.atomic():
        exists = Asset.objects.select_for_update().filter(pk=picture.pk).exists()
        earlier = _stored_preview(picture)
        if exists and earlier is None:
            owner = picture.owner
            return asset_create(owner=owner, stored=stored, kind=AssetKind.IMAGE, part_of=picture, metadata=_PREVIEW)
    # Another request was faster, or the picture is gone.
    asset_files_delete([(stored.key, bool(stored.upload.verified_at))])
    if earlier is None:
        raise NotFound("This picture was deleted in the meantime.")
    return earlier


def _preview_store(picture: Asset) -> StoredFile:
    path = spool_path()
    try:
        with asset_local_copy(picture) as original:
            facts = write_preview(original, path)
        return file_store(path, key=_preview_key(picture), content_type="image/jpeg", facts=facts)
    finally:
        path.unlink(missing_ok=True)


def _preview_key(picture: Asset) -> str:
    stem = re.sub(r"\.[A-Za-z0-9]+$", "", picture.key)
    return f"{stem}_preview_{uuid4().hex}.jpg"
