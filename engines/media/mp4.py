"""Reading an MP4's sample tables: where each frame is in the file and when it is shown.

No library returns them in full (PyAV shows its own index, after ffmpeg's interpretation), and joining needs them
exactly as written. Box layouts: ISO/IEC 14496-12.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from engines.errors import MediaToolError

Integers = NDArray[np.int64]
_CONTAINERS = {b"moov", b"trak", b"mdia", b"minf", b"stbl", b"edts"}
# A larger index would describe days of video.
_LARGEST_INDEX_BYTES = 100 * 1024**2


HeaderSets = tuple[dict[int, bytes], dict[int, bytes], bytes]


@dataclass(frozen=True)
class Track:
    """One track's samples in decode order, each array with one value per sample.

    `entry` is the sample description box (codec headers included). `shifts` is presentation minus decode time in
    ticks. `sync` says which samples are key frames. `edit_start` is the media tick at which the movie starts.
    """

    path: Path
    handler: bytes
    timescale: int
    entry: bytes
    offsets: Integers
    sizes: Integers
    durations: Integers
    shifts: Integers
    sync: NDArray[np.bool_]
    edit_start: int
    edit_ticks: int | None
    width: int = 0
    height: int = 0

    def __len__(self) -> int:
        return len(self.sizes)

    def part(self, first: int, count: int) -> "Track":
        """Return `count` samples from `first`, without the edit."""
        chosen = slice(first, first + count)
        return replace(
            self,
            offsets=self.offsets[chosen],
            sizes=self.sizes[chosen],
            durations=self.durations[chosen],
            shifts=self.shifts[chosen],
            sync=self.sync[chosen],
            edit_start=0,
            edit_ticks=None,
        )

    @property
    def frame_seconds(self) -> Fraction | None:
        """The duration shared by all samples but the last (which ffmpeg may write short), or None."""
        steps = self.durations[:-1] if len(self) > 1 else self.durations
        if not len(steps) or steps.min() != steps.max():
            return None
        return Fraction(int(steps[0]), self.timescale)


def read_tracks(path: Path) -> list[Track]:
    """Read every track with samples. Raises MediaToolError when it isn't a plain (unfragmented) MP4."""
    try:
        index = _movie_index(path)
        boxes = list(_boxes(index, 0, len(index)))
        tracks = [_track(path, index, start, end) for name, start, end in boxes if name == b"trak"]
    except (ValueError, IndexError, KeyError) as error:
        raise MediaToolError("The video's index is damaged.", evidence={"reason": str(error)}) from error
    return [track for track in tracks if len(track)]


def read_comment(path: Path) -> str:
    """Read the file's comment, or "". Raises MediaToolError when it isn't a plain MP4."""
    try:
        index = _movie_index(path)
        for name, data in _leaves(index, 0, len(index)):
            if name == b"udta":
                return _comment(data)
    except (ValueError, IndexError) as error:
        raise MediaToolError("The video's index is damaged.", evidence={"reason": str(error)}) from error
    return ""


def _comment(labels: bytes) -> str:
    for name, start, end in _boxes(labels, 0, len(labels)):
        if name == b"meta":
            # A version and flags come before its boxes.
            items = {inner: span for inner, *span in _boxes(labels, start + 4, end)}
            for item, first, last in _boxes(labels, *items.get(b"ilst", (0, 0))):
                if item == b"\xa9cmt":
                    # It contains one `data` box: header, type and locale, then the text.
                    return labels[first + 16 : last].decode(errors="replace")
    return ""


def read_track(path: Path, handler: bytes) -> Track:
    """Read the first track of a kind, `b"vide"` or `b"soun"`."""
    for track in read_tracks(path):
        if track.handler == handler:
            return track
    raise MediaToolError("The file doesn't have the expected track.", evidence={"handler": handler.decode("latin-1")})


def header_sets(entry: bytes) -> HeaderSets | None:
    """Return (sequence headers by id, picture headers by id, first four bytes) of an H.264 sample entry; None for
    another codec, or when the headers are in the stream."""
    start = entry.find(b"avcC")
    if entry[4:8] != b"avc1" or start < 0:
        return None
    record = entry[start + 4 : start - 4 + int.from_bytes(entry[start - 4 : start], "big")]
    if len(record) < 7 or record[4] & 3 != 3:
        return None  # frame sizes not in four bytes; no encoder writes those
    sequences, position = _nal_units(record, 6, record[5] & 31)
    pictures, _ = _nal_units(record, position + 1, record[position])
    return (
        {_first_number(unit[4:]): unit for unit in sequences},
        {_first_number(unit[1:]): unit for unit in pictures},
        record[1:4],
    )


def starts_with_idr(track: Track, sample: int) -> bool:
    """Return whether decoding can start at this H.264 sample with nothing before it."""
    with track.path.open("rb") as file:
        file.seek(int(track.offsets[sample]))
        data = file.read(min(int(track.sizes[sample]), 1 << 20))
    position = 0
    while position + 5 <= len(data):
        if data[position + 4] & 31 in (1, 5):
            return data[position + 4] & 31 == 5
        position += 4 + int.from_bytes(data[position : position + 4], "big")
    return False


def _nal_units(record: bytes, position: int, count: int) -> tuple[list[bytes], int]:
    units = []
    for _ in range(count):
        size = int.from_bytes(record[position : position + 2], "big")
        units.append(record[position + 2 : position + 2 + size])
        position += 2 + size
    return units, position


def _first_number(bits: bytes) -> int:
    """Return the leading Exp-Golomb number: a header's id."""
    text = "".join(f"{byte:08b}" for byte in bits[:8])
    zeros = len(text) - len(text.lstrip("0"))
    return int(text[zeros : 2 * zeros + 1] or "1", 2) - 1


def _movie_index(path: Path) -> bytes:
    size = path.stat().st_size
    with path.open("rb") as file:
        position = 0
        while position + 8 <= size:
            file.seek(position)
            head = file.read(16)
            length, name, body = int.from_bytes(head[:4], "big"), head[4:8], 8
            if length == 1:
                length, body = int.from_bytes(head[8:16], "big"), 16
            elif length == 0:
                length = size - position
            if name == b"moov" and length <= _LARGEST_INDEX_BYTES:
                file.seek(position + body)
                return file.read(length - body)
            if length < 8:
                break
            position += length
    raise ValueError("no movie index")


def _boxes(data: bytes, start: int, end: int) -> Iterator[tuple[bytes, int, int]]:
    while start + 8 <= end:
        length, name = int.from_bytes(data[start : start + 4], "big"), data[start + 4 : start + 8]
        if length < 8 or start + length > end:
            raise ValueError(f"box {name!r} of {length} bytes")
        yield name, start + 8, start + length
        start += length


def _leaves(data: bytes, start: int, end: int) -> Iterator[tuple[bytes, bytes]]:
    for name, first, last in _boxes(data, start, end):
        if name in _CONTAINERS:
            yield from _leaves(data, first, last)
        else:
            yield name, data[first:last]


def _track(path: Path, data: bytes, start: int, end: int) -> Track:
    found = dict(_leaves(data, start, end))
    count = int.from_bytes(found[b"stsz"][8:12], "big")
    fixed = int.from_bytes(found[b"stsz"][4:8], "big")
    sizes = np.full(count, fixed, np.int64) if fixed else _numbers(found[b"stsz"], 12, count)
    long_header = found[b"mdhd"][0] == 1
    timescale = int.from_bytes(found[b"mdhd"][20:24] if long_header else found[b"mdhd"][12:16], "big")
    described = int.from_bytes(found[b"stsd"][4:8], "big")
    if described != 1:
        raise ValueError(f"{described} sample descriptions")
    edit_start, edit_movie_ticks = _edit(found.get(b"elst"))
    movie_scale = _movie_timescale(data)
    return Track(
        path=path,
        handler=found[b"hdlr"][8:12],
        timescale=timescale,
        entry=found[b"stsd"][8:],
        offsets=_offsets(found, sizes),
        sizes=sizes,
        durations=_runs(found[b"stts"], count),
        shifts=_shifts(found.get(b"ctts"), count),
        sync=_sync(found.get(b"stss"), count),
        edit_start=edit_start,
        edit_ticks=round(edit_movie_ticks * timescale / movie_scale) if edit_movie_ticks else None,
        width=int.from_bytes(found[b"tkhd"][-8:-6], "big"),
        height=int.from_bytes(found[b"tkhd"][-4:-2], "big"),
    )


def _movie_timescale(data: bytes) -> int:
    for name, start, _ in _boxes(data, 0, len(data)):
        if name == b"mvhd":
            at = start + (20 if data[start] == 1 else 12)
            return int.from_bytes(data[at : at + 4], "big")
    raise ValueError("no movie header")


def _numbers(box: bytes, start: int, count: int, kind: str = ">u4") -> Integers:
    return np.frombuffer(box, dtype=kind, count=count, offset=start).astype(np.int64)


def _edit(box: bytes | None) -> tuple[int, int]:
    """Return (media start, movie duration) of the only edit. Refuse several: empty edits delay the track."""
    if box is None:
        return 0, 0
    count = int.from_bytes(box[4:8], "big")
    if count != 1:
        raise ValueError(f"{count} edits")
    if box[0] == 1:
        return int.from_bytes(box[16:24], "big", signed=True), int.from_bytes(box[8:16], "big")
    return int.from_bytes(box[12:16], "big", signed=True), int.from_bytes(box[8:12], "big")


def _runs(box: bytes, count: int) -> Integers:
    entries = int.from_bytes(box[4:8], "big")
    table = _numbers(box, 8, entries * 2).reshape(-1, 2)
    return np.repeat(table[:, 1], table[:, 0])[:count]


def _shifts(box: bytes | None, count: int) -> Integers:
    if box is None:
        return np.zeros(count, np.int64)
    entries = int.from_bytes(box[4:8], "big")
    repeats = _numbers(box, 8, entries * 2).reshape(-1, 2)[:, 0]
    values = _numbers(box, 8, entries * 2, ">i4").reshape(-1, 2)[:, 1]
    return np.repeat(values, repeats)[:count]


def _sync(box: bytes | None, count: int) -> NDArray[np.bool_]:
    if box is None:
        return np.ones(count, np.bool_)
    flags = np.zeros(count, np.bool_)
    flags[_numbers(box, 8, int.from_bytes(box[4:8], "big")) - 1] = True
    return flags


def _offsets(found: dict[bytes, bytes], sizes: Integers) -> Integers:
    """Compute sample offsets from chunk offsets: a sample starts where the one before it in its chunk ends."""
    wide = b"co64" in found
    box = found[b"co64"] if wide else found[b"stco"]
    chunks = _numbers(box, 8, int.from_bytes(box[4:8], "big"), ">u8" if wide else ">u4")
    table = _numbers(found[b"stsc"], 8, int.from_bytes(found[b"stsc"][4:8], "big") * 3).reshape(-1, 3)
    ends = np.append(table[1:, 0], len(chunks) + 1)
    per_chunk = np.repeat(table[:, 1], ends - table[:, 0])[: len(chunks)]
    before = np.cumsum(sizes) - sizes
    firsts = np.cumsum(per_chunk) - per_chunk
    bases = np.repeat(chunks - before[firsts], per_chunk)[: len(sizes)] if len(sizes) else np.zeros(0, np.int64)
    return bases + before
