"""One interface for bucket and disk. Nothing outside this package knows which one an installation uses."""

import hashlib
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor, wait
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from pathlib import Path

import structlog
from django.utils import timezone

from apps.assets.errors import StorageUnavailable
from apps.assets.models import Asset, StoredIn
from apps.assets.store.bucket import Bucket, ObjectFacts, PutCondition, bucket_get
from apps.assets.store.digest import FileDigest
from apps.core.errors import WorkCancelled

logger = structlog.get_logger(__name__)

PROGRESS_SECONDS = 0.5


@dataclass(frozen=True)
class Upload:
    """The outcome: `verified_at` is set if the object was verified, `error` if the upload failed."""

    etag: str = ""
    verified_at: datetime | None = None
    error: str = ""


def object_upload(
    path: Path,
    *,
    key: str,
    content_type: str,
    digest: FileDigest,
    on_progress: Callable[[float], None] | None = None,
    fence: Callable[[], None] | None = None,
) -> Upload:
    """Upload a local file to the bucket and verify that it arrived. Never raises for the bucket's state.

    Idempotent: an object that already exists and is correct (the response was lost, or a worker died after
    uploading) is not uploaded again. `on_progress` gets a share from 0 to 1, in the caller's thread; an exception
    it raises stops the upload.

    With a `fence`, the object is replaced only if it hasn't changed since before the fence was called. So a late
    upload by an attempt that is over changes nothing: either the fence stops it, or the bucket rejects it because
    the next attempt has written since.
    """
    bucket = bucket_get()
    if bucket is None:
        return Upload(error="No bucket is configured. Set STORAGE_BUCKET.")
    interruption = ""
    try:
        seen = bucket.head(key)
        found = _verified(bucket, seen, digest)
        if found is None:
            condition = None
            if fence is not None:
                fence()
                condition = PutCondition(seen)
            put = partial(bucket.put, path, key, content_type=content_type, sha256=digest.sha256, condition=condition)
            interruption = _send(put, key, digest, on_progress=on_progress)
            found = object_verified(bucket, key, digest)
    except StorageUnavailable as error:
        logger.warning("upload_failed", key=key, error=error.message, evidence=error.evidence)
        return Upload(error=error.message)
    if found is None:
        message = interruption or "The bucket's object differs from the uploaded file. It will be uploaded again."
        logger.warning("upload_failed", key=key, error=message)
        return Upload(error=message)
    logger.info("upload_verified", key=key, size_bytes=found.size_bytes)
    return Upload(etag=found.etag, verified_at=timezone.now())


def _send(
    send: Callable[..., None], key: str, digest: FileDigest, *, on_progress: Callable[[float], None] | None
) -> str:
    """Return the error, if any. It isn't final, since a response can get lost after the object was stored."""
    meter = _Meter()
    put = partial(send, on_bytes=meter.add)
    try:
        if on_progress is None:
            put()
        else:
            _run_with_progress(put, meter, digest.size_bytes, on_progress)
    except StorageUnavailable as error:
        logger.warning("upload_interrupted", key=key, error=error.message)
        return error.message
    return ""


class _Meter:
    """Counts bytes from the uploading threads; once stopped, it stops them at their next piece."""

    def __init__(self) -> None:
        self.sent = 0
        self.stopped = False

    def add(self, count: int) -> None:
        if self.stopped:
            raise WorkCancelled("the upload was stopped")
        self.sent += count


def _run_with_progress(
    put: Callable[[], None], meter: _Meter, size_bytes: int, on_progress: Callable[[float], None]
) -> None:
    """Upload in a thread and report progress from the caller's thread, where its database connection works.

    An exception from `on_progress` stops the upload, and the parts sent so far are removed from the server.
    """
    with ThreadPoolExecutor(max_workers=1, thread_name_prefix="upload") as pool:
        future = pool.submit(put)
        try:
            while not wait([future], timeout=PROGRESS_SECONDS).done:
                on_progress(min(1.0, meter.sent / size_bytes))
        except BaseException:
            meter.stopped = True
            raise
    future.result()
    on_progress(1.0)


def object_verified(bucket: Bucket, key: str, digest: FileDigest) -> ObjectFacts | None:
    """Return the object's facts if it has exactly these bytes, else None.

    Size and ETag decide. If the ETag isn't an MD5 (encryption by a key service, some servers) or differs, the
    object is read back and its SHA-256 decides.
    """
    return _verified(bucket, bucket.head(key), digest)


def _verified(bucket: Bucket, facts: ObjectFacts | None, digest: FileDigest) -> ObjectFacts | None:
    if facts is None or facts.size_bytes != digest.size_bytes:
        return None
    if digest.etag and facts.etag == digest.etag:
        return facts
    logger.info("upload_read_back", key=facts.key, etag=facts.etag, expected_etag=digest.etag)
    sha256 = hashlib.sha256()
    for chunk in bucket.chunks(facts.key):
        sha256.update(chunk)
    return facts if sha256.hexdigest() == digest.sha256 else None


def object_fetch(asset: Asset, into: Path, *, check: Callable[[], None] | None = None) -> None:
    """Write the asset's object to `into` and verify its size and SHA-256.

    Resumes if `into` holds the beginning of the file. On failure, `into` keeps what was fetched so far, unless
    that is wrong; then it is removed. Raises StorageUnavailable.
    """
    bucket = bucket_get()
    if bucket is None:
        raise StorageUnavailable("This file is in a bucket, but none is configured. Set STORAGE_BUCKET.")
    sha256 = hashlib.sha256()
    with into.open("a+b") as file:
        file.seek(0)
        while known := file.read(1024 * 1024):
            sha256.update(known)
        if file.tell() < asset.size_bytes:
            for chunk in bucket.chunks(asset.key, start=file.tell()):
                file.write(chunk)
                sha256.update(chunk)
                if check:
                    check()
        received = file.tell()
    if received == asset.size_bytes and sha256.hexdigest() == asset.sha256:
        return
    into.unlink()
    raise StorageUnavailable(
        "The bucket returned different bytes than were stored. Run `manage.py check_storage`.",
        code="object_differs",
        evidence={"key": asset.key, "expected_bytes": asset.size_bytes, "received_bytes": received},
    )


def object_url(asset: Asset, *, lifetime_seconds: int, download_name: str = "") -> str | None:
    """Return a presigned link, or None if this installation serves the file."""
    bucket = bucket_get()
    if asset.stored_in != StoredIn.BUCKET or bucket is None:
        return None
    return bucket.url(asset.key, lifetime_seconds=lifetime_seconds, download_name=download_name)


def file_identity(path: Path) -> tuple[int, int, int]:
    """Return a value that changes when another file takes the path, even one of the same size."""
    facts = path.stat()
    return (facts.st_ino, facts.st_mtime_ns, facts.st_size)
