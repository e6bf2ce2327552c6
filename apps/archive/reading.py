"""Open an archive that anyone may have written, within bounded memory.

The manifest is checked against the zip's own table of contents before any entry is read, and an entry is never read
past the size the manifest gives. Entries are never written to disk under their own names.
"""

import hashlib
import io
import shutil
import stat
import tempfile
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal
from uuid import UUID

from django.conf import settings
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from apps.archive.container import CHUNK_BYTES, MANIFEST, MEDIA_PREFIX, ROWS
from apps.core.errors import InputError

MEBIBYTE = 1024 * 1024
# What zipfile and zlib raise for a file that isn't a zip, or is damaged.
UNREADABLE = (zipfile.BadZipFile, zlib.error, OSError, EOFError, NotImplementedError, ValueError, RuntimeError)
# bzip2 and LZMA decompress with unbounded memory.
COMPRESSIONS = {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}
ENCRYPTED_FLAG = 0x1


@dataclass(frozen=True)
class Limits:
    """The largest parts held in memory at one time."""

    table_bytes: int
    manifest_bytes: int
    line_bytes: int


# About 25,000 files; one row may be far larger than the longest song's analysis.
PROJECT_LIMITS = Limits(table_bytes=8 * MEBIBYTE, manifest_bytes=4 * MEBIBYTE, line_bytes=8 * MEBIBYTE)
# An operator's own backup grows with the studio.
BACKUP_LIMITS = Limits(table_bytes=512 * MEBIBYTE, manifest_bytes=512 * MEBIBYTE, line_bytes=64 * MEBIBYTE)


class Entry(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    sha256: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
    size_bytes: Annotated[int, Field(ge=0)]


class Manifest(BaseModel):
    """`migrations` is the latest migration of each app; `missing` lists keys whose files were already lost."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    format: Literal["mvsite-archive-1"]
    kind: Literal["project", "backup"]
    migrations: Annotated[dict[str, str], Field(alias="schema")]
    entries: dict[str, Entry]
    missing: list[str]
    project_id: UUID | None = None
    title: str = ""


@dataclass(frozen=True)
class ArchiveReader:
    """An open archive whose table matches its manifest. `rows` is a verified copy of the row file, in `scratch`."""

    name: str
    file: zipfile.ZipFile
    manifest: Manifest
    scratch: Path
    limits: Limits

    @property
    def rows(self) -> Path:
        return self.scratch / ROWS

    def lines(self) -> Iterator[bytes]:
        """Yield the row file's lines without line endings. Raises InputError for one that is too long."""
        limit = self.limits.line_bytes
        with self.rows.open("rb") as file:
            while line := file.readline(limit + 1):
                if len(line) > limit:
                    raise InputError(
                        f"{self.name} has a row larger than {limit // MEBIBYTE} MB. Use the original export."
                    )
                yield line.rstrip(b"\n")

    def extract(self, name: str, into: Path) -> None:
        """Write the entry to `into` and verify it. Raises InputError if it differs from the manifest."""
        expected = self.manifest.entries.get(name)
        if expected is None:
            raise InputError(f"{self.name} does not contain {name}. Export it again.")
        digest, left = hashlib.sha256(), expected.size_bytes
        with _unreadable_refused(self.name), self.file.open(name) as entry, into.open("wb") as file:
            while left >= 0 and (chunk := entry.read(CHUNK_BYTES)):
                left -= len(chunk)
                digest.update(chunk)
                file.write(chunk)
        if left or digest.hexdigest() != expected.sha256:
            raise InputError(f"{self.name} is damaged: {name} doesn't match its checksum. Copy or export it again.")


@contextmanager
def archive_read(path: Path, *, kind: str, schema: dict[str, str], limits: Limits) -> Iterator[ArchiveReader]:
    """Open an archive of that kind. Raises InputError for another kind, a damaged file or another version's archive."""
    if not path.is_file():
        raise InputError(f"{path.name} is not a file. Give the path of the exported zip.")
    folder = Path(settings.SCRATCH_ROOT) / "archives"
    folder.mkdir(parents=True, exist_ok=True)
    with path.open("rb", buffering=0) as raw, _zip_opened(raw, path.name, limits) as file:
        manifest = _manifest(file, path.name, limits)
        if manifest.kind != kind:
            raise InputError(f"{path.name} is a {manifest.kind} archive. This command reads a {kind} archive.")
        if manifest.migrations != schema:
            raise InputError(
                f"{path.name} was made by another version of the studio. Import it with that version, upgrade, "
                "and export it again.",
                evidence={"archive": manifest.migrations, "here": schema},
            )
        _table_check(file, manifest, path.name)
        _space_check(manifest, folder)
        with tempfile.TemporaryDirectory(dir=folder) as scratch:
            reader = ArchiveReader(path.name, file, manifest, Path(scratch), limits)
            reader.extract(ROWS, reader.rows)
            yield reader


@contextmanager
def _unreadable_refused(name: str) -> Iterator[None]:
    try:
        yield
    except UNREADABLE as error:
        raise InputError(f"{name} can't be read as an archive: {error}") from error


@contextmanager
def _zip_opened(raw: io.FileIO, name: str, limits: Limits) -> Iterator[zipfile.ZipFile]:
    with _unreadable_refused(name):
        file = zipfile.ZipFile(_BoundedReader(raw, limits.table_bytes))
    with file:
        yield file


class _BoundedReader(io.BufferedReader):
    """Limits the table of contents: zipfile reads it in one go, whatever length the file claims."""

    def __init__(self, raw: io.FileIO, limit: int) -> None:
        super().__init__(raw)
        self._limit = limit

    def read(self, size: int | None = -1, /) -> bytes:
        data = super().read(self._limit + 1 if size is None or size < 0 else min(size, self._limit + 1))
        if len(data) > self._limit:
            raise zipfile.BadZipFile(f"its table of contents is longer than {self._limit // MEBIBYTE} MB")
        return data


def _manifest(file: zipfile.ZipFile, name: str, limits: Limits) -> Manifest:
    with _unreadable_refused(name):
        try:
            info = file.getinfo(MANIFEST)
        except KeyError as error:
            raise InputError(f"{name} is not an archive of this studio: it has no {MANIFEST}.") from error
        _plain_check(info, name)
        with file.open(info) as entry:
            text = entry.read(limits.manifest_bytes + 1)
    if len(text) > limits.manifest_bytes:
        raise InputError(f"{name} has a {MANIFEST} larger than {limits.manifest_bytes // MEBIBYTE} MB.")
    try:
        return Manifest.model_validate_json(text)
    except ValidationError as error:
        raise InputError(f"{name} is not an archive of this studio: {MANIFEST} {_manifest_problem(error)}.") from error


def _manifest_problem(error: ValidationError) -> str:
    """Return what is wrong with the manifest, to follow its name in a sentence."""
    first = error.errors(include_url=False, include_input=False)[0]
    place = ".".join(str(part)[:80] for part in first["loc"])
    if first["type"] == "json_invalid":
        return "is not JSON"
    if not place:
        return "is not a JSON object"
    if first["type"] == "missing":
        return f"has no {place!r}"
    if first["type"] == "extra_forbidden":
        return f"has an unknown {place!r}"
    # The format's name and version are checked like any other value.
    return f"has something in {place!r} that this release can't read"


def _table_check(file: zipfile.ZipFile, manifest: Manifest, name: str) -> None:
    """Check that the zip holds exactly the manifest's entries, once each, as plain files of the listed sizes."""
    found: dict[str, zipfile.ZipInfo] = {}
    for info in file.infolist():
        if info.filename in found:
            raise InputError(f"{name} contains {info.filename[:200]!r} twice. Export it again.")
        found[info.filename] = info
    wanted = {*manifest.entries, MANIFEST}
    if MANIFEST in manifest.entries or found.keys() != wanted:
        strange = sorted(found.keys() ^ wanted)[:1] or [MANIFEST]
        raise InputError(
            f"{name} does not match its {MANIFEST} ({strange[0][:200]!r}). It was packed or changed by "
            "another program. Use the original export."
        )
    for entry_name, entry in manifest.entries.items():
        if entry_name != ROWS and not entry_name.startswith(MEDIA_PREFIX):
            raise InputError(f"{name} contains {entry_name[:200]!r}, which does not belong in an archive.")
        _plain_check(found[entry_name], name)
        if found[entry_name].file_size != entry.size_bytes:
            raise InputError(f"{name} is damaged: {entry_name[:200]} does not have the size given in {MANIFEST}.")


def _plain_check(info: zipfile.ZipInfo, name: str) -> None:
    kind = stat.S_IFMT(info.external_attr >> 16)
    if kind not in {0, stat.S_IFREG} or info.is_dir():
        raise InputError(f"{name} contains {info.filename[:200]!r}, a link or folder. Archives only hold files.")
    if info.flag_bits & ENCRYPTED_FLAG or info.compress_type not in COMPRESSIONS:
        raise InputError(f"{name} is encrypted or uses an unsupported compression method. Use the original export.")


def _space_check(manifest: Manifest, folder: Path) -> None:
    needed, free = sum(entry.size_bytes for entry in manifest.entries.values()), shutil.disk_usage(folder).free
    if needed > free:
        raise InputError(
            f"The archive needs {needed / 1e9:.1f} GB, but only {free / 1e9:.1f} GB is free. Free up disk space first."
        )
