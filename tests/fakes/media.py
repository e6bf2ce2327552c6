"""Small real media for the fakes, created by the bundled ffmpeg and cached for the life of the process."""

import functools
import subprocess
import tempfile
from pathlib import Path

import imageio_ffmpeg

ENCODE = ["-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p", "-g", "24"]


def _ffmpeg(*arguments: str, out: Path) -> bytes:
    command = [imageio_ffmpeg.get_ffmpeg_exe(), "-v", "error", "-nostdin", "-y", *arguments, f"file:{out}"]
    subprocess.run(command, check=True, timeout=120, capture_output=True)
    return out.read_bytes()


@functools.cache
def video(seconds: float = 1.0, size: str = "320x180") -> bytes:
    """Return a silent H.264 mp4 at 24 frames a second."""
    return lavfi_video(f"testsrc2=duration={seconds}:size={size}:rate=24")


@functools.cache
def lavfi_video(source: str) -> bytes:
    """Return one of ffmpeg's built-in video sources as a silent H.264 mp4."""
    with tempfile.TemporaryDirectory() as folder:
        return _ffmpeg("-f", "lavfi", "-i", source, *ENCODE, "-movflags", "+faststart", out=Path(folder, "out.mp4"))


@functools.cache
def image(size: str = "320x180", extension: str = "png") -> bytes:
    """Return a still image; `extension` is png, jpg or webp."""
    with tempfile.TemporaryDirectory() as folder:
        source = f"testsrc2=duration=1:size={size}:rate=1"
        return _ffmpeg("-f", "lavfi", "-i", source, "-frames:v", "1", out=Path(folder, f"out.{extension}"))


@functools.cache
def sound(seconds: float = 1.0) -> bytes:
    """Return a mono tone as 16-bit wav."""
    with tempfile.TemporaryDirectory() as folder:
        source = f"sine=frequency=330:duration={seconds}:sample_rate=16000"
        return _ffmpeg("-f", "lavfi", "-i", source, out=Path(folder, "out.wav"))


@functools.lru_cache(maxsize=16)
def sound_as(content: bytes, extension: str) -> bytes:
    """Return the sound in another format: mp3, wav or flac."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "sound")
        path.write_bytes(content)
        return _ffmpeg("-i", f"file:{path}", "-vn", out=Path(folder, f"out.{extension}"))


@functools.lru_cache(maxsize=64)
def video_with_sound(picture: bytes, voice: bytes) -> bytes:
    """Return the first one's video with the second one's audio, as long as the shorter.

    Raises subprocess.CalledProcessError if one of them isn't media.
    """
    with tempfile.TemporaryDirectory() as folder:
        paths = [Path(folder, "picture"), Path(folder, "voice")]
        for path, content in zip(paths, (picture, voice), strict=True):
            path.write_bytes(content)
        inputs = [argument for path in paths for argument in ("-i", f"file:{path}")]
        # Copied pictures could only be cut where their order allows.
        pictures = ["-c:v", "libx264", "-preset", "ultrafast", "-bf", "0"]
        kept = ["-map", "0:v:0", "-map", "1:a:0", *pictures, "-c:a", "aac", "-shortest"]
        return _ffmpeg(*inputs, *kept, out=Path(folder, "out.mp4"))


@functools.lru_cache(maxsize=256)
def duration(content: bytes) -> float:
    """Return the seconds given by the container. Raises ValueError for bytes that aren't timed media."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "media")
        path.write_bytes(content)
        command = [imageio_ffmpeg.get_ffmpeg_exe(), "-nostdin", "-i", f"file:{path}"]
        words = subprocess.run(command, timeout=60, capture_output=True, check=False).stderr.decode(errors="replace")
    for line in words.splitlines():
        if line.strip().startswith("Duration:"):
            hours, minutes, seconds = line.split("Duration:")[1].split(",")[0].strip().split(":")
            return int(hours) * 3600 + int(minutes) * 60 + float(seconds)
    raise ValueError("not media")
