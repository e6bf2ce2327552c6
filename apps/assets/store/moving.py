"""Move an installation's files from the disk to the bucket while it runs."""

from collections.abc import Iterator
from dataclasses import dataclass

from django.utils import timezone

from apps.assets.models import Asset, StoredIn
from apps.assets.store.disk import media_folder_id
from apps.assets.upkeep.background import asset_upload


@dataclass(frozen=True)
class MoveStep:
    number: int
    total: int
    key: str
    size_bytes: int
    error: str = ""


def media_move(*, dry_run: bool) -> Iterator[MoveStep]:
    """Upload every file that is only on this machine's disk, and yield one step per file.

    Each file is served from the disk until its object is verified, and from the bucket afterwards. Resumable:
    files already in the bucket are skipped.
    """
    waiting = Asset.objects.filter(stored_in=StoredIn.DISK, media_folder=media_folder_id())
    ids = list(waiting.order_by("created_at").values_list("pk", flat=True))
    for number, asset_id in enumerate(ids, start=1):
        asset = Asset.objects.filter(pk=asset_id).first()
        if asset is None or asset.stored_in == StoredIn.BUCKET:
            continue
        error = ""
        if not dry_run:
            Asset.objects.filter(pk=asset_id, stored_in=StoredIn.DISK).update(
                upload_pending=True, next_upload_at=timezone.now()
            )
            if not asset_upload(asset_id):
                asset.refresh_from_db()
                error = asset.upload_error
        yield MoveStep(number, len(ids), asset.key, asset.size_bytes, error)
