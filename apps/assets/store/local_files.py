"""The one function that deletes stored files from the local disk.

Jobs' scratch folders and the scratch cache are not stored files; other code owns them.
"""

import contextlib
import errno
import fcntl
import os
import stat
from collections.abc import Iterator
from enum import StrEnum
from pathlib import Path

import structlog
from django.conf import settings
from django.db.models import F

from apps.assets.models import StorageTotal
from apps.assets.store.disk import media_root

logger = structlog.get_logger(__name__)


class Deletion(StrEnum):
    """The outcome of a deletion. Only DELETED and MISSING mean that the file is gone."""

    DELETED = "deleted"
    MISSING = "missing"
    IN_USE = "in_use"
    KEPT = "kept"
    FAILED = "failed"


def local_file_delete(path: Path, *, reason: str) -> Deletion:
    """Delete one file of the media folder, and the folders that become empty.

    Nothing outside the media folder is ever touched, even if a link or `..` in the path leads there. A file
    held by a reader (`local_file_hold`) stays: IN_USE; with `MV_KEEP_LOCAL_FILES` every file stays: KEPT.
    If two processes delete concurrently, one gets DELETED, the other MISSING. Never raises for the state of
    the disk; FAILED is logged with its cause.
    """
    if settings.KEEP_LOCAL_FILES:
        return Deletion.KEPT
    root = media_root()
    # Links among the parents are resolved. If the last name is a link, the link is removed, never its target.
    place = path.parent.resolve() / path.name
    log = logger.bind(path=str(path), reason=reason)
    if not place.is_relative_to(root) or place == root:
        log.error("failed_to_delete_local_file", error="the path leaves the media folder")
        return Deletion.FAILED
    names = place.relative_to(root).parts
    try:
        with _folder(root, names[:-1]) as folder:
            size = _unlink(names[-1], folder)
    except FileNotFoundError:
        log.warning("local_file_not_found")
        outcome = Deletion.MISSING
    except BlockingIOError:
        log.info("local_file_in_use")
        return Deletion.IN_USE
    except OSError as error:
        log.error("failed_to_delete_local_file", error=str(error), errno=errno.errorcode.get(error.errno or 0))
        return Deletion.FAILED
    else:
        log.info("local_file_deleted", size_bytes=size)
        total_add(f"local_{reason}", size_bytes=size)
        outcome = Deletion.DELETED
    _remove_empty_folders(root, names[:-1])
    return outcome


@contextlib.contextmanager
def local_file_hold(path: Path) -> Iterator[bool]:
    """Protect the file from deletion while the block runs. Yields False if it doesn't exist (anymore)."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
    except FileNotFoundError:
        yield False
        return
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH)
        # Deleted between opening and locking: the descriptor would work, but the name is gone.
        yield os.fstat(descriptor).st_nlink > 0
    finally:
        os.close(descriptor)


def total_add(name: str, *, size_bytes: int, files: int = 1) -> None:
    """Add to a running total shown in /metrics."""
    StorageTotal.objects.get_or_create(name=name)
    StorageTotal.objects.filter(name=name).update(files=F("files") + files, size_bytes=F("size_bytes") + size_bytes)


@contextlib.contextmanager
def _folder(root: Path, names: tuple[str, ...]) -> Iterator[int]:
    """Yield a descriptor of the folder, opened without following links, even ones created a moment ago."""
    descriptor = os.open(root, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        for name in names:
            deeper = os.open(name, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=descriptor)
            os.close(descriptor)
            descriptor = deeper
        yield descriptor
    finally:
        os.close(descriptor)


def _unlink(name: str, folder: int) -> int:
    """Remove the name and return the file's size. Raises BlockingIOError while a reader holds the file."""
    facts = os.stat(name, dir_fd=folder, follow_symlinks=False)
    if stat.S_ISREG(facts.st_mode):
        descriptor = os.open(name, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=folder)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            os.unlink(name, dir_fd=folder)
        finally:
            os.close(descriptor)
    else:
        os.unlink(name, dir_fd=folder)
    return facts.st_size


def _remove_empty_folders(root: Path, names: tuple[str, ...]) -> None:
    for depth in range(len(names), 0, -1):
        try:
            with _folder(root, names[: depth - 1]) as parent:
                os.rmdir(names[depth - 1], dir_fd=parent)
        except OSError:
            # Not empty, or another process was faster: nothing to do either way.
            return
