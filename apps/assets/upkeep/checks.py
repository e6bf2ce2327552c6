"""The nightly check that storage contains what the rows say, and nothing else."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import structlog
from django.conf import settings
from django.db.models import F
from django.db.models.functions import Collate
from django.utils import timezone

from apps.assets.models import Asset, StorageCheck, StoredIn
from apps.assets.store.bucket import ObjectFacts, bucket_get
from apps.assets.store.digest import file_digest
from apps.assets.store.disk import local_path, media_folder_id
from apps.assets.store.local_files import local_file_hold
from apps.assets.store.shared_segments import PREFIX as SEGMENTS_PREFIX
from apps.assets.upkeep.sweep import KEY_PREFIXES

logger = structlog.get_logger(__name__)

# Bytes of local files read each night to verify checksums, least recently verified first.
READ_LIMIT_BYTES = 50 * 1024**3
# A job started now with a link that expires sooner than this may find it expired.
LINK_WARNING_SECONDS = 6 * 3600
# Reports older than this are deleted.
KEEP_DAYS = 30
EXAMPLES = 100
BUCKET_PLACE = "bucket"


@dataclass
class Findings:
    files_checked: int = 0
    bytes_read: int = 0
    counts: Counter[str] = field(default_factory=Counter)
    examples: list[dict[str, Any]] = field(default_factory=list)

    def add(self, problem: str, key: str, asset_id: object = None) -> None:
        self.counts[problem] += 1
        if len(self.examples) < EXAMPLES:
            self.examples.append({"problem": problem, "key": key, "asset_id": str(asset_id) if asset_id else None})
        logger.error("storage_problem", problem=problem, key=key, asset_id=str(asset_id))


def disk_check(*, now: datetime, read_limit_bytes: int = READ_LIMIT_BYTES) -> StorageCheck:
    """Check every row whose only copy is in this machine's media folder: existence, size and content."""
    findings = Findings()
    rows = Asset.objects.filter(stored_in=StoredIn.DISK, media_folder=media_folder_id())
    for asset in rows.order_by(F("verified_at").asc(nulls_first=True)).iterator():
        findings.files_checked += 1
        with local_file_hold(local_path(asset.key)) as held:
            if not held:
                findings.add("file_missing", asset.key, asset.pk)
            elif local_path(asset.key).stat().st_size != asset.size_bytes:
                findings.add("size_differs", asset.key, asset.pk)
            elif findings.bytes_read + asset.size_bytes <= read_limit_bytes:
                _check_content(asset, findings)
    _check_links(now, findings)
    return _saved(media_folder_id(), now, findings)


def _check_content(asset: Asset, findings: Findings) -> None:
    findings.bytes_read += asset.size_bytes
    if file_digest(local_path(asset.key), with_etag=False).sha256 != asset.sha256:
        findings.add("checksum_differs", asset.key, asset.pk)
    else:
        Asset.objects.filter(pk=asset.pk).update(verified_at=timezone.now())


def _check_links(now: datetime, findings: Findings) -> None:
    soon = now + timedelta(seconds=LINK_WARNING_SECONDS)
    for asset in Asset.objects.filter(link_expires_at__gt=now, link_expires_at__lt=soon):
        findings.counts["link_expires_soon"] += 1
        logger.info("link_expires_soon", asset_id=str(asset.pk), expires_at=asset.link_expires_at)


def bucket_check(*, now: datetime) -> StorageCheck | None:
    """Compare every object with its row in one listing: missing, unknown, other size, other ETag.

    Returns None without a bucket. Raises StorageUnavailable.
    """
    bucket = bucket_get()
    if bucket is None:
        return None
    findings = Findings()
    # Both are ordered by the bytes of their keys, so one pass over each is enough.
    rows = iter(
        Asset.objects.filter(stored_in=StoredIn.BUCKET, verified_at__lt=now)
        .order_by(Collate("key", "C"))
        .only("key", "size_bytes", "etag")
        .iterator()
    )
    listed = (facts for prefix in KEY_PREFIXES for facts in bucket.objects(prefix))
    objects = (facts for facts in listed if not facts.key.startswith(SEGMENTS_PREFIX))
    for row, found in _paired_by_key(rows, objects):
        findings.files_checked += 1
        if row is None and found is not None:
            _check_unknown(found, now, findings)
        elif row is not None and found is None:
            findings.add("object_missing", row.key, row.pk)
        elif row is not None and found is not None:
            if found.size_bytes != row.size_bytes:
                findings.add("size_differs", row.key, row.pk)
            elif found.etag != row.etag:
                findings.add("checksum_differs", row.key, row.pk)
    return _saved(BUCKET_PLACE, now, findings)


def _check_unknown(found: ObjectFacts, now: datetime, findings: Findings) -> None:
    """Report an old object without a row as an orphan. A new one may belong to a job about to create its row."""
    is_old = found.modified_at < now - timedelta(hours=settings.ORPHAN_MAX_AGE_HOURS)
    if is_old and not Asset.objects.filter(key=found.key).exists():
        findings.add("object_unknown", found.key)


def _paired_by_key(
    rows: Iterator[Asset], objects: Iterator[ObjectFacts]
) -> Iterator[tuple[Asset | None, ObjectFacts | None]]:
    """Yield pairs with the same key, with None where one side lacks it. Both must be ordered by key."""
    row, found = next(rows, None), next(objects, None)
    while row is not None or found is not None:
        if found is None or (row is not None and row.key < found.key):
            yield row, None
            row = next(rows, None)
        elif row is None or found.key < row.key:
            yield None, found
            found = next(objects, None)
        else:
            yield row, found
            row, found = next(rows, None), next(objects, None)


def _saved(place: str, started_at: datetime, findings: Findings) -> StorageCheck:
    StorageCheck.objects.filter(started_at__lt=started_at - timedelta(days=KEEP_DAYS)).delete()
    check = StorageCheck.objects.create(
        place=place,
        started_at=started_at,
        finished_at=timezone.now(),
        files_checked=findings.files_checked,
        bytes_read=findings.bytes_read,
        counts=dict(findings.counts),
        examples=findings.examples,
    )
    logger.info("storage_checked", place=place, files_checked=findings.files_checked, counts=dict(findings.counts))
    return check
