"""The checks never report a draft as black or frozen, however dark, bright, static or abstract it is."""

import pytest

from apps.providers.request_types import ImageRequest, MediaInput
from apps.scenes.checks import Wanted, clip_check

IDEAS = (
    "A night drive through an empty neon city under the moon.",
    "A figure alone on a dark road at midnight, wide shot.",
    "Close-up of Mara singing in the dark.",
    "A white room full of snow and bright light.",
    "Abstract shapes of black ink on black paper.",
    "Static shot of a wall. The camera holds still.",
    "Stars over a black sea.",
    "A candle in a cave.",
    "Bright beach at noon, aerial shot.",
    "An empty club, lights out.",
)


@pytest.mark.parametrize("flavor", ["default", "cinematic", "vlog_style", "example"])
def test_no_draft_is_reported(make, video_request, settings_for, flavor):
    doubted = {}
    for seed, idea in enumerate(IDEAS):
        request = ImageRequest(idea, 320, 180, seed=seed, settings=settings_for(flavor, "image"))
        drawn = MediaInput(make(request).files[0].path, "image/png")
        beats = {"beat_seconds": (0.25, 0.75, 1.25), "energy": (0.2, 0.5, 0.9)}
        clip = make(video_request(flavor, prompt=idea, image=drawn, duration_seconds=1.5, seed=seed, **beats))
        found = [clip_check(clip.files[0].path, wanted=Wanted(), trusted=ours).suspicions for ours in (True, False)]
        if any(found):
            doubted[idea] = found
    assert doubted == {}
