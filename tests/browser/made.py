"""Projects with real media on disk, for pages that play media."""

import tempfile
from pathlib import Path

import av
import numpy as np
from PIL import Image

from apps.assets.services import asset_create, file_store
from engines.listening.waveform import DISPLAY_BUCKETS
from engines.media.probe import probe_media
from tests.assets.conftest import audio_make, video_make
from tests.factories import make_clip, make_project, make_scenes, make_song

CLIP_FRAMES = 48


def stored(owner, name, make, content_type, kind):
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / name
        make(path)
        key = f"tests/{owner.pk}/{Path(folder).name}/{name}"
        file = file_store(path, key=key, content_type=content_type, facts=probe_media(path))
        return asset_create(owner=owner, stored=file, kind=kind)


def song_on_disk(owner, *, seconds):
    """An analyzed song with a beat every half second, two parts, and a waveform."""
    audio = stored(owner, "song.wav", lambda path: audio_make(path, seconds=seconds), "audio/wav", "audio")
    wave = [0.2 + 0.6 * (index % 40) / 40 for index in range(DISPLAY_BUCKETS)]
    parts = [
        {"label": "verse", "start_seconds": 0.0, "end_seconds": seconds / 2, "energy": 0.4, "group": 0},
        {"label": "chorus", "start_seconds": seconds / 2, "end_seconds": seconds, "energy": 0.9, "group": 1},
    ]
    peaks = {"minimum": [-level for level in wave], "maximum": wave, "rms": wave}
    analysis = {"peaks": peaks, "sections": parts, "energy": [0.5] * 10, "duration_seconds": seconds}
    return make_song(owner, seconds=seconds, asset=audio, analysis=analysis)


def project_on_disk(owner, *, scenes=3, seconds=2, clips=True, **fields):
    """Scenes of `seconds` each over a song, with image and clip."""
    project = make_project(owner, song=song_on_disk(owner, seconds=float(scenes * seconds)), **fields)
    image = stored(
        owner, "image.png", lambda path: Image.new("RGB", (320, 180), "teal").save(path), "image/png", "image"
    )
    made = make_scenes(project, *[str(seconds)] * scenes, image=image)
    if clips:
        video = stored(owner, "clip.mp4", lambda path: video_make(path, frames=CLIP_FRAMES), "video/mp4", "video")
        for scene in made:
            make_clip(scene, asset=video)
    return project


def numbered_clip(path, *, clip, frames):
    """H.264 whose pictures say which they are: eight cells a row, white for a set bit; the clip's number above, the
    frame's below. Both are read by bench/preview.js."""
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=24, options={"preset": "ultrafast"})
        width, height = stream.width, stream.height = (320, 80)
        stream.pix_fmt = "yuv420p"
        for frame in range(frames):
            bits = np.array([[(number >> bit) & 1 for bit in range(8)] for number in (clip, frame)], dtype=np.uint8)
            cells = np.kron(255 * bits, np.ones((height // 2, width // 8), dtype=np.uint8))
            picture = np.repeat(cells[:, :, None], 3, axis=2)
            container.mux(stream.encode(av.VideoFrame.from_ndarray(picture, format="rgb24")))
        container.mux(stream.encode(None))
    return path


def numbered_film(owner, *, scenes, seconds):
    """A project whose clips' pictures say which they are; each clip lasts as long as its scene."""
    project = make_project(owner, song=song_on_disk(owner, seconds=float(scenes * seconds)))
    for number, scene in enumerate(make_scenes(project, *[str(seconds)] * scenes)):

        def make(path, number=number):
            return numbered_clip(path, clip=number, frames=24 * seconds)

        make_clip(scene, asset=stored(owner, f"clip_{number}.mp4", make, "video/mp4", "video"))
    return project
