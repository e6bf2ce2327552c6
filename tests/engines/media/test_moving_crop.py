"""Crops along a path: a spot that doesn't move shows where each picture was cropped."""

from fractions import Fraction

import numpy as np
import pytest

from engines.media.commands import Command
from engines.media.crop_path import MOST_KEYS, CropPath, Key
from engines.media.filters import Stretch
from engines.media.formats import ClipFormat
from engines.media.framing import Framing, PictureFit, normalized, view_at
from engines.media.probe import probe_media
from engines.media.runner import run

RATE = Fraction(24)
UPRIGHT = ClipFormat(202, 360, RATE)
MOVE = (Key(0, 0.45, 0.5), Key(0.5, 0.45, 0.5), Key(1.5, 0.56, 0.5), Key(2.5, 0.56, 0.5))


@pytest.fixture(scope="module")
def spot(tmp_path_factory):
    """640×360, three seconds: a soft spot in the middle."""
    path = tmp_path_factory.mktemp("spot") / "spot.mp4"
    light = "30+200*exp(-((X-319.5)*(X-319.5)+(Y-179.5)*(Y-179.5))/300)"
    pictures = f"color=gray:s=640x360:r=24:d=3,format=yuv420p,geq=lum='{light}':cb=128:cr=128"
    run(["-f", "lavfi", "-i", pictures, "-c:v", "libx264", "-qp", "4", str(path)], time_limit_seconds=60)
    return path


def placed(spot, folder, framing, stretch, *, backwards=False) -> np.ndarray:
    """Return how far (across, down) the spot is from where the path says, in pixels, for each picture."""
    facts, target = probe_media(spot), framing.target
    pictures = normalized(stretch, framing, backwards=backwards)
    run(Command([pictures], {"pix_fmt": "yuv420p"}).to_file(folder / "raw", "rawvideo"), time_limit_seconds=60)
    size = target.width * target.height
    raw = np.fromfile(folder / "raw", np.uint8).reshape(stretch.frames, size * 3 // 2)
    light = np.clip(raw[:, :size].reshape(-1, target.height, target.width).astype(float) - 40, 0, None)
    total = light.sum(axis=(1, 2))
    across = (light.sum(axis=1) @ np.arange(target.width)) / total + 0.5
    down = (light.sum(axis=2) @ np.arange(target.height)) / total + 0.5
    numbers = range(stretch.frames)[:: -1 if backwards else 1]
    views = [view_at(framing, facts, float(stretch.start + n * stretch.speed / RATE)) for n in numbers]
    wanted = [((320 - x) / wide * target.width, (180 - y) / high * target.height) for x, y, wide, high in views]
    return np.stack([across, down], axis=1) - np.array(wanted)


@pytest.mark.parametrize(
    ("keys", "start", "frames", "speed", "backwards"),
    [
        (MOVE, "0", 60, "1", False),
        (MOVE, "7/10", 20, "1", False),
        (MOVE, "1/2", 40, "1", True),
        (MOVE, "0", 100, "1/2", False),
        ((Key(0, 0.45, 0.5), Key(1, 0.45, 0.5), Key(1, 0.56, 0.5)), "0", 40, "1", False),
        ((Key(0, 0.45, 0.5), Key(1.5, 0.56, 0.52, 1.5), Key(2, 0.56, 0.52, 1.5)), "0", 60, "1", False),
        ((Key(0, 0.45, 0.5, 1.3),), "0", 6, "1", False),
    ],
    ids=["move", "later part", "backwards", "slow", "jump", "zoom", "closer"],
)
def test_every_picture_is_cropped_where_the_path_is(spot, tmp_path, keys, start, frames, speed, backwards):
    stretch = Stretch(spot, probe_media(spot), Fraction(start), frames, Fraction(speed))
    framing = Framing(UPRIGHT, PictureFit.FOLLOW, CropPath(keys))
    off = placed(spot, tmp_path, framing, stretch, backwards=backwards)
    # Rests are on whole pixels that brightness and color share, so up to 1.5 pixels beside the path.
    assert np.abs(off).max() < 1.6
    # Whole pixels alone would be steps of two between pictures, and back.
    assert np.abs(np.diff(off, 2, axis=0)).max() < 0.5


def test_ffmpeg_takes_the_longest_path(spot, tmp_path):
    turns = tuple(Key(index / 20, 0.3 + 0.4123456 * (index % 2), 0.5, 1 + index % 3 / 10) for index in range(MOST_KEYS))
    stretch = Stretch(spot, probe_media(spot), Fraction(0), 70)
    pictures = normalized(stretch, Framing(UPRIGHT, PictureFit.FOLLOW, CropPath(turns)))
    command = Command([pictures], {}).to_nothing()
    assert max(map(len, command)) < 131_072
    run(command, time_limit_seconds=60)
