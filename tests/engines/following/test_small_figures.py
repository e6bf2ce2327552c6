"""Clips without a face: the frame follows a small figure, and stays in the middle where nothing stands out."""

import av
import cv2
import numpy as np
import pytest

from engines.following.find import clip_view
from engines.media.crop_path import CropPath

WIDTH, HEIGHT, FRAMES, RATE = 320, 180, 36, 24
# Of 16:9 in 9:16, as a share of the width.
VIEW = (9 / 16) / (WIDTH / HEIGHT)


def film(path, draw):
    """A camera pans over leaves; `draw` puts something on each picture."""
    noise = np.random.default_rng(5)
    leaves = cv2.GaussianBlur(noise.normal(0, 1, (HEIGHT + 40, WIDTH + 80)).astype(np.float32), (0, 0), 1.5)
    ground = 110 + 25 * leaves / leaves.std()
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=RATE, options={"preset": "ultrafast"})
        stream.width, stream.height, stream.pix_fmt = WIDTH, HEIGHT, "yuv420p"
        for frame in range(FRAMES):
            picture = ground[20 : 20 + HEIGHT, 10 + frame : 10 + frame + WIDTH].copy()
            draw(picture, frame)
            luma = np.clip(picture, 0, 255).astype(np.uint8)
            container.mux(stream.encode(av.VideoFrame.from_ndarray(np.stack([luma] * 3, -1), format="rgb24")))
        container.mux(stream.encode(None))
    return path


@pytest.mark.parametrize(("first", "last"), [(0.12, 0.12), (0.85, 0.85), (0.9, 0.7)])
def test_frame_keeps_a_small_figure_that_has_no_face(tmp_path, first, last):
    def walks(picture, frame):
        x = round(WIDTH * (first + (last - first) * frame / FRAMES))
        cv2.rectangle(picture, (x - 4, 100 + frame % 3), (x + 4, 132 + frame % 3), 20, -1)
        cv2.circle(picture, (x, 94 + frame % 3), 5, 20, -1)

    path = CropPath(clip_view(film(tmp_path / "figure.mp4", walks), lambda: None).keys)
    for seconds in np.linspace(0, FRAMES / RATE - 0.05, 6):
        figure = first + (last - first) * seconds * RATE / FRAMES
        middle = min(max(path.at(float(seconds)).x, VIEW / 2), 1 - VIEW / 2)
        assert abs(figure - middle) < VIEW / 2


def test_frame_stays_in_the_middle_where_nothing_stands_out(tmp_path):
    def fog(picture, frame):
        picture[:] = 120 + (picture - 110) / 25

    keys = clip_view(film(tmp_path / "fog.mp4", fog), lambda: None).keys
    assert all(abs(key.x - 0.5) < 0.01 for key in keys)
