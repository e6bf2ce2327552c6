"""Test storage step by step with a probe object and explain what went wrong: `manage.py check_storage`."""

import os
import tempfile
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.utils import timezone

from apps.assets.errors import StorageUnavailable
from apps.assets.store.bucket import Bucket, bucket_get
from apps.assets.store.digest import FileDigest, file_digest
from apps.assets.store.disk import media_root
from apps.assets.store.storage import object_verified
from apps.core.errors import StudioError
from apps.core.http import download

PROBE_BYTES = 256 * 1024
LINK_SECONDS = 60
# With less free space than this, a finished project may not fit.
LOW_DISK_BYTES = 5 * 1024**3
SKEW_LIMIT_SECONDS = 300


@dataclass(frozen=True)
class StepResult:
    """`ok` is None for a warning: it works, but there is something to know."""

    name: str
    ok: bool | None
    detail: str


def storage_probe() -> Iterator[StepResult]:
    """Try everything the studio needs from its storage. Stops if a step fails that others depend on."""
    yield _disk()
    bucket = bucket_get()
    if bucket is None:
        yield StepResult("bucket", None, "STORAGE_BUCKET is not set: files stay in the media folder.")
        return
    yield from _settings_warnings(bucket)
    key = f"mv/probe/{uuid.uuid4()}/probe.bin"
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "probe.bin"
        path.write_bytes(os.urandom(PROBE_BYTES))
        try:
            yield from _probe_steps(bucket, key, path)
        finally:
            yield _step("delete", lambda: _delete(bucket, key))


def _probe_steps(bucket: Bucket, key: str, path: Path) -> Iterator[StepResult]:
    digest = file_digest(path, with_etag=True)
    content_type = "application/octet-stream"
    written = _step("write", lambda: bucket.put(path, key, content_type=content_type, sha256=digest.sha256))
    yield written
    if not written.ok:
        return
    yield _step("verify", lambda: _verify(bucket, key, digest))
    yield _step("read a range", lambda: _range(bucket, key, path))
    yield _step("list", lambda: _list(bucket, key))
    yield _step("unfinished uploads", lambda: f"{sum(1 for _ in bucket.unfinished_uploads())} are open.")
    yield _step("clock", lambda: _clock(bucket, key))
    yield _step("presigned link", lambda: _link(bucket, key, digest))


def _step(name: str, action: Callable[[], Any]) -> StepResult:
    try:
        return StepResult(name, True, action() or "works")
    except StudioError as error:
        return StepResult(name, False, f"{error.message} {error.evidence.get('error', '')}".strip())


def _disk() -> StepResult:
    root = media_root()
    facts = os.statvfs(root)
    free = facts.f_bavail * facts.f_frsize
    writable = os.access(root, os.W_OK | os.X_OK)
    if not writable:
        return StepResult("media folder", False, f"{root} is not writable. Correct its owner or MV_DATA_DIR.")
    sentence = f"{root} has {free // 1024**3} GiB free."
    return StepResult("media folder", None if free < LOW_DISK_BYTES else True, sentence)


def _settings_warnings(bucket: Bucket) -> Iterator[StepResult]:
    if bucket.uses_temporary_keys():
        yield StepResult(
            "keys", None, "The keys are temporary: links expire with their session, possibly before they are used."
        )
    host = urlsplit(settings.STORAGE_PUBLIC_ENDPOINT_URL or settings.STORAGE_ENDPOINT_URL).hostname or ""
    if settings.STORAGE_ENDPOINT_URL and not settings.STORAGE_PUBLIC_ENDPOINT_URL and "." not in host:
        yield StepResult(
            "public endpoint", None, f"Links use the host {host!r}, which browsers and providers may not reach. "
            "Set STORAGE_PUBLIC_ENDPOINT_URL to the address that the outside world uses.",
        )  # fmt: skip
    if not settings.STORAGE_ENDPOINT_URL and not settings.STORAGE_REGION:
        yield StepResult("region", None, "STORAGE_REGION is not set; set it to the bucket's region.")


def _verify(bucket: Bucket, key: str, digest: FileDigest) -> str:
    facts = object_verified(bucket, key, digest)
    if facts is None:
        raise StorageUnavailable("The object differs from what was written. Something changes the bytes on the way.")
    if facts.etag != digest.etag:
        return "The ETag isn't an MD5, so every upload is read back for verification. This works, but is slower."
    return "Size and checksum match."


def _range(bucket: Bucket, key: str, path: Path) -> str:
    half = PROBE_BYTES // 2
    if b"".join(bucket.chunks(key, start=half)) != path.read_bytes()[half:]:
        raise StorageUnavailable("The server ignored or changed the requested range. Players can't seek.")
    return "Ranges work."


def _list(bucket: Bucket, key: str) -> str:
    if not any(facts.key == key for facts in bucket.objects(key)):
        raise StorageUnavailable("The new object is not in the list. The nightly check would report it missing.")
    return "Listing works."


def _clock(bucket: Bucket, key: str) -> str:
    facts = bucket.head(key)
    if facts is None:
        raise StorageUnavailable("The object has disappeared.")
    skew = abs((timezone.now() - facts.modified_at).total_seconds())
    if skew > SKEW_LIMIT_SECONDS:
        raise StorageUnavailable(f"The server's clock differs by {skew:.0f} s. Links would be rejected; set the clock.")
    return f"Clocks agree within {skew:.0f} s."


def _link(bucket: Bucket, key: str, digest: FileDigest) -> str:
    url = bucket.url(key, lifetime_seconds=LINK_SECONDS)
    parts = urlsplit(url)
    with tempfile.TemporaryDirectory() as folder:
        fetched = download(url, into=Path(folder) / "fetched", max_bytes=2 * PROBE_BYTES)
        if file_digest(fetched, with_etag=False).sha256 != digest.sha256:
            raise StorageUnavailable(
                f"The link to {parts.netloc} returns other bytes. Does it point to the same bucket?"
            )
    return f"Links to {parts.netloc} open from here."


def _delete(bucket: Bucket, key: str) -> str:
    bucket.delete(key)
    if bucket.head(key) is not None:
        raise StorageUnavailable("The object still exists after its deletion.")
    return "Deleting works."
