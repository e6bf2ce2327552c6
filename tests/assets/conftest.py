"""Media that is really encoded, in a media folder of the test's own."""

import shutil
from pathlib import Path

import av
import numpy as np
import pytest
from PIL import Image


def video_make(path: Path, *, frames: int = 12, size: tuple[int, int] = (96, 64)) -> Path:
    """An H.264 clip of `frames` frames at 24 fps."""
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=24, options={"preset": "ultrafast"})
        stream.width, stream.height, stream.pix_fmt = *size, "yuv420p"
        for index in range(frames):
            picture = np.full((size[1], size[0], 3), index * 7 % 255, dtype=np.uint8)
            container.mux(stream.encode(av.VideoFrame.from_ndarray(picture, format="rgb24")))
        container.mux(stream.encode(None))
    return path


def audio_make(path: Path, *, seconds: float = 1.0) -> Path:
    with av.open(str(path), "w") as container:
        stream = container.add_stream("pcm_s16le", rate=8000, layout="mono")
        samples = (np.sin(np.arange(int(8000 * seconds)) / 8) * 9000).astype(np.int16)
        frame = av.AudioFrame.from_ndarray(samples[None, :], format="s16", layout="mono")
        frame.sample_rate = 8000
        container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return path


@pytest.fixture(scope="session")
def clip_master(tmp_path_factory):
    return video_make(tmp_path_factory.mktemp("clips") / "clip.mp4")


@pytest.fixture
def clip(clip_master, tmp_path):
    """A fresh file that a test may give away."""
    return Path(shutil.copy(clip_master, tmp_path / "clip.mp4"))


@pytest.fixture
def song(tmp_path):
    return audio_make(tmp_path / "song.wav")


@pytest.fixture
def picture(tmp_path):
    path = tmp_path / "picture.png"
    Image.new("RGB", (40, 30), "teal").save(path)
    return path


@pytest.fixture(autouse=True)
def folders(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path / "media"
    settings.SCRATCH_ROOT = tmp_path / "scratch"
    settings.KEEP_LOCAL_FILES = False
    settings.STORAGE_BUCKET = ""
    settings.PUBLIC_URL = ""
    return settings
