"""The archive file: a zip whose `manifest.json` lists the size and SHA-256 of every entry.

Equal content gives equal bytes: entries are stored, not deflated (media does not shrink), and have no timestamps.
"""

import hashlib
import json
import zipfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

FORMAT = "mvsite-archive-1"
MANIFEST = "manifest.json"
ROWS = "rows.jsonl"
MEDIA_PREFIX = "media/"
CHUNK_BYTES = 1024 * 1024
# The earliest time a zip can hold.
NO_TIME = (1980, 1, 1, 0, 0, 0)


@dataclass
class ArchiveWriter:
    file: zipfile.ZipFile
    entries: dict[str, dict[str, Any]] = field(default_factory=dict)
    # Keys whose files were already lost when the archive was written.
    missing: list[str] = field(default_factory=list)

    def add(self, name: str, chunks: Iterable[bytes]) -> None:
        digest, size = hashlib.sha256(), 0
        with self.file.open(zipfile.ZipInfo(name, NO_TIME), "w", force_zip64=True) as entry:
            for chunk in chunks:
                entry.write(chunk)
                digest.update(chunk)
                size += len(chunk)
        self.entries[name] = {"sha256": digest.hexdigest(), "size_bytes": size}


@contextmanager
def archive_write(path: Path, facts: dict[str, Any]) -> Iterator[ArchiveWriter]:
    """Write an archive that appears at `path` only once it is complete."""
    part = path.with_name(f"{path.name}.part")
    try:
        with zipfile.ZipFile(part, "w", zipfile.ZIP_STORED) as file:
            writer = ArchiveWriter(file)
            yield writer
            manifest = {"format": FORMAT, **facts, "entries": writer.entries, "missing": writer.missing}
            writer.add(MANIFEST, [json.dumps(manifest, indent=1, sort_keys=True).encode()])
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)


def file_chunks(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        while chunk := file.read(CHUNK_BYTES):
            yield chunk
