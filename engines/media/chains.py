"""Ogg files that were joined end to end ("chained", as radio recordings are): each part has its own headers.

ffmpeg reads on from one part to the next only if the format stays the same, so each part is read as a file of its own.
Source: RFC 3533, section 4 (chained streams) and 6 (pages).
"""

import io
import mmap
from pathlib import Path

_PAGE = b"OggS"
_BEGINS_STREAM = 2
_MOST_PARTS = 1000


def ogg_parts(path: Path) -> list[tuple[int, int]]:
    """Return the (start, end) bytes of each part; one for a file that isn't chained, none for another kind of file."""
    starts: list[int] = []
    with path.open("rb") as file:
        if file.read(4) != _PAGE:
            return []
        with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
            begun, at = False, 0
            while at >= 0 and len(starts) < _MOST_PARTS:
                begins = _page_begins_stream(content, at)
                if begins and not begun:
                    starts.append(at)
                begun = begins
                at = content.find(_PAGE, at + 4)
            size = len(content)
    return list(zip(starts, [*starts[1:], size], strict=True))


def _page_begins_stream(content: mmap.mmap, at: int) -> bool:
    # Byte 4 is the version, always 0; of the flags in byte 5 only three exist.
    return len(content) > at + 27 and content[at + 4] == 0 and content[at + 5] & ~5 == _BEGINS_STREAM


class FilePart(io.RawIOBase):
    """The bytes [start, end) of a file, as a file."""

    def __init__(self, path: Path, start: int, end: int) -> None:
        self._file = path.open("rb")
        self._start, self._end = start, end
        self._file.seek(start)

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        left = max(0, self._end - self._file.tell())
        return self._file.read(left if size < 0 else min(size, left))

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        base = {io.SEEK_SET: self._start, io.SEEK_CUR: self._file.tell(), io.SEEK_END: self._end}[whence]
        return self._file.seek(max(self._start, base + offset)) - self._start

    def tell(self) -> int:
        return self._file.tell() - self._start

    def close(self) -> None:
        self._file.close()
        super().close()
