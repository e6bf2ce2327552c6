"""At any tempo, drafts never flash more often than is safe for photosensitive viewers."""

from itertools import chain, pairwise

import numpy as np
import pytest
from PIL import Image

from apps.providers.request_types import ImageRequest, MediaInput
from engines.media.runner import run
from tests.flashes import flashes_in_a_second, luminances

TEMPOS = (60, 90, 120, 150, 165, 170, 180, 200)
SECONDS = 2.4


def strobe(path, hertz, share=1.0):
    lit = f"drawbox=w=iw*{share}:h=ih:c=white:t=fill:enable='lt(mod(n,{48 // hertz}),{24 // hertz})'"
    source = f"color=0x404040:s=320x180:r=48:d=3,{lit}"
    run(["-f", "lavfi", "-i", source, "-c:v", "libx264", "-pix_fmt", "yuv420p", str(path)], time_limit_seconds=60)
    return luminances(path)


@pytest.mark.parametrize(("hertz", "share", "flashes"), [(2, 1, 2), (3, 1, 3), (6, 1, 6), (6, 0.3, 6), (6, 0.2, 0)])
def test_flashes_are_counted_correctly(tmp_path, hertz, share, flashes):
    assert flashes_in_a_second(strobe(tmp_path / "strobe.mp4", hertz, share), 48) == flashes


@pytest.fixture(scope="module")
def bright(tmp_path_factory):
    """A light wall, where a beat changes the luminance most."""
    path = tmp_path_factory.mktemp("bright") / "wall.png"
    Image.fromarray(np.random.default_rng(1).integers(175, 186, (180, 320, 3), dtype=np.uint8)).save(path)
    return MediaInput(path, "image/png")


@pytest.fixture(scope="module")
def stage(make, settings_for):
    """A drawn frame full of glow."""
    request = ImageRequest("A bright stage full of light at noon.", 320, 180, settings=settings_for("default", "image"))
    return MediaInput(make(request).files[0].path, "image/png")


@pytest.fixture
def filmed(make, video_request):
    def film(beats, energy=(1.0,), flavor="default", **changes):
        request = video_request(flavor, duration_seconds=SECONDS, beat_seconds=tuple(beats), energy=energy, **changes)
        return make(replace_response(request)).files[0].path

    return film


def replace_response(request):
    """Return the request with the light following the song as strongly as a flavor may set."""
    draft = request.settings["providers"]["draft"] | {"light_response": 1.0}
    request.settings["providers"] = {"draft": draft}
    return request


@pytest.mark.parametrize("tempo", TEMPOS)
def test_beat_never_flashes_too_often(filmed, bright, tempo):
    """Join two clips, the second off the beat, since a cut also changes the light."""
    beats = np.arange(0, SECONDS, 60 / tempo)
    clips = [filmed(beats, image=bright), filmed(np.arange(0.1, SECONDS, 60 / tempo), image=bright)]
    joined = chain.from_iterable(luminances(clip) for clip in clips)
    assert flashes_in_a_second(joined, 24) <= 3


@pytest.mark.parametrize("flavor", ["default", "cinematic", "vlog_style", "example"])
def test_no_flavor_flashes_too_often(filmed, stage, flavor):
    clip = filmed(np.arange(0, SECONDS, 0.3), flavor=flavor, image=stage)
    assert flashes_in_a_second(luminances(clip), 24) <= 3


def test_rapidly_changing_loudness_does_not_flash(filmed, bright):
    clip = filmed((), energy=(1.0, 0.0) * 12, image=bright)
    assert flashes_in_a_second(luminances(clip), 24) <= 1


def test_every_slow_beat_is_visible(filmed, bright, decode):
    light = np.array([frame.mean() for frame in decode(filmed((0.5, 1.0, 1.5), image=bright))])
    peaks = [12, 24, 36]
    assert all(light[peak] > light[peak - 4] + 1 for peak in peaks), list(pairwise(light))
