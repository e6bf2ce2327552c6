"""Small real media, created by ffmpeg once per test run."""

from pathlib import Path

import pytest

from engines.media.runner import run


def ffmpeg(*arguments: object) -> None:
    run([str(argument) for argument in arguments], time_limit_seconds=60)


@pytest.fixture(scope="session")
def made(tmp_path_factory) -> Path:
    """A folder with clip.mp4 (320×180, 24 fps, 2 s, with a tone), song.mp3, song.wav (3 s) and picture.png."""
    folder = tmp_path_factory.mktemp("media")
    ffmpeg(
        *("-f", "lavfi", "-i", "testsrc2=s=320x180:r=24:d=2", "-f", "lavfi", "-i", "sine=f=440:d=2:r=48000"),
        *("-c:v", "libx264", "-preset", "ultrafast", "-c:a", "aac", "-shortest", folder / "clip.mp4"),
    )
    ffmpeg("-f", "lavfi", "-i", "aevalsrc='sin(2*PI*t*(200+100*t))':s=44100:d=3", folder / "song.wav")
    ffmpeg("-i", folder / "song.wav", "-b:a", "128k", folder / "song.mp3")
    ffmpeg("-f", "lavfi", "-i", "testsrc2=s=64x48:d=1", "-frames:v", "1", folder / "picture.png")
    return folder
