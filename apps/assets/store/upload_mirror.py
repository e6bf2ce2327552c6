"""Copies of unfinished uploads in the bucket, so that any web machine can continue them.

The machine that received a part has the original; this is a copy for the others. Without a bucket, or while it is
down, an upload continues as long as its requests reach the machine where it started. Each object holds the bytes
starting at the offset in its name. All come from one file, so it doesn't matter which of two overlapping ones is read.
"""

import contextlib
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import IO

import structlog
from django.conf import settings

from apps.assets.errors import StorageUnavailable
from apps.assets.store.bucket import Bucket, bucket_get

PREFIX = "mv/uploads/"
FACTS = "facts.json"
# The size of one object of the copy, and how much is in memory at one time.
PIECE_BYTES = 8 * 1024 * 1024

log = structlog.get_logger(__name__)


@contextlib.contextmanager
def _failures_logged(name: str) -> Iterator[None]:
    try:
        yield
    except StorageUnavailable as error:
        log.warning("upload_mirror_failed", upload=name, reason=error.message)


def facts_mirror(name: str, facts: str) -> None:
    """Announce the upload to the other machines. `name` is the name of its folder."""
    if bucket := bucket_get():
        with _failures_logged(name):
            bucket.put_bytes(f"{PREFIX}{name}/{FACTS}", facts.encode())


def facts_mirrored(name: str) -> str | None:
    """Return what another machine wrote about the upload, or None if it is unknown."""
    bucket = bucket_get()
    key = f"{PREFIX}{name}/{FACTS}"
    if bucket is not None:
        with _failures_logged(name):
            return b"".join(bucket.chunks(key)).decode() if bucket.head(key) else None
    return None


def part_mirror(name: str, file: IO[bytes], *, start: int) -> None:
    """Copy the file's bytes from `start` on."""
    if not (bucket := bucket_get()):
        return
    with _failures_logged(name):
        file.seek(start)
        while piece := file.read(PIECE_BYTES):
            bucket.put_bytes(f"{PREFIX}{name}/{start:016d}", piece)
            start += len(piece)


def parts_fetch(name: str, *, have: int, write: Callable[[bytes], None]) -> None:
    """Pass `write` what other machines received beyond the `have` bytes here, in order and without gaps."""
    if not (bucket := bucket_get()):
        return
    with _failures_logged(name):
        for entry in bucket.objects(f"{PREFIX}{name}/"):
            offset = entry.key.rsplit("/", 1)[-1]
            if not offset.isdecimal() or int(offset) + entry.size_bytes <= have:
                continue
            if int(offset) > have:
                return  # the bytes in between were not copied
            for chunk in bucket.chunks(entry.key, start=have - int(offset)):
                write(chunk)
                have += len(chunk)


def mirror_delete(name: str) -> None:
    if bucket := bucket_get():
        with _failures_logged(name):
            _delete(bucket, f"{PREFIX}{name}/", before=None)


def mirror_sweep(*, now: datetime) -> None:
    """Remove abandoned uploads and leftovers of killed processes: anything older than MV_ORPHAN_MAX_AGE_HOURS."""
    if bucket := bucket_get():
        with _failures_logged(""):
            _delete(bucket, PREFIX, before=now - timedelta(hours=settings.ORPHAN_MAX_AGE_HOURS))


def _delete(bucket: Bucket, prefix: str, *, before: datetime | None) -> None:
    for entry in bucket.objects(prefix):
        if before is None or entry.modified_at < before:
            bucket.delete(entry.key)
