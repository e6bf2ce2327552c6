from decimal import Decimal

import pytest

from apps.songs.models import Song
from tests.composition.files import stored
from tests.engines.composing.conftest import cache, make, sources  # noqa: F401 - fixtures
from tests.factories import make_clip, make_project, make_scenes


@pytest.fixture
def whole_pictures():
    """For tests that measure pixels."""


@pytest.fixture(autouse=True)
def _small_pictures(request):
    """What is encoded, and when, is the same at any size. Processes of their own know nothing of the fixture."""
    if not request.node.get_closest_marker("processes") and "whole_pictures" not in request.fixturenames:
        request.getfixturevalue("small_pictures")


@pytest.fixture
def api(client, user):
    client.force_login(user)
    return client


@pytest.fixture
def project(user, sources):  # noqa: F811 - the fixture
    """Three scenes of 1, 1.5 and 2 seconds over five seconds of song, each with a small clip."""
    song = Song.objects.create(
        owner=user,
        asset=stored(user, sources["song.wav"].path, "audio"),
        grid={"downbeats": [0.5, 1.5, 2.5, 3.5, 4.5, 5.5]},
        analysis={"sections": [{"start_seconds": 2.5, "end_seconds": 6.0, "energy": 1.0}]},
    )
    project = make_project(user, song=song, song_start=Decimal(1), song_end=Decimal("5.5"), title="Night Drive")
    for name, scene in zip(("a", "b", "c"), make_scenes(project, "1", "1.5", "2"), strict=True):
        make_clip(scene, asset=stored(user, sources[name].path, "video"))
    return project


@pytest.fixture
def own_segments(settings, tmp_path):
    """An empty segment cache: other tests compose the same clips, and what they encoded would not be encoded again."""
    settings.SEGMENT_CACHE_ROOT = tmp_path / "own_segments"
