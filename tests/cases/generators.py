"""Files of kinds that people have and that broke programs, made small. Each function writes one file.

In `flash_and_beep` and what is made from it, the picture is white and a tone is heard from 1.0 s to 1.1 s.
"""

import struct
import tempfile
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path

from engines.media.runner import run

FLASH_SECONDS = 1.0
Maker = Callable[[Path], Path]

_PICTURE = "color=c=black:s=160x90:r=30:d=3,drawbox=c=white:t=fill:enable='between(t,0.99,1.09)'"
_SOUND = "aevalsrc='if(between(t,1.0,1.1),0.8*sin(2*PI*1000*t),0)':s=48000:d=3"
_H264 = ("-c:v", "libx264", "-preset", "ultrafast", "-bf", "0", "-g", "30", "-pix_fmt", "yuv420p")


def ffmpeg(*arguments: object) -> None:
    run([*map(str, arguments), "-y"], time_limit_seconds=60)


def lavfi(source: str) -> tuple[str, ...]:
    return ("-f", "lavfi", "-i", source)


SUFFIXES = ("mp4", "mov", "mkv", "ts", "webm")
# What each container is usually written with.
_CODECS: dict[str, tuple[str, ...]] = {
    "mp4": (*_H264, "-c:a", "aac"),
    "mov": (*_H264, "-c:a", "pcm_s16le"),
    "mkv": (*_H264, "-c:a", "libopus"),
    "ts": (*_H264, "-c:a", "aac"),
    "webm": ("-c:v", "libvpx", "-deadline", "realtime", "-cpu-used", "16", "-threads", "1", "-c:a", "libopus"),
    "avi": ("-c:v", "mpeg4", "-c:a", "libmp3lame"),
    "flv": (*_H264, "-c:a", "aac"),
}


def flash_and_beep(folder: Path, suffix: str, *options: object) -> Path:
    """Write picture and sound of 3 s each."""
    path = folder / f"base.{suffix}"
    path.write_bytes(_flash_and_beep(suffix, options))
    return path


@cache
def _flash_and_beep(suffix: str, options: tuple[object, ...]) -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"made.{suffix}"
        ffmpeg(*lavfi(_PICTURE), *lavfi(_SOUND), *_CODECS[suffix], *options, path)
        return path.read_bytes()


def late_picture(folder: Path, suffix: str) -> Path:
    """Cut the first 0.6 s off the picture only."""
    path = folder / f"late_picture.{suffix}"
    base = flash_and_beep(folder, suffix)
    ffmpeg(*lavfi(_PICTURE), "-ss", 0.6, *_video_codec(suffix), folder / "part.mkv")
    joined = ("-itsoffset", 0.6, "-i", folder / "part.mkv", "-i", base, "-map", "0:v", "-map", "1:a")
    ffmpeg(*joined, "-c", "copy", path)
    return path


def late_sound(folder: Path, suffix: str) -> Path:
    """Cut the first 0.6 s off the sound only."""
    path = folder / f"late_sound.{suffix}"
    base = flash_and_beep(folder, suffix)
    ffmpeg("-ss", 0.6, "-i", base, "-vn", "-c:a", "pcm_s16le", folder / "part.wav")
    joined = ("-i", base, "-itsoffset", 0.6, "-i", folder / "part.wav", "-map", "0:v", "-map", "1:a")
    ffmpeg(*joined, "-c:v", "copy", *_audio_codec(suffix), path)
    return path


def shifted(folder: Path, suffix: str, seconds: float) -> Path:
    """Move all times: a recorder that counts on from an earlier recording, or a cut that starts below zero."""
    path = folder / f"shifted.{suffix}"
    flags = ("-avoid_negative_ts", "disabled", "-muxdelay", "0", "-muxpreload", "0")
    ffmpeg("-itsoffset", seconds, "-i", flash_and_beep(folder, suffix), "-c", "copy", *flags, path)
    return path


def clock_wraps(folder: Path) -> Path:
    """An MPEG-TS whose 33-bit clock starts anew in the middle, as it does once a day."""
    path = folder / "clock_wraps.ts"
    ffmpeg("-i", flash_and_beep(folder, "ts"), "-c", "copy", "-output_ts_offset", (2**33 / 90_000) - 2, path)
    return path


def fragmented(folder: Path) -> Path:
    path = folder / "fragmented.mp4"
    ffmpeg("-i", flash_and_beep(folder, "mp4"), "-c", "copy", "-movflags", "frag_keyframe+empty_moov", path)
    return path


def frames_reordered(folder: Path) -> Path:
    """B-frames, whose delay an edit list takes back."""
    return flash_and_beep(folder, "mp4", "-bf", "3", "-preset", "fast")


def copycut(folder: Path) -> Path:
    """Cut without encoding far into a group of pictures: an edit list hides 120 of 152 frames; 1.1 s are shown."""
    whole, path = folder / "whole.mp4", folder / "copycut.mp4"
    ffmpeg(
        *lavfi("testsrc2=s=160x90:r=30:d=6"), "-c:v", "libx264", "-g", "300", "-bf", "2", "-pix_fmt", "yuv420p", whole
    )
    ffmpeg("-ss", "4", "-i", whole, "-t", "1", "-c", "copy", path)
    return path


def long_sound(folder: Path) -> Path:
    """A picture of 2 s with a sound of 8 s."""
    path = folder / "long_sound.mp4"
    ffmpeg(*lavfi("testsrc2=s=160x90:r=30:d=2"), *lavfi("sine=440:d=8"), *_CODECS["mp4"], path)
    return path


def cover_last(folder: Path, suffix: str = "mp4") -> Path:
    """Cover art as a second video track."""
    cover, path = folder / "cover.jpg", folder / f"covered.{suffix}"
    ffmpeg(*lavfi("color=c=magenta:s=300x300"), "-frames:v", "1", cover)
    base = flash_and_beep(folder, suffix)
    if suffix == "mkv":
        ffmpeg("-i", base, "-attach", cover, "-metadata:s:t", "mimetype=image/jpeg", "-c", "copy", path)
    else:
        mapped = ("-map", "0", "-map", "1", "-c", "copy", "-disposition:v:1", "attached_pic")
        ffmpeg("-i", base, "-i", cover, *mapped, path)
    return path


def cover_first(folder: Path) -> Path:
    """An MP4 whose cover art is found before its tracks, which makes it the first stream."""
    data = cover_last(folder).read_bytes()
    path = folder / "cover_first.mp4"
    boxes = [_sorted(data, start, size, _after_labels) for _, start, size in _atoms(data, 0, len(data))]
    path.write_bytes(b"".join(boxes))
    return path


def second_picture(folder: Path) -> Path:
    """A smaller, magenta video track first; the larger one is the default."""
    path = folder / "second_picture.mkv"
    small = lavfi("color=c=magenta:s=64x36:r=30:d=3")
    mapped = ("-map", "0:v", "-map", "1:v", "-map", "1:a", "-disposition:v:0", "0", "-disposition:v:1", "default")
    ffmpeg(*small, "-i", flash_and_beep(folder, "mkv"), *mapped, *_H264, "-c:a", "copy", path)
    return path


def data_first(folder: Path) -> Path:
    """A time code track before the picture, as some cameras write."""
    base, path = flash_and_beep(folder, "mov", "-timecode", "01:00:00:00"), folder / "data_first.mov"
    data = base.read_bytes()
    boxes = [_sorted(data, start, size, _after_time_code) for _, start, size in _atoms(data, 0, len(data))]
    path.write_bytes(b"".join(boxes))
    return path


def time_code_of_itself(folder: Path) -> Path:
    """A time code track that says its time code is in itself, which one release of ffmpeg reads and another doesn't."""
    data, path = flash_and_beep(folder, "mov", "-timecode", "01:00:00:00").read_bytes(), folder / "own_time_code.mov"
    boxes = [_with_reference(data, start, size) for _, start, size in _atoms(data, 0, len(data))]
    path.write_bytes(b"".join(boxes))
    return path


def unknown_codec(folder: Path) -> Path:
    """A picture that there is no decoder for, without a sound."""
    path = sized(folder, "160x90")
    path.write_bytes(path.read_bytes().replace(b"avc1", b"zzzz"))
    return path


def _with_reference(data: bytes, start: int, size: int) -> bytes:
    """Return a box; in the movie's index, which comes last, the last track refers to itself."""
    if data[start + 4 : start + 8] != b"moov":
        return data[start : start + size]
    parts = [(name, data[at : at + length]) for name, at, length in _atoms(data, start + 8, start + size)]
    last = max(index for index, (name, _) in enumerate(parts) if name == b"trak")
    header = parts[last][1].index(b"tkhd") + 4
    number = parts[last][1][header + 12 : header + 16]
    body = parts[last][1][8:] + struct.pack(">I4sI4s", 20, b"tref", 12, b"tmcd") + number
    parts[last] = (b"trak", struct.pack(">I4s", len(body) + 8, b"trak") + body)
    joined = b"".join(box for _, box in parts)
    return struct.pack(">I4s", len(joined) + 8, b"moov") + joined


def _after_time_code(name: bytes, box: bytes) -> bool:
    return name != b"mvhd" and not (name == b"trak" and b"gmhd" in box)


def _after_labels(name: bytes, _: bytes) -> bool:
    return name not in (b"mvhd", b"udta")


def edits(folder: Path, *entries: tuple[float, float]) -> Path:
    """The flash and beep with both tracks played by an edit list: (seconds, from second; -1 for nothing) each."""
    path = folder / "edits.mp4"
    path.write_bytes(_edited(flash_and_beep(folder, "mp4", "-movflags", "+faststart").read_bytes(), entries))
    return path


def last_held(folder: Path) -> Path:
    """A screen recording: 1 s of motion, whose last picture stays for two more."""
    path = folder / "last_held.mkv"
    ffmpeg(*lavfi("testsrc2=s=160x90:r=30:d=3,select='lt(n,30)+eq(n,89)'"), "-fps_mode", "vfr", *_H264, path)
    return path


def thousand(folder: Path) -> Path:
    """A phone's variable rate, declared as 1000 per second."""
    path = folder / "thousand.mp4"
    select = "testsrc2=s=160x90:r=30:d=3,select='gt(mod(n,7),0)'"
    ffmpeg(
        *lavfi(select), "-fps_mode", "vfr", "-enc_time_base", "1/1000", "-video_track_timescale", "1000", *_H264, path
    )
    return path


def empty(folder: Path) -> Path:
    path = folder / "empty.mp4"
    path.touch()
    return path


def one_picture(folder: Path) -> Path:
    path = folder / "one_picture.mp4"
    ffmpeg(*lavfi("testsrc2=s=160x90:r=30:d=1"), "-frames:v", "1", *_H264, path)
    return path


def sized(folder: Path, size: str, *options: object) -> Path:
    path = folder / "sized.mp4"
    codec = ("-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv444p")
    ffmpeg(*lavfi(f"testsrc=s={size}:r=30:d=1"), *codec, *options, path)
    return path


def mirrored(folder: Path) -> Path:
    """A selfie: white on the left as stored, on the right as shown."""
    plain, path = folder / "plain.mp4", folder / "mirrored.mp4"
    ffmpeg(*lavfi("color=c=black:s=160x90:r=30:d=1,drawbox=w=80:c=white:t=fill"), *_H264, plain)
    ffmpeg("-display_hflip", "-i", plain, "-c", "copy", path)
    return path


def turned_wide_pixels(folder: Path) -> Path:
    """A film upright: stored 120×90 with pixels 4:3 wide, and turned by 90 degrees."""
    path = folder / "turned.mp4"
    ffmpeg("-display_rotation", "90", "-i", sized(folder, "120x90", "-vf", "setsar=4/3"), "-c", "copy", path)
    return path


def cut_in_a_group(folder: Path) -> Path:
    """An MPEG-TS that starts in the middle of a group of pictures: nothing can be decoded before the next key frame."""
    path = folder / "cut_in_a_group.ts"
    data = flash_and_beep(folder, "ts").read_bytes()
    tables, start = data[: 188 * 3], 188 * (len(data) // 188 // 8)
    path.write_bytes(tables + data[start:])
    return path


def _video_codec(suffix: str) -> tuple[str, ...]:
    codecs = _CODECS[suffix]
    return codecs[: codecs.index("-c:a")]


def _audio_codec(suffix: str) -> tuple[str, ...]:
    codecs = _CODECS[suffix]
    return codecs[codecs.index("-c:a") :]


def _atoms(data: bytes, start: int, end: int) -> Iterator[tuple[bytes, int, int]]:
    while start < end:
        size, name = struct.unpack(">I4s", data[start : start + 8])
        yield name, start, size
        start += size


def _sorted(data: bytes, start: int, size: int, key: Callable[[bytes, bytes], bool]) -> bytes:
    """Return a box; the movie's index with its boxes sorted."""
    if data[start + 4 : start + 8] != b"moov":
        return data[start : start + size]
    parts = [(name, data[at : at + length]) for name, at, length in _atoms(data, start + 8, start + size)]
    parts.sort(key=lambda part: key(*part))
    return data[start : start + 8] + b"".join(part for _, part in parts)


def _edited(data: bytes, entries: tuple[tuple[float, float], ...]) -> bytes:
    """Replace every track's edit list; `moov` must come first, so its new size moves the samples."""
    at = data.index(b"moov") - 4
    size = struct.unpack(">I", data[at : at + 4])[0]
    moov = data[at : at + size]
    made = _with_edits(moov, entries)
    grown = len(made) - len(moov)
    for table in (b"stco",):
        position = made.find(table)
        while position >= 0:
            count = struct.unpack(">I", made[position + 8 : position + 12])[0]
            offsets = struct.unpack(f">{count}I", made[position + 12 : position + 12 + 4 * count])
            moved = struct.pack(f">{count}I", *(offset + grown for offset in offsets))
            made = made[: position + 12] + moved + made[position + 12 + 4 * count :]
            position = made.find(table, position + 4)
    return data[:at] + made + data[at + size :]


def _with_edits(box: bytes, entries: tuple[tuple[float, float], ...], scale: int = 0, movie_scale: int = 0) -> bytes:
    body = b""
    for name, at, length in _atoms(box, 8, len(box)):
        part = box[at : at + length]
        if name == b"mvhd":
            movie_scale = struct.unpack(">I", part[20:24])[0]
            body += part
        elif name == b"trak":
            media = part.index(b"mdhd") + 4 + 12
            own_scale = struct.unpack(">I", part[media : media + 4])[0]
            body += _with_edits(part, entries, own_scale, movie_scale)
        elif name == b"edts":
            # The sound's own edit skips what its encoder put before the first sample.
            skipped = struct.unpack(">i", part[28:32])[0]
            rows = [
                struct.pack(
                    ">IiI", round(seconds * movie_scale), -1 if source < 0 else round(source * scale) + skipped, 65536
                )
                for seconds, source in entries
            ]
            table = struct.pack(">II", 0, len(rows)) + b"".join(rows)
            elst = struct.pack(">I4s", 8 + len(table), b"elst") + table
            body += struct.pack(">I4s", 8 + len(elst), b"edts") + elst
        else:
            body += part
    return struct.pack(">I4s", len(body) + 8, box[4:8]) + body
