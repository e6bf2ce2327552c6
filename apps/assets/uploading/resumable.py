"""Resumable uploads: the tus protocol 1.0 (https://tus.io) with core, creation and termination.

Each upload has its own folder under the scratch folder, named by owner and upload, so users can't reach each other's.
The file's length is the offset, so there is nothing else to keep in sync. With a bucket, parts that other web machines
received are fetched from it first (`upload_mirror`). The id of a finished upload can then be sent in place of a file.
Abandoned folders are swept like any other temporary folder.
"""

import fcntl
import json
import os
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from uuid import UUID, uuid4

from django.conf import settings

from apps.accounts.models import User
from apps.assets.errors import UploadBusy, UploadTooLarge
from apps.assets.store import upload_mirror
from apps.assets.store.digest import file_digest
from apps.assets.uploading.uploads import SpooledUpload, largest_upload_bytes, spool_path, uploads_root, write_all
from apps.core.errors import ConflictError, InputError, NotFound

# Nobody needs more at one time; beyond this, the oldest is dropped.
MOST_UNFINISHED = 20
PIECE_BYTES = 1024 * 1024
FACTS = "facts.json"
GONE = "This upload no longer exists. Send the file again from the start."


@dataclass(frozen=True)
class PartialUpload:
    """An upload, in progress or complete."""

    id: UUID
    name: str
    size_bytes: int
    folder: Path

    @property
    def content(self) -> Path:
        return self.folder / "content"

    @property
    def offset(self) -> int:
        """The number of bytes received."""
        return self.content.stat().st_size


def partial_create(*, by: User, size_bytes: int, name: str) -> PartialUpload:
    """Start an upload of that size. Raises UploadTooLarge above every limit, InputError for an empty file."""
    if size_bytes < 1:
        raise InputError("The file is empty. Choose another one.", code="empty_file")
    if size_bytes > largest_upload_bytes():
        megabytes = largest_upload_bytes() // 1024**2
        raise UploadTooLarge(f"The file is too large: at most {megabytes} MB. Make it smaller.")
    unfinished = sorted(uploads_root().glob(f"{by.pk}-*"), key=_started_at)
    for old in unfinished[: max(0, len(unfinished) + 1 - MOST_UNFINISHED)]:
        _remove(old)
    upload_id = uuid4()
    upload = PartialUpload(upload_id, name[:255] or "file", size_bytes, _folder(by, upload_id))
    facts = json.dumps({"name": upload.name, "size_bytes": size_bytes})
    _folder_create(upload.folder, facts)
    upload_mirror.facts_mirror(upload.folder.name, facts)
    return upload


def _folder_create(folder: Path, facts: str) -> None:
    """Create the folder. Several requests may do this at once on a machine that hasn't seen the upload before."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "content").touch()
    draft = folder / f"{uuid4()}.part"
    draft.write_text(facts)
    draft.replace(folder / FACTS)


def partial_get(*, by: User, upload_id: UUID) -> PartialUpload:
    """Return the upload with everything received on any machine. Raises NotFound for another user's or an old one."""
    folder = _folder(by, upload_id)
    if not (folder / FACTS).exists():
        mirrored = upload_mirror.facts_mirrored(folder.name)
        if mirrored is None:
            raise NotFound(GONE)
        _folder_create(folder, mirrored)
    try:
        facts = json.loads((folder / FACTS).read_text())
        upload = PartialUpload(upload_id, facts["name"], facts["size_bytes"], folder)
        _catch_up(upload)
    except FileNotFoundError as error:  # just dropped
        raise NotFound(GONE) from error
    return upload


def _catch_up(upload: PartialUpload) -> None:
    if upload.offset == upload.size_bytes:
        return
    with upload.content.open("r+b", buffering=0) as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return  # another request is adding to it right now
        have = file.seek(0, os.SEEK_END)
        upload_mirror.parts_fetch(upload.folder.name, have=have, write=partial(write_all, file))


def partial_append(upload: PartialUpload, *, offset: int, read: Callable[[int], bytes]) -> int:
    """Add what `read` returns at `offset` and return the new offset. Bytes before a broken connection are kept.

    Raises ConflictError if the file's offset differs, UploadBusy while another request adds to it, InputError
    for more bytes than the upload has.
    """
    try:
        file = upload.content.open("r+b", buffering=0)
    except FileNotFoundError as error:  # just dropped
        raise NotFound(GONE) from error
    with file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise UploadBusy("An earlier part of this upload is still being written. Try again.") from error
        file.seek(0, os.SEEK_END)
        if offset != file.tell():
            raise ConflictError(f"The upload has {file.tell()} bytes. Continue from there.", code="other_offset")
        try:
            while piece := read(PIECE_BYTES):
                if file.tell() + len(piece) > upload.size_bytes:
                    raise InputError("The upload is larger than its Upload-Length.", code="too_long")
                write_all(file, piece)
        finally:
            upload_mirror.part_mirror(upload.folder.name, file, start=offset)
        return file.seek(0, os.SEEK_END)


def partial_delete(*, by: User, upload_id: UUID) -> None:
    folder = _folder(by, upload_id)
    if not (folder / FACTS).exists() and upload_mirror.facts_mirrored(folder.name) is None:
        raise NotFound(GONE)
    _remove(folder)


def _remove(folder: Path) -> None:
    shutil.rmtree(folder, ignore_errors=True)
    upload_mirror.mirror_delete(folder.name)


def partial_taken(*, by: User, upload_id: UUID) -> SpooledUpload:
    """Return the complete file as if it had been sent with this request. Its parts stay until they are deleted or
    swept, so that this can be repeated if the response got lost.

    Raises ConflictError if the upload is incomplete.
    """
    upload = partial_get(by=by, upload_id=upload_id)
    if upload.offset != upload.size_bytes:
        raise ConflictError(f"Only {upload.offset} of {upload.size_bytes} bytes have arrived. Send the rest first.")
    path = spool_path()
    try:
        os.link(upload.content, path)
    except OSError:  # a file system without hard links: the file can only be used once
        upload.content.rename(path)
    taken = SpooledUpload(path.open("rb"), upload.name, None, upload.size_bytes, None)
    taken.path, taken.too_large = path, False
    taken.digest = file_digest(path, with_etag=bool(settings.STORAGE_BUCKET))
    return taken


def partial_named(*, by: User, text: str) -> SpooledUpload | None:
    """Like `partial_taken`, by a form's text; None if that isn't an id."""
    try:
        upload_id = UUID(text)
    except ValueError:
        return None
    return partial_taken(by=by, upload_id=upload_id)


def _folder(by: User, upload_id: UUID) -> Path:
    return uploads_root() / f"{by.pk}-{upload_id}"


def _started_at(folder: Path) -> float:
    try:
        return folder.stat().st_mtime
    except FileNotFoundError:  # another request just dropped it
        return 0.0
