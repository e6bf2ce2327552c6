"""Remove orphans: files without a row and abandoned temporary folders."""

import contextlib
import os
import shutil
import stat
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import islice
from pathlib import Path
from typing import TypeVar

import structlog
from django.conf import settings
from django.db import transaction

from apps.assets.models import Asset
from apps.assets.store.bucket import Bucket, bucket_get
from apps.assets.store.disk import MEDIA_FOLDER_ID_NAME, media_root
from apps.assets.store.local_files import Deletion, local_file_delete, total_add
from apps.assets.store.locks import key_lock
from apps.assets.store.scratch import cache_root
from apps.assets.store.shared_segments import PREFIX as SEGMENTS_PREFIX

logger = structlog.get_logger(__name__)

Item = TypeVar("Item")

BATCH = 1000
EXAMPLES = 20
# The bucket may be shared; all our keys start with one of these.
KEY_PREFIXES = ("mv/", "users/")


@dataclass
class SweepReport:
    """What was removed, or with `dry_run` what would be. `kept` counts the files that `MV_KEEP_LOCAL_FILES` keeps,
    `failed` those that could not be removed."""

    dry_run: bool
    files: int = 0
    size_bytes: int = 0
    temporary_folders: int = 0
    temporary_bytes: int = 0
    kept: int = 0
    failed: int = 0
    examples: list[str] = field(default_factory=list)

    def add(self, name: str, size_bytes: int) -> None:
        self.files += 1
        self.size_bytes += size_bytes
        if len(self.examples) < EXAMPLES:
            self.examples.append(name)


@dataclass
class BucketReport:
    """Objects under our prefixes that have no row, and multipart uploads that were never finished."""

    deleted: bool
    objects: int = 0
    size_bytes: int = 0
    unfinished_uploads: int = 0
    examples: list[str] = field(default_factory=list)


def orphans_sweep(*, now: datetime, dry_run: bool) -> SweepReport:
    """Remove this machine's orphans older than MV_ORPHAN_MAX_AGE_HOURS."""
    before = (now - timedelta(hours=settings.ORPHAN_MAX_AGE_HOURS)).timestamp()
    report = SweepReport(dry_run=dry_run)
    _sweep_media(report, before)
    _sweep_temporary(report, before)
    logger.info(
        "orphans_swept",
        dry_run=dry_run,
        files=report.files,
        size_bytes=report.size_bytes,
        temporary_folders=report.temporary_folders,
        temporary_bytes=report.temporary_bytes,
        kept=report.kept,
        failed=report.failed,
    )
    return report


def _sweep_media(report: SweepReport, before: float) -> None:
    root = media_root()
    for batch in _batches(_old_files(root, before)):
        keys = {path.relative_to(root).as_posix(): path for path in batch}
        known = set(Asset.objects.filter(key__in=keys).values_list("key", flat=True))
        for key in sorted(set(keys) - known):
            _remove_orphan(report, key, keys[key])


def _batches(items: Iterator[Item]) -> Iterator[list[Item]]:
    while batch := list(islice(items, BATCH)):
        yield batch


def _old_files(root: Path, before: float) -> Iterator[Path]:
    """Yield regular files last written before that time. Links were created by an operator and are left alone."""
    for folder, _, names in os.walk(root):
        for name in names:
            path = Path(folder, name)
            with contextlib.suppress(FileNotFoundError):
                if name == MEDIA_FOLDER_ID_NAME or path.is_symlink():
                    continue
                if path.stat().st_mtime < before:
                    yield path


def _remove_orphan(report: SweepReport, key: str, path: Path) -> None:
    # A job may be creating the row right now; the lock and the second check protect its file.
    with transaction.atomic():
        key_lock(key)
        if Asset.objects.filter(key=key).exists():
            return
        try:
            size = path.stat().st_size
        except FileNotFoundError:
            return
        would = Deletion.KEPT if settings.KEEP_LOCAL_FILES else Deletion.DELETED
        outcome = would if report.dry_run else local_file_delete(path, reason="orphan")
    if outcome == Deletion.DELETED:
        report.add(key, size)
    elif outcome == Deletion.KEPT:
        report.kept += 1
    elif outcome != Deletion.MISSING:
        report.failed += 1


def _sweep_temporary(report: SweepReport, before: float) -> None:
    """Remove old entries of the scratch folder's subfolders, except the cache, which has its own limit."""
    for department in Path(settings.SCRATCH_ROOT).glob("*"):
        if department == cache_root() or not department.is_dir():
            continue
        for entry in department.iterdir():
            size, changed_at = _tree_facts(entry)
            if changed_at >= before:
                continue
            if not report.dry_run:
                _remove_temporary(entry)
                total_add("temporary", size_bytes=size)
            report.temporary_folders += 1
            report.temporary_bytes += size


def _tree_facts(top: Path) -> tuple[int, float]:
    """Return (bytes of the files, the latest change of anything in the tree)."""
    size, changed_at = 0, 0.0
    for path in (top, *top.rglob("*")):
        with contextlib.suppress(FileNotFoundError):
            facts = path.lstat()
            changed_at = max(changed_at, facts.st_mtime)
            size += 0 if stat.S_ISDIR(facts.st_mode) else facts.st_size
    return size, changed_at


def _remove_temporary(entry: Path) -> None:
    with contextlib.suppress(FileNotFoundError):
        if entry.is_dir() and not entry.is_symlink():
            shutil.rmtree(entry)
        else:
            entry.unlink()


def bucket_sweep(*, now: datetime, delete: bool) -> BucketReport | None:
    """Report the bucket's orphans older than the grace period; remove them only with `delete`.

    Returns None without a bucket. Raises StorageUnavailable.
    """
    bucket = bucket_get()
    if bucket is None:
        return None
    before = now - timedelta(hours=settings.ORPHAN_MAX_AGE_HOURS)
    report = BucketReport(deleted=delete)
    for prefix in KEY_PREFIXES:
        # Segments have no rows, and a limit of their own.
        found = (facts for facts in bucket.objects(prefix) if not facts.key.startswith(SEGMENTS_PREFIX))
        old = (facts for facts in found if facts.modified_at < before)
        for batch in _batches(old):
            keys = [facts.key for facts in batch]
            known = set(Asset.objects.filter(key__in=keys).values_list("key", flat=True))
            for facts in batch:
                if facts.key not in known:
                    _bucket_orphan(bucket, report, facts.key, facts.size_bytes)
    for upload in bucket.unfinished_uploads():
        if upload.started_at < before and upload.key.startswith(KEY_PREFIXES):
            report.unfinished_uploads += 1
            if delete:
                bucket.upload_abort(upload)
    logger.info(
        "bucket_swept", deleted=delete, objects=report.objects, size_bytes=report.size_bytes,
        unfinished_uploads=report.unfinished_uploads,
    )  # fmt: skip
    return report


def _bucket_orphan(bucket: Bucket, report: BucketReport, key: str, size_bytes: int) -> None:
    if report.deleted:
        with transaction.atomic():
            key_lock(key)
            if Asset.objects.filter(key=key).exists():
                return
        bucket.delete(key)
        total_add("bucket_orphan", size_bytes=size_bytes)
    report.objects += 1
    report.size_bytes += size_bytes
    if len(report.examples) < EXAMPLES:
        report.examples.append(key)
