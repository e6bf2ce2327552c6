from dataclasses import replace
from pathlib import Path

import av
import cv2
import numpy as np
import pytest

_CAPABILITY_FILES = {
    "scenes": ("parameters", "scene_prompts"),
    "image": ("image_params", "image_prompts"),
    "video": ("video_params",),
    "lipsync": ("lipsync_params",),
}


@pytest.fixture(scope="session")
def settings_for():
    """Return a capability's settings in a flavor, as in a request, from the files only."""
    from django.conf import settings

    from apps.flavors.discovery import discover
    from apps.flavors.registry import build_snapshot

    snapshot = build_snapshot(discover(settings.CONFIGS_DIR), {})

    def found(flavor, capability):
        main, *others = _CAPABILITY_FILES[capability]
        values = dict(snapshot.resolved[flavor, main].values)
        return values | {name: snapshot.resolved[flavor, name].values for name in others}

    return found


@pytest.fixture(scope="session")
def make(tmp_path_factory):
    """Run a request with the draft provider in a new empty folder, `make.last`, and return the result."""
    from apps.providers.draft.provider import DraftProvider

    class Make:
        last: Path

        def __call__(self, request, *, progress=lambda *_: None, cancelled=lambda: False):
            self.last = tmp_path_factory.mktemp("made")
            return DraftProvider().make(request, into=self.last, progress=progress, cancelled=cancelled)

    return Make()


@pytest.fixture(scope="session")
def video_request(settings_for):
    """Build a small clip's request; keyword arguments change it."""
    from apps.providers.request_types import VideoRequest

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
    """An image with detail everywhere that isn't one of our storyboard frames."""
    rng = np.random.default_rng(3)
    pixels = cv2.GaussianBlur(rng.integers(0, 255, (360, 640, 3), dtype=np.uint8), (0, 0), 2.5)
    path = tmp_path / "photo.png"
    cv2.imwrite(str(path), cv2.normalize(pixels, None, 0, 255, cv2.NORM_MINMAX))
    return path


@pytest.fixture(scope="session")
def decode():
    """Return all frames of a clip as grey float arrays."""

    def decoded(path):
        with av.open(str(path)) as container:
            return [frame.to_ndarray(format="gray").astype(np.float32) for frame in container.decode(video=0)]

    return decoded
