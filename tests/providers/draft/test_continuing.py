"""A clip that continues from a frame starts with exactly that frame, however its camera moves."""

import cv2
import numpy as np
import pytest

from apps.providers.request_types import ImageRequest, MediaInput
from engines.media.stills import frame_png

MOVES = {
    "push_in": "pushes in", "pull_out": "pulls out", "pan_left": "pans left", "pan_right": "pans right",
    "tilt_up": "tilts up", "tilt_down": "tilts down", "orbit": "orbits her", "drift": "drifts along",
    "handheld": "is hand-held", "static": "holds still",
}  # fmt: skip
# The song is loud, with a beat right at the cut.
LOUD = {"energy": (1.0, 0.2), "beat_seconds": (0.0, 0.5)}


def frame_of(path, number, into):
    return cv2.imread(str(frame_png(path, (number + 0.5) / 24, into))).astype(float)


def psnr(one, other):
    return 10 * np.log10(255**2 / max(1e-9, ((one - other) ** 2).mean()))


@pytest.fixture(scope="module")
def last_frame(make, video_request, settings_for, tmp_path_factory):
    """The last frame of a drawn clip as PNG."""
    drawn = ImageRequest(
        "Wide shot of Mara at a lighthouse. The camera pushes in.", 320, 180, settings=settings_for("default", "image")
    )
    still = make(drawn).files[0].path
    clip = make(video_request(image=MediaInput(still, "image/png"), frames=12)).files[0].path
    return frame_png(clip, 11.5 / 24, tmp_path_factory.mktemp("frame") / "last.png")


@pytest.mark.parametrize("kind", MOVES)
def test_clip_starts_with_exactly_its_frame_and_moves_away_smoothly(make, video_request, last_frame, tmp_path, kind):
    request = video_request(
        prompt=f"Mara at a lighthouse. The camera {MOVES[kind]}.", image=MediaInput(last_frame, "image/png"), **LOUD
    )
    made = make(request)
    assert made.facts["move"] == kind

    given = cv2.imread(str(last_frame)).astype(float)
    first, second, last = (frame_of(made.files[0].path, at, tmp_path / f"{at}.png") for at in (0, 1, 23))
    assert psnr(first, given) >= 38
    assert psnr(second, given) >= 28
    assert psnr(last, given) < psnr(second, given)
