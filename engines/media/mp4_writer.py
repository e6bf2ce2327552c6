"""Writing an MP4 whose samples are copied from other files: index first, data by the kernel's file copy if available.

Joining thirty clips takes one index computed from theirs and one pass over the bytes. ffmpeg's concat spends most of
its time opening and probing its inputs, and can't guarantee that nothing shifts; here the times are computed.
"""

import errno
import os
import struct
from collections.abc import Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from itertools import pairwise
from pathlib import Path

import numpy as np

from engines.errors import MediaToolError
from engines.media.mp4 import Integers, Track, header_sets

# Audio and video alternate in the file every half second, so that a browser can play it while loading.
_CHUNK_SECONDS = 0.5
_COPY_BYTES = 64 * 1024**2
_BUFFER_BYTES = 1024**2
_NO_KERNEL_COPY = {errno.ENOSYS, errno.EXDEV, errno.EOPNOTSUPP, errno.EINVAL, errno.EPERM}
# Players treat tracks in a group as alternatives, and list subtitles only if they are in one. Video is in none.
_GROUPS = {b"soun": 1, b"sbtl": 3}
_MATRIX = struct.pack(">9i", 0x10000, 0, 0, 0, 0x10000, 0, 0, 0, 0x40000000)


@dataclass(frozen=True)
class Lane:
    """One track to write: consecutive parts, all with the same clock.

    `edit_start` ticks are skipped at the start (decoder delay), `edit_ticks` are played."""

    parts: Sequence[Track]
    timescale: int
    edit_start: int
    edit_ticks: int
    language: str = "und"
    enabled: bool = True


@dataclass(frozen=True)
class MovieLabels:
    """Title and artist, and chapters as (start seconds, name)."""

    title: str = ""
    artist: str = ""
    comment: str = ""
    chapters: Sequence[tuple[Fraction, str]] = field(default_factory=tuple)


def join_pictures(parts: Sequence[Track], *, timescale: int, frame_ticks: int) -> Lane:
    """Join the parts' pictures, one every `frame_ticks`, without gaps. Raises MediaToolError when their H.264 headers
    can't share a track."""
    delays = [_delay(part, frame_ticks, timescale) for part in parts]
    delay = max(delays)
    entry = _shared_entry(parts)
    joined = []
    for part, own_delay in zip(parts, delays, strict=True):
        scale = Fraction(timescale, part.timescale)
        shifts = np.array([int(value * scale) for value in part.shifts], np.int64) if part.shifts.any() else part.shifts
        joined.append(_retimed(part, entry, np.full(len(part), frame_ticks, np.int64), shifts + (delay - own_delay)))
    frames = sum(len(part) for part in parts)
    return Lane(joined, timescale, delay, frames * frame_ticks)


def write_movie(output: Path, lanes: Sequence[Lane], labels: MovieLabels | None = None) -> None:
    """Write the file; the caller renames it once verified. The first lane sets the movie's clock."""
    chunks = _interleave(lanes)
    data_bytes = sum(chunk.size for chunk in chunks)
    head = _box(b"ftyp", b"isom", struct.pack(">I", 512), b"isomiso2avc1mp41")
    movie = _movie(lanes, chunks, labels or MovieLabels(), 0)
    # The index contains absolute positions, and its length doesn't depend on them.
    start = len(head) + len(movie) + 16
    movie = _movie(lanes, chunks, labels or MovieLabels(), start)
    with output.open("wb") as file:
        file.write(head + movie + struct.pack(">I4sQ", 1, b"mdat", data_bytes + 16))
        file.flush()
        _copy_chunks(file.fileno(), chunks)
        if file.seek(0, os.SEEK_END) != start + data_bytes:
            raise MediaToolError("The video couldn't be written completely. Is the disk full?")


@dataclass
class _Chunk:
    lane: int
    path: Path
    source: int
    size: int
    samples: int
    time: float
    position: int = 0


def _delay(part: Track, frame_ticks: int, timescale: int) -> int:
    """Return how long after decoding the first picture is shown; check that there are no gaps."""
    if not part.shifts.any():
        return 0
    scale = Fraction(timescale, part.timescale)
    order = np.arange(len(part), dtype=np.int64) * frame_ticks
    shown = np.sort(order + np.array([int(value * scale) for value in part.shifts], np.int64))
    if len(shown) > 1 and (np.diff(shown) != frame_ticks).any():
        raise MediaToolError("A segment's frames aren't evenly spaced.")
    return int(shown[0])


def _retimed(part: Track, entry: bytes, durations: Integers, shifts: Integers) -> Track:
    return Track(
        part.path, part.handler, part.timescale, entry, part.offsets, part.sizes, durations, shifts, part.sync, 0, None,
        part.width, part.height,
    )  # fmt: skip


def _shared_entry(parts: Sequence[Track]) -> bytes:
    """Return a sample entry with the headers of all parts, each under its own id."""
    first = parts[0].entry
    if all(part.entry == first for part in parts):
        return first
    sequences: dict[int, bytes] = {}
    pictures: dict[int, bytes] = {}
    profiles: set[bytes] = set()
    for part in parts:
        sets = header_sets(part.entry)
        if sets is None:
            raise MediaToolError("A segment isn't H.264 with its headers in the index.")
        for known, own in ((sequences, sets[0]), (pictures, sets[1])):
            if any(known.setdefault(number, unit) != unit for number, unit in own.items()):
                raise MediaToolError("Two segments have different headers with the same id.", code="headers_differ")
        profiles.add(sets[2])
    # The profile named in the index must cover all parts: High covers what x264 writes, the level is the highest.
    profile = bytes([max(item[0] for item in profiles), min(item[1] for item in profiles), max(p[2] for p in profiles)])
    record = (
        b"\x01" + profile + bytes([0xFF, 0xE0 | len(sequences)])
        + b"".join(struct.pack(">H", len(unit)) + unit for unit in sequences.values())
        + bytes([len(pictures)])
        + b"".join(struct.pack(">H", len(unit)) + unit for unit in pictures.values())
        + (b"\xfd\xf8\xf8\x00" if profile[0] >= 100 else b"")
    )  # fmt: skip
    start = first.find(b"avcC") - 4
    old = int.from_bytes(first[start : start + 4], "big")
    body = first[8:start] + _box(b"avcC", record) + first[start + old :]
    return _box(first[4:8], body)


def _interleave(lanes: Sequence[Lane]) -> list[_Chunk]:
    chunks = []
    for number, lane in enumerate(lanes):
        clock = 0
        for part in lane.parts:
            ticks = np.cumsum(part.durations) - part.durations
            slot = ((clock + ticks) / (lane.timescale * _CHUNK_SECONDS)).astype(np.int64)
            contiguous = part.offsets[1:] == part.offsets[:-1] + part.sizes[:-1]
            breaks = np.flatnonzero(~contiguous | (slot[1:] != slot[:-1])) + 1
            bounds = np.concatenate(([0], breaks, [len(part)]))
            for first, last in pairwise(bounds):
                time = (clock + int(ticks[first])) / lane.timescale
                size = int(part.sizes[first:last].sum())
                chunks.append(_Chunk(number, part.path, int(part.offsets[first]), size, int(last - first), time))
            clock += int(part.durations.sum())
    chunks.sort(key=lambda chunk: (chunk.time, chunk.lane))
    position = 0
    for chunk in chunks:
        chunk.position = position
        position += chunk.size
    return chunks


def _copy_chunks(target: int, chunks: Sequence[_Chunk]) -> None:
    sources: dict[Path, int] = {}
    try:
        for chunk in chunks:
            if chunk.path not in sources:
                # Stay below the limit of open files with hundreds of scenes.
                if len(sources) >= 64:
                    os.close(sources.pop(next(iter(sources))))
                sources[chunk.path] = os.open(chunk.path, os.O_RDONLY)
            _copy_range(sources[chunk.path], target, chunk.source, chunk.size)
    finally:
        for source in sources.values():
            os.close(source)


def _copy_range(source: int, target: int, offset: int, size: int) -> None:
    """Append `size` bytes of `source` from `offset` to `target`."""
    copy = _kernel_copy if hasattr(os, "copy_file_range") else _plain_copy
    while size:
        try:
            done = copy(source, target, offset, size)
        except OSError as error:
            # Linux has the call, but the file system doesn't support it, or not between these two.
            if copy is _plain_copy or error.errno not in _NO_KERNEL_COPY:
                raise
            copy = _plain_copy
            continue
        if done == 0:
            raise MediaToolError("A segment got shorter while it was being copied.")
        offset += done
        size -= done


def _kernel_copy(source: int, target: int, offset: int, size: int) -> int:
    return os.copy_file_range(source, target, min(size, _COPY_BYTES), offset_src=offset)


def _plain_copy(source: int, target: int, offset: int, size: int) -> int:
    return os.write(target, os.pread(source, min(size, _BUFFER_BYTES), offset))


def _movie(lanes: Sequence[Lane], chunks: Sequence[_Chunk], labels: MovieLabels, start: int) -> bytes:
    scale = lanes[0].timescale
    lengths = [round(Fraction(lane.edit_ticks * scale, lane.timescale)) for lane in lanes]
    header = _full_box(
        b"mvhd", 1, 0,
        struct.pack(">QQIQIH", 0, 0, scale, max(lengths), 0x10000, 0x100), bytes(10), _MATRIX, bytes(24),
        struct.pack(">I", len(lanes) + 1),
    )  # fmt: skip
    tracks = [
        _trak(number + 1, lane, lengths[number], [chunk for chunk in chunks if chunk.lane == number], start)
        for number, lane in enumerate(lanes)
    ]
    return _box(b"moov", header, *tracks, _labels(labels))


def _trak(number: int, lane: Lane, length: int, chunks: Sequence[_Chunk], start: int) -> bytes:
    first = lane.parts[0]
    sound = first.handler == b"soun"
    place = struct.pack(">QQIIQ", 0, 0, number, 0, length) + bytes(8)
    place += struct.pack(">hhhH", 0, _GROUPS.get(first.handler, 0), 0x100 if sound else 0, 0) + _MATRIX
    place += struct.pack(">II", first.width << 16, first.height << 16)
    edit = struct.pack(">IQqHH", 1, length, lane.edit_start, 1, 0)
    duration = sum(int(part.durations.sum()) for part in lane.parts)
    language = sum((ord(letter) - 0x60) << shift for letter, shift in zip(lane.language, (10, 5, 0), strict=True))
    media = _full_box(b"mdhd", 1, 0, struct.pack(">QQIQHH", 0, 0, lane.timescale, duration, language, 0))
    kind = _full_box(b"hdlr", 0, 0, bytes(4), first.handler, bytes(12), b"mvsite\0")
    information = _box(b"minf", _media_header(first.handler), _data_here(), _tables(lane, chunks, start))
    return _box(
        b"trak",
        _full_box(b"tkhd", 1, 3 if lane.enabled else 2, place),
        _box(b"edts", _full_box(b"elst", 1, 0, edit)),
        _box(b"mdia", media, kind, information),
    )


def _media_header(handler: bytes) -> bytes:
    if handler == b"vide":
        return _full_box(b"vmhd", 0, 1, bytes(8))
    return _full_box(b"smhd", 0, 0, bytes(4)) if handler == b"soun" else _full_box(b"nmhd", 0, 0)


def _data_here() -> bytes:
    return _box(b"dinf", _full_box(b"dref", 0, 0, struct.pack(">I", 1), _full_box(b"url ", 0, 1)))


def _tables(lane: Lane, chunks: Sequence[_Chunk], start: int) -> bytes:
    durations = np.concatenate([part.durations for part in lane.parts])
    shifts = np.concatenate([part.shifts for part in lane.parts])
    sizes = np.concatenate([part.sizes for part in lane.parts])
    sync = np.concatenate([part.sync for part in lane.parts])
    boxes = [
        _full_box(b"stsd", 0, 0, struct.pack(">I", 1), lane.parts[0].entry),
        _run_table(b"stts", durations),
        _chunk_table([chunk.samples for chunk in chunks]),
        _full_box(b"stsz", 0, 0, struct.pack(">II", 0, len(sizes)), sizes.astype(">u4").tobytes()),
        _full_box(
            b"co64", 0, 0, struct.pack(">I", len(chunks)),
            np.array([start + chunk.position for chunk in chunks], ">u8").tobytes(),
        ),
    ]  # fmt: skip
    if shifts.any():
        boxes.insert(2, _run_table(b"ctts", shifts))
    if not sync.all():
        numbers = (np.flatnonzero(sync) + 1).astype(">u4")
        boxes.insert(2, _full_box(b"stss", 0, 0, struct.pack(">I", len(numbers)), numbers.tobytes()))
    return _box(b"stbl", *boxes)


def _run_table(name: bytes, values: Integers) -> bytes:
    starts = np.concatenate(([0], np.flatnonzero(np.diff(values)) + 1))
    counts = np.diff(np.append(starts, len(values)))
    table = np.stack([counts, values[starts]], axis=1).astype(">u4")
    return _full_box(name, 0, 0, struct.pack(">I", len(table)), table.tobytes())


def _chunk_table(samples: Sequence[int]) -> bytes:
    rows, before = [], 0
    for number, count in enumerate(samples, start=1):
        if count != before:
            rows.append(struct.pack(">III", number, count, 1))
            before = count
    return _full_box(b"stsc", 0, 0, struct.pack(">I", len(rows)), *rows)


def _labels(labels: MovieLabels) -> bytes:
    items = [
        _box(name, _box(b"data", struct.pack(">II", 1, 0), text.encode()))
        for name, text in ((b"\xa9nam", labels.title), (b"\xa9ART", labels.artist), (b"\xa9cmt", labels.comment))
        if text
    ]
    boxes = []
    if items:
        kind = _full_box(b"hdlr", 0, 0, bytes(4), b"mdir", b"appl", bytes(9))
        boxes.append(_full_box(b"meta", 0, 0, kind, _box(b"ilst", *items)))
    if labels.chapters:
        boxes.append(_chapters(labels.chapters))
    return _box(b"udta", *boxes) if boxes else b""


def _chapters(chapters: Sequence[tuple[Fraction, str]]) -> bytes:
    """Return Nero's chapter list: times in 100 ns; one byte for the count."""
    rows = []
    for seconds, name in chapters[:255]:
        text = name.encode()[:255]
        rows.append(struct.pack(">QB", int(seconds * 10_000_000), len(text)) + text)
    return _full_box(b"chpl", 1, 0, bytes(4), bytes([len(rows)]), *rows)


def _box(name: bytes, *bodies: bytes) -> bytes:
    body = b"".join(bodies)
    return struct.pack(">I4s", len(body) + 8, name) + body


def _full_box(name: bytes, version: int, flags: int, *bodies: bytes) -> bytes:
    return _box(name, struct.pack(">I", version << 24 | flags), *bodies)
