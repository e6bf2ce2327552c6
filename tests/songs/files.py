"""Small song files."""

import functools
import tempfile
from pathlib import Path

from apps.songs.synthesis import write_audio
from tests.engines.listening.builders import band


@functools.cache
def song_bytes(suffix: str = ".mp3", *, bpm: float = 120.0, seconds: float = 8.0, title: str = "") -> bytes:
    """Return a band's song as a file of that format."""
    with tempfile.TemporaryDirectory() as folder:
        path = write_audio(band(bpm, seconds).samples, Path(folder, f"song{suffix}"), title=title, artist="The band")
        return path.read_bytes()
