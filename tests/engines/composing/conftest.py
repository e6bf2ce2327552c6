"""Clips whose frames identify themselves by brightness: left half, the frame's number; right half, the clip's."""

from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

from engines.composing.cache import SegmentCache, file_sha256
from engines.composing.compose import Composed, compose
from engines.composing.proof import Proof, prove
from engines.composing.shot_plan import ShotPlan, Source
from engines.media.commands import Command, media_file
from engines.media.filters import tagged
from engines.media.formats import ClipFormat, Encoding, encoder_options
from engines.media.probe import probe_media
from engines.media.runner import run

SHAPE = ClipFormat(160, 90, Fraction(24))
STEP = 3


def ffmpeg(*arguments: object) -> None:
    run([str(argument) for argument in arguments], time_limit_seconds=60)


def as_source(path: Path) -> Source:
    return Source(path, file_sha256(path), probe_media(path))


def clip_pictures(number: int, frames: int, rate: object = 24, size: str = "160x90") -> list[object]:
    light = f"if(lt(X,W/2),20+{STEP}*N,40+40*{number})"
    return [
        *("-f", "lavfi", "-i", f"color=gray:s={size}:r={rate},format=yuv420p,geq=lum='{light}':cb=128:cr=128"),
        *("-frames:v", frames),
    ]


def own_clip(path: Path, number: int, frames: int = 60, shape: ClipFormat = SHAPE) -> Source:
    pictures = clip_pictures(number, frames, shape.fps, f"{shape.width}x{shape.height}")
    # Matroska counts in milliseconds, from which 59.94 frames a second are guessed as 19001/317.
    lossless = path.with_suffix(".mov")
    ffmpeg(*pictures, "-c:v", "ffv1", lossless)
    encoded = Command([tagged(media_file(lossless).pictures)], encoder_options(shape, Encoding.DRAFT))
    ffmpeg(*encoded.to_file(path, "mp4"))
    lossless.unlink()
    return as_source(path)


@pytest.fixture(scope="session")
def sources(tmp_path_factory) -> dict[str, Source]:
    """Clips a, b, c in the project's format; `foreign` at 30 fps in another size; songs as wav, mp3, m4a (12 s)."""
    folder = tmp_path_factory.mktemp("sources")
    made = {name: own_clip(folder / f"{name}.mp4", number) for number, name in enumerate("abc")}
    ffmpeg(*clip_pictures(3, 60, 30, "320x180"), "-c:v", "libx264", "-preset", "ultrafast", folder / "foreign.mp4")
    sound = "aevalsrc='0.3*sin(2*PI*t*(200+40*t))|0.2*sin(2*PI*t*(900-30*t))':s=44100:d=12"
    ffmpeg("-f", "lavfi", "-i", sound, folder / "song.wav")
    ffmpeg("-i", folder / "song.wav", "-b:a", "160k", folder / "song.mp3")
    ffmpeg("-i", folder / "song.wav", "-b:a", "160k", folder / "song.m4a")
    for name in ("foreign.mp4", "song.wav", "song.mp3", "song.m4a"):
        made[name.removesuffix(".mp4")] = as_source(folder / name)
    return made


@pytest.fixture
def cache(tmp_path) -> SegmentCache:
    return SegmentCache(tmp_path / "segments", 10**9)


@pytest.fixture
def make(cache, tmp_path) -> Callable[[ShotPlan], tuple[Composed, Proof]]:
    def make_video(plan: ShotPlan) -> tuple[Composed, Proof]:
        with cache.session() as session:
            composed = compose(
                plan, tmp_path / "final.mp4", cache=session, progress=lambda *_: None, cancelled=lambda: False
            )
            return composed, prove(composed, session, lambda: False)

    return make_video


def seen(path: Path) -> list[tuple[int, int]]:
    """Return the (clip, frame) of every picture, read from its brightness."""
    found = []
    with av.open(str(path)) as container:
        for frame in container.decode(video=0):
            light = frame.to_ndarray()[: frame.height].astype(float)
            width = light.shape[1]
            left, right = light[10:-10, 10 : width // 2 - 10].mean(), light[10:-10, width // 2 + 10 : -10].mean()
            found.append((round((right - 40) / 40), round((left - 20) / STEP)))
    return found


def sound_of(path: Path) -> np.ndarray:
    with av.open(str(path)) as container:
        resampler = av.AudioResampler(format="fltp")
        parts = [part.to_ndarray() for frame in container.decode(audio=0) for part in resampler.resample(frame)]
    return np.concatenate(parts, axis=1)
