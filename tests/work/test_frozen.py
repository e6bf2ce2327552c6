"""Frozen requests: what is written is read back, also from the release before."""

import pytest
from pydantic import ValidationError

from apps.providers.capabilities import Capability
from apps.providers.request_types import ScenesRequest, SongBrief, SongSection
from apps.work.frozen import FrozenRequest, ImageValues, InputSource, LipsyncValues, ScenesValues, VideoValues

SECTION = SongSection(label="verse", start_seconds=0.0, end_seconds=8.0, energy=0.4)
SONG = SongBrief(duration_seconds=8.0, tempo_bpm=120.0, sections=(SECTION,), sung=((1.0, 2.5),))


@pytest.mark.parametrize(
    "values",
    [
        ScenesValues(idea="a lighthouse", slots=((0.0, 4.0), (4.0, 8.0)), number_of_scenes=2, song=SONG),
        ImageValues(prompt="a blue door", purpose="character_reference", num_images=3, width=1280, height=720),
        VideoValues(prompt="a blue door", duration_seconds=4.0, frames=96, energy=(0.1, 0.9), width=1280, height=720),
        LipsyncValues(temperature=0.5, settings={"providers": {"sync_so": {"model": "lipsync-2"}}}),
    ],
    ids=["scenes", "image", "video", "lipsync"],
)
def test_request_is_read_back_as_it_was_written(values):
    frozen = FrozenRequest.of(values, {"video": InputSource(url="https://example.com/a.mp4", end_seconds=2.0)})
    assert FrozenRequest.model_validate(frozen.model_dump(mode="json")) == frozen
    assert FrozenRequest.model_validate_json(frozen.model_dump_json()) == frozen


def test_request_of_the_release_before_is_read():
    stored = {
        "capability": "scenes",
        "values": {"idea": "a lighthouse", "slots": [[0.0, 4.0]], "settings": {"provider": "draft"}, "mood": "dark"},
    }
    frozen = FrozenRequest.model_validate(stored)
    request = frozen.request({})
    assert frozen.capability == Capability.SCENES and isinstance(request, ScenesRequest)
    assert (request.idea, request.slots, request.settings) == ("a lighthouse", ((0.0, 4.0),), {"provider": "draft"})


@pytest.mark.parametrize(
    "stored",
    [
        {"capability": "video", "values": {"idea": "scenes' values"}},
        {"capability": "sculpture", "values": {}},
        {"values": {"idea": "x"}},
        {"capability": "scenes", "values": "x"},
        {"capability": "scenes"},
        7,
    ],
)
def test_values_of_something_else_are_refused(stored):
    with pytest.raises(ValidationError):
        FrozenRequest.model_validate(stored)
