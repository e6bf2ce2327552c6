"""Housekeeping of stored files: retry failed uploads and delete leftover copies.

The row is the outbox. A lost, duplicate or late message only changes when the work happens.
"""

import socket
from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import partial
from uuid import UUID

import structlog
from celery import current_app
from django.conf import settings
from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone
from kombu.exceptions import OperationalError

from apps.assets.models import Asset, MediaFolder, StoredIn
from apps.assets.store.bucket import bucket_get
from apps.assets.store.digest import file_digest
from apps.assets.store.disk import local_path, media_folder_id
from apps.assets.store.local_files import Deletion, local_file_delete, local_file_hold
from apps.assets.store.storage import Upload, object_upload

logger = structlog.get_logger(__name__)

RETRY_FIRST_SECONDS = 30
RETRY_LONGEST_SECONDS = 3600
# Longer than any upload that is still making progress. If a worker is killed, another takes over after this.
UPLOAD_LEASE_SECONDS = 1800
# The job that creates a file deletes its local copy itself; only after this is it presumed dead.
LEFTOVER_GRACE_SECONDS = 120
LEFTOVER_LEASE_SECONDS = 3600
DISPATCH_LIMIT = 500
FORGET_FOLDER_DAYS = 30
# A machine that was offline for longer has received newer messages.
MESSAGE_LIFETIME_SECONDS = 3600
UPLOAD_TASK = "workers.housekeeping.asset_upload"
DISK_ROUND_TASK = "workers.housekeeping.disk_round"
OBJECTS_DELETE_TASK = "workers.housekeeping.objects_delete"
HOUSEKEEPING_QUEUE = "housekeeping"
DROP_TASK = "workers.housekeeping.asset_local_copy_drop"


def disk_queue(media_folder: str) -> str:
    """Return the queue of the workers that share this media folder; each worker listens to its own."""
    return f"disk-{media_folder}"


def storage_work_dispatch(*, now: datetime) -> int:
    """Ask the workers of each disk to upload what is due and delete leftover copies; return how many were sent.

    Leases the rows, so that an offline machine gets one message an hour instead of one a minute.
    """
    pending = Asset.objects.filter(upload_pending=True, next_upload_at__lte=now)
    # With MV_KEEP_LOCAL_FILES every copy is kept, so there are no leftovers.
    stored = Asset.objects.none() if settings.KEEP_LOCAL_FILES else Asset.objects.filter(stored_in=StoredIn.BUCKET)
    leftover = stored.filter(
        Q(next_upload_at__lte=now)
        | Q(next_upload_at=None, verified_at__lte=now - timedelta(seconds=LEFTOVER_GRACE_SECONDS)),
    ).exclude(media_folder="")
    return _lease_and_send(pending, UPLOAD_TASK, now + timedelta(seconds=UPLOAD_LEASE_SECONDS)) + _lease_and_send(
        leftover, DROP_TASK, now + timedelta(seconds=LEFTOVER_LEASE_SECONDS)
    )


def _lease_and_send(due: QuerySet[Asset], task: str, leased_until: datetime) -> int:
    with transaction.atomic():
        rows = list(due.select_for_update(skip_locked=True).order_by("next_upload_at")[:DISPATCH_LIMIT])
        Asset.objects.filter(pk__in=[row.pk for row in rows]).update(next_upload_at=leased_until)
        for row in rows:
            transaction.on_commit(partial(_send, task, disk_queue(row.media_folder), asset_id=str(row.pk)))
    return len(rows)


def media_folder_register(*, now: datetime) -> None:
    """Register this machine's media folder for the nightly sweep; for workers that start, and every minute."""
    MediaFolder.objects.update_or_create(
        id=media_folder_id(), defaults={"host": socket.gethostname()[:255], "seen_at": now}
    )


def disk_round_dispatch(*, now: datetime) -> None:
    """Ask a worker on each machine to sweep and check its disk. Forget machines not seen for a month."""
    seen = MediaFolder.objects.filter(seen_at__gt=now - timedelta(days=FORGET_FOLDER_DAYS))
    for media_folder in seen.order_by("pk").values_list("pk", flat=True):
        _send(DISK_ROUND_TASK, disk_queue(media_folder))


def _send(task: str, queue: str, **arguments: object) -> None:
    try:
        current_app.send_task(
            task, kwargs=arguments, queue=queue, ignore_result=True, retry=False, expires=MESSAGE_LIFETIME_SECONDS
        )
    except OperationalError as error:
        logger.warning("task_not_sent", task=task, error=str(error), **arguments)


def asset_upload(asset_id: UUID) -> bool:
    """Retry a pending upload from the machine that has the file; return whether the object is verified.

    Safe to run concurrently and to be killed at any point: the row changes only after the verification, and the
    local copy is deleted only after the row has changed.
    """
    asset = Asset.objects.filter(pk=asset_id, upload_pending=True).first()
    if asset is None:
        return False
    upload = _upload(asset)
    if not upload.verified_at:
        seconds = min(RETRY_FIRST_SECONDS * 2**asset.upload_attempts, RETRY_LONGEST_SECONDS)
        Asset.objects.filter(pk=asset_id, upload_pending=True).update(
            upload_attempts=asset.upload_attempts + 1,
            upload_error=upload.error,
            next_upload_at=timezone.now() + timedelta(seconds=seconds),
        )
        return False
    changed = Asset.objects.filter(pk=asset_id).update(
        stored_in=StoredIn.BUCKET,
        etag=upload.etag,
        verified_at=upload.verified_at,
        upload_pending=False,
        upload_error="",
        next_upload_at=None,
    )
    if changed:
        asset_local_copy_drop(asset_id)
    else:
        # The asset was deleted during the upload.
        asset_files_delete([(asset.key, True)])
    return bool(changed)


def _upload(asset: Asset) -> Upload:
    place = local_path(asset.key)
    with local_file_hold(place) as held:
        if not held:
            logger.error("asset_file_missing", asset_id=str(asset.pk), key=asset.key)
            return Upload(error="The file is missing from this machine's media folder. Restore it from a backup.")
        digest = file_digest(place, with_etag=True)
        if digest.sha256 != asset.sha256:
            logger.error("asset_file_differs", asset_id=str(asset.pk), key=asset.key)
            return Upload(error="The local file was changed after it was stored. Restore it from a backup.")
        return object_upload(place, key=asset.key, content_type=asset.content_type, digest=digest)


def asset_local_copy_drop(asset_id: UUID) -> Deletion | None:
    """Delete the local copy of an asset whose object is verified. Return None if there is nothing to do here."""
    asset = Asset.objects.filter(pk=asset_id, stored_in=StoredIn.BUCKET, media_folder=media_folder_id()).first()
    if asset is None:
        return None
    outcome = local_file_delete(local_path(asset.key), reason="uploaded")
    if outcome in (Deletion.DELETED, Deletion.MISSING):
        Asset.objects.filter(pk=asset_id, stored_in=StoredIn.BUCKET).update(media_folder="", next_upload_at=None)
    return outcome


def asset_files_delete(keys: Sequence[tuple[str, bool]]) -> None:
    """Delete the files of assets whose rows are gone. Each key comes with whether it is in the bucket.

    Files on this disk are deleted now; objects are deleted by a worker, which retries while the bucket is
    unavailable. Files on another machine's disk are orphans there, and its nightly sweep removes them.
    """
    for key, _ in keys:
        place = local_path(key)
        if place.exists():
            local_file_delete(place, reason="removed")
    if objects := [key for key, in_bucket in keys if in_bucket]:
        _send(OBJECTS_DELETE_TASK, HOUSEKEEPING_QUEUE, keys=objects)


def objects_delete(keys: Sequence[str]) -> None:
    """Delete objects that have no row. Idempotent. Raises StorageUnavailable at the first that fails."""
    bucket = bucket_get()
    if bucket is None:
        return
    known = set(Asset.objects.filter(key__in=keys).values_list("key", flat=True))
    for key in keys:
        if key not in known:
            bucket.delete(key)
