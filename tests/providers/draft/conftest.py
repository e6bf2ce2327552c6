from dataclasses import replace
from pathlib import Path

import av
import cv2
import numpy as np
import pytest


@pytest.fixture
def settings_for(db):
    """The settings of a capability in a flavor, as a request carries them."""
    from apps.flavors.registry import capability_settings

    return lambda flavor, capability: capability_settings(flavor, capability).values


@pytest.fixture
def make(tmp_path):
    """Let the draft provider make a request in a folder of its own; answers the result."""
    from apps.providers.draft.provider import DraftProvider

    count = iter(range(1000))

    def made(request, *, progress=lambda *_: None, cancelled=lambda: False):
        into = tmp_path / f"made{next(count)}"
        into.mkdir()
        return DraftProvider().make(request, into=into, progress=progress, cancelled=cancelled)

    return made


@pytest.fixture
def video_request(settings_for):
    """A small clip's request; keywords change it."""
    from apps.providers.base import VideoRequest

    def built(flavor="default", **changes):
        plain = VideoRequest(
            prompt="Medium shot of Mara in a red coat on a street at night. The camera pushes in.",
            duration_seconds=1.0,
            width=320,
            height=180,
            settings=settings_for(flavor, "video"),
        )
        return replace(plain, **changes)

    return built


@pytest.fixture
def photo(tmp_path) -> Path:
    """A picture with detail everywhere, which is no storyboard frame of ours."""
    rng = np.random.default_rng(3)
    pixels = cv2.GaussianBlur(rng.integers(0, 255, (360, 640, 3), dtype=np.uint8), (0, 0), 2.5)
    path = tmp_path / "photo.png"
    cv2.imwrite(str(path), cv2.normalize(pixels, None, 0, 255, cv2.NORM_MINMAX))
    return path


@pytest.fixture
def decode():
    """All frames of a clip as grey float arrays."""

    def decoded(path):
        with av.open(str(path)) as container:
            return [frame.to_ndarray(format="gray").astype(np.float32) for frame in container.decode(video=0)]

    return decoded
