"""The local media folder: where a key lies in it, and how a file gets there whole or not at all."""

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
# Another process may remove a folder, empty at that moment, between our making it and using it.
FOLDER_RACE_TRIES = 500
FOLDER_RACE_PAUSE_SECONDS = 0.002


def media_root() -> Path:
    """The media folder with its links resolved; made when missing."""
    root = Path(settings.MEDIA_ROOT)
    root.mkdir(parents=True, exist_ok=True)
    return root.resolve()


def media_folder_id() -> str:
    """The id written into this machine's media folder; made at the first call, by one process only."""
    path = media_root() / MEDIA_FOLDER_ID_NAME
    with contextlib.suppress(FileNotFoundError):
        return path.read_text().strip()
    draft = path.with_name(f"{INCOMING_PREFIX}{uuid.uuid4()}")
    draft.write_text(str(uuid.uuid4()))
    try:
        # A link fails where a name exists, so the first writer wins and all read the same id.
        with contextlib.suppress(FileExistsError):
            os.link(draft, path)
    finally:
        draft.unlink()
    return path.read_text().strip()


def local_path(key: str) -> Path:
    """Where `key` lies in the media folder, whether or not there is a file."""
    return media_root() / key_checked(key)


def file_sync(path: Path) -> None:
    """Have the bytes on the disk and not only in memory; takes seconds for a large file."""
    with path.open("rb") as file:
        os.fsync(file.fileno())


def file_place(source: Path, key: str) -> Path:
    """Move `source`, synced, to the key's place so that a crash leaves the old state or the new one, never half.

    A file already there is replaced: callers make sure that no row owns it.
    """
    target = local_path(key)
    # The orphan sweep's grace period counts from now, not from when the file was made.
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
    """Across file systems a rename is impossible: copy beside the target, then rename there."""
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
            # The second is mkdir's: the folder was there, and gone when it looked whether it is one.
            if not tries_left or not source.exists():
                raise
            # Of random length, or the two may go on in step and meet at every try.
            time.sleep(random.uniform(0, FOLDER_RACE_PAUSE_SECONDS))  # noqa: S311
        else:
            return


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
