"""A proof that can't fail proves nothing: each check gets a file that breaks it."""

from dataclasses import replace
from fractions import Fraction

import pytest

from apps.core.errors import MediaToolError
from engines.composing.compose import compose
from engines.composing.proof import prove, require_passed
from engines.composing.shot_plan import Shot, ShotPlan, SongPart
from tests.engines.composing.conftest import SHAPE, ffmpeg


@pytest.fixture
def proven(sources, cache, tmp_path):
    """Compose, let the test break something, and return the checks that fail."""
    song = SongPart(sources["song.wav"], Fraction(1), Fraction(6))
    plan = ShotPlan((Shot(sources["a"], 60), Shot(sources["foreign"], 30), Shot(sources["b"], 30)), SHAPE, song=song)

    def failures(spoil) -> set[str]:
        with cache.session() as session:
            composed = compose(
                plan, tmp_path / "final.mp4", cache=session, progress=lambda *_: None, cancelled=lambda: False
            )
            proof = prove(spoil(composed) or composed, session, lambda: False)
        return {check.name for check in proof.checks if not check.passed}

    return failures


def rewritten(composed, *arguments):
    spoiled = composed.path.with_name("spoiled.mp4")
    ffmpeg("-i", composed.path, *arguments, "-y", spoiled)
    return replace(composed, path=spoiled)


def test_an_intact_file_passes(proven):
    assert proven(lambda composed: None) == set()


def test_late_sound_is_detected(proven):
    assert "sound_offset" in proven(lambda composed: rewritten(composed, "-c:v", "copy", "-af", "adelay=20:all=1"))


def test_quieter_sound_is_detected(proven):
    assert proven(lambda composed: rewritten(composed, "-c:v", "copy", "-af", "volume=-3dB")) == {"loudness"}


def test_a_second_video_track_is_detected(proven):
    assert "streams" in proven(lambda composed: rewritten(composed, "-map", "0", "-map", "0:v", "-c", "copy"))


def test_missing_frames_are_detected(proven):
    found = proven(lambda composed: rewritten(composed, "-c", "copy", "-t", "4.2"))
    assert {"frames", "duration"} <= found


def test_reordered_frames_are_detected(proven):
    def swapped(composed):
        pieces = composed.segments.pieces
        return replace(composed, segments=replace(composed.segments, pieces=(pieces[2], pieces[1], pieces[0])))

    assert "cuts" in proven(swapped)


def test_a_failed_proof_gives_its_reason(sources, make):
    _, proof = make(ShotPlan((Shot(sources["a"], 10),), SHAPE))
    broken = replace(proof, checks=(replace(proof.checks[1], passed=False, detail="9 of 10 planned frames"),))
    with pytest.raises(MediaToolError, match="9 of 10 planned frames"):
        require_passed(broken)
    require_passed(proof)
