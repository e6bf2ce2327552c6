"""What the outermost boxes of an MP4 or QuickTime file tell when ffmpeg can't: whether its index is missing, and
whether it is copy-protected."""

from collections.abc import Iterator
from pathlib import Path
from typing import IO

# Sample entries of protected tracks: the common encryption's (ISO/IEC 23001-7), and iTunes's.
_PROTECTED_ENTRIES = (b"encv", b"enca", b"drms", b"drmi", b"drmt")
# Brands of still pictures (HEIF, AVIF), which have no such index.
_PICTURE_BRANDS = {b"heic", b"heix", b"heim", b"heis", b"hevc", b"mif1", b"msf1", b"avif", b"avis"}
_TOP_BOXES = {b"ftyp", b"moov", b"mdat", b"free", b"skip", b"wide", b"styp", b"moof", b"sidx", b"uuid", b"pnot"}
_MOST_BOXES = 10_000
# The index of an hour takes a few megabytes.
_MOST_INDEX_BYTES = 2**26


def lacks_index(path: Path) -> bool:
    """Return whether it is an MP4 or QuickTime file without an index."""
    with path.open("rb") as file:
        brand = file.read(12)[8:]
        names = [name for name, _, _ in _boxes(file)]
    known = bool(names) and names[0] in {b"ftyp", b"wide", b"mdat"}
    return known and brand not in _PICTURE_BRANDS and b"moov" not in names and b"moof" not in names


def is_protected(path: Path) -> bool:
    """Return whether a track of an MP4 or QuickTime file is encrypted."""
    with path.open("rb") as file:
        for name, start, end in _boxes(file):
            if name == b"moov":
                file.seek(start)
                index = file.read(min(end - start, _MOST_INDEX_BYTES))
                return any(_has_entry(index, entry) for entry in _PROTECTED_ENTRIES)
    return False


def _has_entry(index: bytes, entry: bytes) -> bool:
    """Return whether a sample description has this kind of entry as its first."""
    at = index.find(b"stsd")
    while at >= 0:
        # stsd: version and flags (4), count (4), size of the first entry (4), its kind.
        if index[at + 16 : at + 20] == entry:
            return True
        at = index.find(b"stsd", at + 4)
    return False


def _boxes(file: IO[bytes]) -> Iterator[tuple[bytes, int, int]]:
    """Yield (name, start, end) of the outermost boxes, until they stop making sense."""
    size, at = file.seek(0, 2), 0
    for _ in range(_MOST_BOXES):
        file.seek(at)
        head = file.read(16)
        length, name = int.from_bytes(head[:4], "big"), head[4:8]
        start = 16 if length == 1 else 8
        if length == 1:
            length = int.from_bytes(head[8:16], "big")
        elif length == 0:
            length = size - at
        if name not in _TOP_BOXES or length < start:
            return
        yield name, at + start, min(at + length, size)
        at += length
        if at >= size:
            return
