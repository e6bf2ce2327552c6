"""Receive a user's file: streamed to the disk once, limited in size, and identified by its content."""

import contextlib
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from django.conf import settings
from django.core.files.uploadedfile import UploadedFile
from django.core.files.uploadhandler import FileUploadHandler

from apps.assets.errors import StorageUnavailable, UploadTooLarge
from apps.assets.models import AssetKind
from apps.assets.store.digest import DigestWriter, FileDigest, file_digest
from apps.core.errors import InputError, MediaToolError, is_disk_full
from engines.media.facts import MediaFacts
from engines.media.untrusted import probe_untrusted


@dataclass(frozen=True)
class UploadLimit:
    """The largest size and duration accepted for a kind; None where duration has no meaning."""

    size_bytes: int
    duration_seconds: int | None
    examples: str


# The code of files in which the media tools find nothing.
NOT_MEDIA = "not_media"


@dataclass(frozen=True)
class ReceivedFile:
    path: Path
    digest: FileDigest
    facts: MediaFacts


class SpooledUpload(UploadedFile):  # type: ignore[type-arg]  # takes none at run time
    """An upload that is already hashed and on the media folder's disk, so that storing it is a rename."""

    path: Path
    digest: FileDigest
    too_large: bool

    def temporary_file_path(self) -> str:
        return str(self.path)

    def close(self) -> None:
        super().close()
        self.path.unlink(missing_ok=True)


class SpoolingUploadHandler(FileUploadHandler):
    """Writes each piece to the disk and hashes it on the way, so memory use doesn't depend on the file's size.

    The rest of a file above every limit is read and discarded, so that the client gets a clear response instead
    of a dropped connection, and the disk doesn't fill up.
    """

    chunk_size = 1024 * 1024

    def new_file(self, *args: Any, **kwargs: Any) -> None:
        super().new_file(*args, **kwargs)
        self._path = spool_path()
        self._file = self._path.open("w+b", buffering=0)
        self._writer = DigestWriter(with_etag=bool(settings.STORAGE_BUCKET))
        self._too_large = False

    def receive_data_chunk(self, raw_data: bytes, start: int) -> None:
        if self._too_large or start + len(raw_data) > largest_upload_bytes():
            self._too_large = True
            return
        try:
            write_all(self._file, raw_data)
        except (OSError, StorageUnavailable):
            self.upload_interrupted()
            raise
        self._writer.update(raw_data)

    def file_complete(self, file_size: int) -> SpooledUpload:
        self._file.seek(0)
        upload = SpooledUpload(self._file, self.file_name, self.content_type, file_size, self.charset)
        upload.path = self._path
        upload.digest = self._writer.digest()
        upload.too_large = self._too_large
        return upload

    def upload_interrupted(self) -> None:
        with contextlib.suppress(AttributeError):
            self._file.close()
            self._path.unlink(missing_ok=True)


def write_all(file: IO[bytes], piece: bytes) -> None:
    """Write all of it to an unbuffered file, which may take less at once. Raises StorageUnavailable if the disk is
    full."""
    view = memoryview(piece)
    try:
        while view:
            view = view[file.write(view) :]
    except OSError as error:
        if not is_disk_full(error):
            raise
        message = "The studio's disk is full. Free some space, then try again."
        raise StorageUnavailable(message) from error


def uploads_root() -> Path:
    folder = Path(settings.SCRATCH_ROOT) / "uploads"
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def spool_path() -> Path:
    return uploads_root() / f"{uuid.uuid4()}.part"


def upload_limit(kind: str) -> UploadLimit:
    """Raises InputError for a kind that cannot be uploaded."""
    if kind not in settings.UPLOAD_LIMITS:
        raise InputError(f"Files of kind {kind!r} can't be uploaded. Choose audio, video or image.")
    return UploadLimit(*settings.UPLOAD_LIMITS[kind])


def largest_upload_bytes() -> int:
    return max(upload_limit(kind).size_bytes for kind in settings.UPLOAD_LIMITS)


@contextlib.contextmanager
def upload_received(upload: "UploadedFile[Any]", kind: str) -> Iterator[ReceivedFile]:
    """Yield the upload as a checked local file, removed at the end unless it was moved.

    The name and declared type are ignored. Raises UploadTooLarge (413), InputError (400) for anything other
    than `kind` and for damaged media.
    """
    limit = upload_limit(kind)
    if (upload.size or 0) > limit.size_bytes or getattr(upload, "too_large", False):
        raise UploadTooLarge(
            f"The file is too large: at most {_megabytes(limit.size_bytes)} for {kind}. Make it smaller.",
            errors={"file": f"At most {_megabytes(limit.size_bytes)}."},
        )
    if isinstance(upload, SpooledUpload):
        path, digest = upload.path, upload.digest
    else:
        path = spool_path()
        with path.open("wb") as file:
            for chunk in upload.chunks():
                file.write(chunk)
        digest = file_digest(path, with_etag=bool(settings.STORAGE_BUCKET))
    try:
        yield ReceivedFile(path, digest, _facts_checked(path, kind, limit))
    finally:
        path.unlink(missing_ok=True)


def _facts_checked(path: Path, kind: str, limit: UploadLimit) -> MediaFacts:
    try:
        facts = probe_untrusted(path)
    except (MediaToolError, InputError) as error:
        # Who chose a song is not told about pictures.
        unread = f"This file can't be read. Choose {limit.examples}."
        raise _refusal(unread if error.code == NOT_MEDIA else error.message, error.code) from error
    if facts.kind != kind:
        article = "an" if facts.kind in (AssetKind.AUDIO, AssetKind.IMAGE) else "a"
        raise _refusal(f"This is {article} {facts.kind} file. Choose {limit.examples}.", "wrong_kind")
    if limit.duration_seconds is None:
        return facts
    if not facts.duration_seconds:
        raise _refusal(f"The file has no length. Choose {limit.examples}.", "no_duration")
    if facts.duration_seconds > limit.duration_seconds:
        minutes = limit.duration_seconds // 60
        raise _refusal(f"The file is too long: at most {minutes} minutes. Cut it first.", "too_long")
    return facts


def _refusal(message: str, code: str) -> InputError:
    return InputError(message, code=code, errors={"file": message})


def _megabytes(size_bytes: int) -> str:
    return f"{size_bytes // 1024**2} MB"
