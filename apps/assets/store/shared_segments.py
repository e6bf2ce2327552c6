"""Encoded segments in the bucket, for every machine: the shared part of their caches.

A segment is two objects, named by the hash of everything that determines it: the file, and then a note of its size and
hash and of how it decoded. Without a note that fits, the file doesn't count, so an upload may be cut anywhere. They
have no rows. What isn't there is encoded again.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from pathlib import Path

import structlog
from django.conf import settings

from apps.assets.store.bucket import bucket_get
from apps.core.json import JsonObject

PREFIX = "mv/segments/"
# Each machine's own cache keeps what is used. This copy has to last from the encoding to the join, and for edits.
KEEP_DAYS = 14

log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class SegmentNote:
    """`facts` are those of the cache's entry. `decoded`: what is remembered of each group of its pictures, by key."""

    size_bytes: int
    sha256: str
    facts: JsonObject
    decoded: Mapping[str, JsonObject]


def _keys(key: str) -> tuple[str, str]:
    place = f"{PREFIX}{key[:2]}/{key}"
    return f"{place}.mp4", f"{place}.json"


def segments_are_shared() -> bool:
    """Return whether there is a bucket to share them in."""
    return bucket_get() is not None


def segment_note(key: str) -> SegmentNote | None:
    """Return the note of a stored segment, or None. Raises StorageUnavailable."""
    bucket = bucket_get()
    content = bucket.get_bytes(_keys(key)[1]) if bucket else None
    if content is None:
        return None
    try:
        return SegmentNote(**json.loads(content))
    except (ValueError, TypeError):
        log.warning("segment_note_unreadable", key=key)
        return None


def segment_store(key: str, path: Path, note: SegmentNote) -> None:
    """Upload the file, then its note; an equal one is replaced. Raises StorageUnavailable."""
    if bucket := bucket_get():
        file, about = _keys(key)
        bucket.put(path, file, content_type="video/mp4", sha256=note.sha256)
        bucket.put_bytes(about, json.dumps(asdict(note)).encode())


def segment_fetch(key: str, note: SegmentNote, into: Path) -> bool:
    """Write the segment to the path; False, and nothing there, if it isn't what its note says. Raises
    StorageUnavailable."""
    bucket = bucket_get()
    if bucket is None:
        return False
    digest = hashlib.sha256()
    try:
        with into.open("wb") as file:
            for chunk in bucket.chunks(_keys(key)[0]):
                digest.update(chunk)
                file.write(chunk)
    except BaseException:
        into.unlink(missing_ok=True)
        raise
    if digest.hexdigest() == note.sha256:
        return True
    log.warning("segment_differs_from_note", key=key)
    into.unlink()
    return False


def shared_segments_sweep(*, now: datetime) -> int:
    """Remove segments written before KEEP_DAYS, and the oldest ones beyond MV_SEGMENT_CACHE_BYTES. Returns the bytes
    removed. Raises StorageUnavailable."""
    bucket = bucket_get()
    if bucket is None:
        return 0
    found = sorted(bucket.objects(PREFIX), key=lambda facts: facts.modified_at)
    surplus = sum(facts.size_bytes for facts in found) - settings.SEGMENT_CACHE_BYTES
    freed = 0
    for facts in found:
        if freed >= surplus and facts.modified_at >= now - timedelta(days=KEEP_DAYS):
            break
        bucket.delete(facts.key)
        freed += facts.size_bytes
    log.info("shared_segments_swept", size_bytes=freed)
    return freed
