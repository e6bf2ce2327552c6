"""The draft engine renders in the project's format, so its clips are copied into the video."""

from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest

from apps.flavors.registry import capability_settings
from apps.providers.draft.provider import DraftProvider
from apps.providers.request_types import VideoRequest
from engines.composing.shot_plan import Shot, ShotPlan
from engines.media.drawn import drawn_mouths
from engines.media.formats import ClipFormat
from engines.media.framing import PictureFit
from tests.engines.composing.conftest import SHAPE, as_source


@pytest.fixture
def draft_clips(db, tmp_path):
    clips, settings = [], capability_settings("default", "video").values
    for seed, frames in enumerate((40, 31)):
        request = VideoRequest(
            prompt="Close-up of a singer. Slow push in", duration_seconds=frames / 24, width=320, height=180,
            frames=frames, seed=seed, settings=settings,
        )  # fmt: skip
        into = tmp_path / str(seed)
        into.mkdir()
        made = DraftProvider().make(request, into=into, progress=lambda *_: None, cancelled=lambda: False)
        clips.append(as_source(made.files[0].path))
    return clips


def test_draft_clips_are_copied(draft_clips, make):
    shape = ClipFormat(320, 180, SHAPE.fps)
    composed, proof = make(ShotPlan(tuple(Shot(clip, clip.facts.frames) for clip in draft_clips), shape))
    assert [clip.facts.frames for clip in draft_clips] == [40, 31]
    assert (composed.segments.encoded_segments, proof.facts["frames"], proof.passed) == (0, 71, True)


def test_a_composed_video_records_the_drawn_mouths(draft_clips, sources, make):
    shots = (Shot(sources["foreign"], 24), Shot(draft_clips[0], 20, start_seconds=Fraction(12, 24)))
    composed, _ = make(ShotPlan(shots, ClipFormat(320, 180, SHAPE.fps)))
    [own], [moved] = drawn_mouths(draft_clips[0].path, 40), drawn_mouths(composed.path, 44)
    assert (moved.first, moved.end) == (24, 44)
    assert np.allclose(moved.places(np.arange(24, 44)), own.places(np.arange(12, 32)))


def test_draft_and_foreign_clips_share_one_video(draft_clips, sources, make):
    shape = ClipFormat(320, 180, SHAPE.fps)
    shots = (Shot(draft_clips[0], 40), Shot(sources["foreign"], 24), Shot(draft_clips[1], 31))
    plan = ShotPlan(shots, shape, fit=PictureFit.FILL)
    composed, proof = make(plan)
    assert (composed.segments.encoded_segments, proof.passed) == (1, True)
    again, _ = make(replace(plan, title="Another title"))
    assert again.segments.encoded_segments == 0
