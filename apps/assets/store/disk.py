"""The local media folder: where each key is stored in it, and how files get there atomically."""

import contextlib
import errno
import os
import random
import shutil
import time
import uuid
from pathlib import Path

from django.conf import settings

from apps.assets.store.keys import key_checked

MEDIA_FOLDER_ID_NAME = ".media-id"
INCOMING_PREFIX = ".incoming-"
# Another process may remove an empty folder between our creating it and using it.
FOLDER_RACE_TRIES = 500
FOLDER_RACE_PAUSE_SECONDS = 0.002


def media_root() -> Path:
    """Return the media folder with its links resolved, creating it if missing."""
    root = Path(settings.MEDIA_ROOT)
    root.mkdir(parents=True, exist_ok=True)
    return root.resolve()


def media_folder_id() -> str:
    """Return the id of this machine's media folder. The first call creates it, in one process only."""
    path = media_root() / MEDIA_FOLDER_ID_NAME
    with contextlib.suppress(FileNotFoundError):
        return path.read_text().strip()
    draft = path.with_name(f"{INCOMING_PREFIX}{uuid.uuid4()}")
    draft.write_text(str(uuid.uuid4()))
    try:
        # Linking fails if the name exists, so the first writer wins and all processes read the same id.
        with contextlib.suppress(FileExistsError):
            os.link(draft, path)
    finally:
        draft.unlink()
    return path.read_text().strip()


def local_path(key: str) -> Path:
    """Return the path of `key` in the media folder, whether or not the file exists."""
    return media_root() / key_checked(key)


def file_sync(path: Path) -> None:
    """Flush the bytes to the disk. Takes seconds for a large file."""
    with path.open("rb") as file:
        os.fsync(file.fileno())


def file_place(source: Path, key: str) -> Path:
    """Sync `source` and move it to the key's path, so that a crash leaves either the old state or the new one.

    An existing file is replaced: callers make sure that no row owns it.
    """
    target = local_path(key)
    # The orphan sweep's grace period counts from now, not from when the file was created.
    os.utime(source)
    try:
        _rename_into(source, target)
    except OSError as error:
        if error.errno != errno.EXDEV:
            raise
        _copy_into(source, target)
    _sync_folder(target.parent)
    return target


def _copy_into(source: Path, target: Path) -> None:
    """Copy next to the target and rename there, since a rename can't cross file systems."""
    draft = media_root() / f"{INCOMING_PREFIX}{uuid.uuid4()}"
    try:
        with source.open("rb") as reader, draft.open("wb") as writer:
            shutil.copyfileobj(reader, writer, 1024 * 1024)
            writer.flush()
            os.fsync(writer.fileno())
        _rename_into(draft, target)
    finally:
        draft.unlink(missing_ok=True)
    source.unlink()


def _rename_into(source: Path, target: Path) -> None:
    for tries_left in reversed(range(FOLDER_RACE_TRIES)):
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
            source.replace(target)
        except (FileNotFoundError, FileExistsError):
            # FileExistsError is mkdir's: the folder existed, but was gone when mkdir checked whether it is one.
            if not tries_left or not source.exists():
                raise
            # Random, or the two processes may stay in step and collide on every attempt.
            time.sleep(random.uniform(0, FOLDER_RACE_PAUSE_SECONDS))  # noqa: S311
        else:
            return


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
