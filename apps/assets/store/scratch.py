"""The scratch cache: copies of bucket objects on this machine, limited in bytes, shared by its processes.

Each entry has a lock file. Readers hold it shared; fetching and evicting hold it exclusively, so a copy is
fetched once and is never removed while it is being read. The locks are flocks: they end with their process.
"""

import contextlib
import fcntl
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import structlog
from django.conf import settings

from apps.assets.models import Asset
from apps.assets.store.storage import object_fetch

logger = structlog.get_logger(__name__)

LOCK_SUFFIX = ".lock"
PART_SUFFIX = ".part"


@dataclass(frozen=True)
class CachedFile:
    path: Path
    size_bytes: int
    used_at: float


def cache_root() -> Path:
    root = Path(settings.SCRATCH_ROOT) / "cache"
    root.mkdir(parents=True, exist_ok=True)
    return root


@contextlib.contextmanager
def cached_copy(asset: Asset, *, check: Callable[[], None] | None = None) -> Iterator[Path]:
    """Yield the asset's bytes as a local file that stays while the block runs. Raises StorageUnavailable."""
    # Named by content, so equal files share a copy; the suffix helps tools that rely on it.
    place = cache_root() / f"{asset.sha256}{Path(asset.key).suffix}"
    try:
        with _copy_locked(place, asset, check):
            os.utime(place)
            yield place
    finally:
        cache_trim()


@contextlib.contextmanager
def _copy_locked(place: Path, asset: Asset, check: Callable[[], None] | None) -> Iterator[None]:
    while True:
        with _lock(place, fcntl.LOCK_SH):
            if place.exists():
                yield
                return
        with _lock(place, fcntl.LOCK_EX) as descriptor:
            if not place.exists():
                _fetch(place, asset, check)
            # Converting the lock to a shared one releases it for a moment. If the entry is evicted in that
            # moment, it is fetched again.
            fcntl.flock(descriptor, fcntl.LOCK_SH)
            if place.exists() and _is_current(descriptor, place):
                yield
                return


def _fetch(place: Path, asset: Asset, check: Callable[[], None] | None) -> None:
    cache_trim(room_for_bytes=asset.size_bytes)
    # Resume a partial file that a killed worker left; nothing else can be writing it now.
    part = place.with_name(place.name + PART_SUFFIX)
    object_fetch(asset, part, check=check)
    part.replace(place)
    logger.info("scratch_fetched", key=asset.key, size_bytes=asset.size_bytes)


@contextlib.contextmanager
def _lock(place: Path, mode: int) -> Iterator[int]:
    """Hold the entry's lock. With LOCK_NB in `mode`, raises BlockingIOError instead of waiting."""
    while True:
        descriptor = os.open(_lock_path(place), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
        try:
            fcntl.flock(descriptor, mode)
            if _is_current(descriptor, place):
                yield descriptor
                return
        finally:
            os.close(descriptor)


def _lock_path(place: Path) -> Path:
    return place.with_name(place.name + LOCK_SUFFIX)


def _is_current(descriptor: int, place: Path) -> bool:
    """Whether the lock file still exists: eviction removes it with the entry, and a lock on a removed file is void."""
    try:
        return _lock_path(place).stat().st_ino == os.fstat(descriptor).st_ino
    except FileNotFoundError:
        return False


def cached_files() -> list[CachedFile]:
    """Return everything that takes space in the cache, least recently used first. Lock files take none."""
    files = []
    with os.scandir(cache_root()) as entries:
        for entry in entries:
            if entry.name.endswith(LOCK_SUFFIX):
                continue
            with contextlib.suppress(FileNotFoundError):
                facts = entry.stat(follow_symlinks=False)
                files.append(CachedFile(Path(entry.path), facts.st_size, facts.st_mtime))
    return sorted(files, key=lambda file: file.used_at)


def cache_trim(*, room_for_bytes: int = 0) -> int:
    """Remove the least recently used copies until the limit holds, and return the bytes freed.

    Copies in use are skipped, so the cache can exceed the limit by at most what is being read at one time.
    """
    files = cached_files()
    excess = sum(file.size_bytes for file in files) + room_for_bytes - settings.SCRATCH_MAX_BYTES
    freed = 0
    for file in files:
        if freed >= excess:
            break
        if _evict(file.path):
            freed += file.size_bytes
    if freed:
        logger.info("scratch_evicted", size_bytes=freed)
    return freed


def _evict(path: Path) -> bool:
    place = path.with_name(path.name.removesuffix(PART_SUFFIX))
    try:
        with _lock(place, fcntl.LOCK_EX | fcntl.LOCK_NB):
            path.unlink()
            if not place.exists():
                _lock_path(place).unlink()
    except (BlockingIOError, FileNotFoundError):
        return False
    return True
