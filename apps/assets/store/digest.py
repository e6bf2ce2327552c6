"""Compute all checksums of a file in one pass: SHA-256 for us, MD5 by parts for an S3 server's ETag."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

CHUNK_BYTES = 1024 * 1024
# S3 allows 10 000 parts of 5 MiB to 5 GiB; 16 MiB parts reach 156 GiB, far above any file accepted here.
PART_BYTES = 16 * CHUNK_BYTES
# Below this a single PUT: one request instead of four.
MULTIPART_THRESHOLD_BYTES = 2 * PART_BYTES


@dataclass(frozen=True)
class FileDigest:
    """`etag` is what S3 returns for these bytes when uploaded the way `bucket.py` does it."""

    sha256: str
    size_bytes: int
    etag: str


class DigestWriter:
    """Takes a file's bytes in order, in pieces of any size, and computes the digest.

    Without `with_etag` the ETag stays empty, which saves half of the work.
    """

    def __init__(self, *, with_etag: bool) -> None:
        self._with_etag = with_etag
        self._sha256 = hashlib.sha256()
        self._whole = hashlib.md5(usedforsecurity=False)
        self._part = hashlib.md5(usedforsecurity=False)
        self._part_room = PART_BYTES
        self._parts: list[bytes] = []
        self.size_bytes = 0

    def update(self, data: bytes) -> None:
        self._sha256.update(data)
        self.size_bytes += len(data)
        if self._with_etag:
            self._update_etag(memoryview(data))

    def _update_etag(self, view: memoryview) -> None:
        if self.size_bytes < MULTIPART_THRESHOLD_BYTES + len(view):
            self._whole.update(view)
        while view:
            piece, view = view[: self._part_room], view[self._part_room :]
            self._part.update(piece)
            self._part_room -= len(piece)
            if not self._part_room:
                self._close_part()

    def _close_part(self) -> None:
        self._parts.append(self._part.digest())
        self._part = hashlib.md5(usedforsecurity=False)
        self._part_room = PART_BYTES

    def digest(self) -> FileDigest:
        """Return the digest of everything so far. Do not use the writer afterwards."""
        if not self._with_etag:
            etag = ""
        elif self.size_bytes < MULTIPART_THRESHOLD_BYTES:
            etag = self._whole.hexdigest()
        else:
            if self._part_room < PART_BYTES:
                self._close_part()
            joined = hashlib.md5(b"".join(self._parts), usedforsecurity=False).hexdigest()
            etag = f"{joined}-{len(self._parts)}"
        return FileDigest(self._sha256.hexdigest(), self.size_bytes, etag)


def file_digest(path: Path, *, with_etag: bool, check: Callable[[], None] | None = None) -> FileDigest:
    """Read the file once. `check` is called between pieces and may raise to stop."""
    writer = DigestWriter(with_etag=with_etag)
    with path.open("rb", buffering=0) as file:
        while data := file.read(CHUNK_BYTES):
            writer.update(data)
            if check:
                check()
    return writer.digest()
