"""A proof that can't fail proves nothing: each check gets a file that breaks it."""

from dataclasses import replace
from fractions import Fraction

import pytest

from apps.core.errors import MediaToolError
from engines.composing.compose import compose
from engines.composing.proof import prove, require_passed
from engines.composing.shot_plan import Shot, ShotPlan, SongPart
from tests.engines.composing.conftest import SHAPE, as_source, ffmpeg


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


def sounding(composed, sound: str):
    return rewritten(composed, "-map", "0:v", "-map", "0:a", "-c:v", "copy", "-af", sound)


@pytest.mark.parametrize(
    ("sound", "check"),
    [
        ("adelay=20:all=1", "sound_offset"),
        ("atrim=start=0.02,asetpts=PTS-STARTPTS", "sound_offset"),
        ("volume=-3dB", "loudness"),
        ("volume=1.5dB", "loudness"),
        ("volume=0:enable='between(t,2,2.05)'", "sound_gaps"),
        ("volume=0:enable='between(t,4.9,4.95)'", "sound_gaps"),
        ("pan=stereo|c0=c0|c1=0*c1", "loudness"),
        ("atrim=start=2,asetpts=PTS-STARTPTS,apad=pad_dur=2", "sound_offset"),
        ("aeval=0.3*random(0)|0.3*random(1):c=same", "sound_offset"),
        ("volume=0", "sound_offset"),
    ],
)
def test_wrong_sound_is_detected(proven, sound, check):
    assert check in proven(lambda composed: sounding(composed, sound))


def test_swapped_channels_are_detected(sources, cache, tmp_path):
    nearly_mono = "aevalsrc='0.3*sin(2*PI*t*(200+40*t))+0.03*sin(1700*t)|0.3*sin(2*PI*t*(200+40*t))':s=44100:d=6"
    ffmpeg("-f", "lavfi", "-i", nearly_mono, tmp_path / "song.wav")
    song = SongPart(as_source(tmp_path / "song.wav"), Fraction(0), Fraction(5))
    plan = ShotPlan((Shot(sources["a"], 60), Shot(sources["b"], 60)), SHAPE, song=song)
    with cache.session() as session:
        composed = compose(
            plan, tmp_path / "final.mp4", cache=session, progress=lambda *_: None, cancelled=lambda: False
        )
        assert prove(composed, session, lambda: False).passed
        swapped = prove(sounding(composed, "pan=stereo|c0=c1|c1=c0"), session, lambda: False)
    assert [check.name for check in swapped.checks if not check.passed] == ["sound_channels"]


def test_a_song_that_is_nearly_silent_is_proven_too(sources, cache, tmp_path):
    quiet = "aevalsrc='0.0004*sin(2*PI*t*(200+40*t))|0.0003*sin(2*PI*t*(900-30*t))':s=44100:d=6"
    ffmpeg("-f", "lavfi", "-i", quiet, "-c:a", "pcm_f32le", tmp_path / "song.wav")
    song = SongPart(as_source(tmp_path / "song.wav"), Fraction(0), Fraction(5))
    plan = ShotPlan((Shot(sources["a"], 60), Shot(sources["b"], 60)), SHAPE, song=song)
    with cache.session() as session:
        composed = compose(
            plan, tmp_path / "final.mp4", cache=session, progress=lambda *_: None, cancelled=lambda: False
        )
        assert prove(composed, session, lambda: False).passed
        assert not prove(sounding(composed, "volume=0"), session, lambda: False).passed


def test_reencoding_everything_copies_nothing_and_is_cached(sources, make):
    song = SongPart(sources["song.m4a"], Fraction(1), Fraction(6))
    plan = ShotPlan((Shot(sources["a"], 60), Shot(sources["b"], 60)), SHAPE, song=song)
    copied, _ = make(plan)
    anew, proof = make(replace(plan, reencode=True))
    again, _ = make(replace(plan, reencode=True))
    assert copied.sound.untouched and not any(piece.encoded for piece in copied.segments.pieces)
    assert proof.passed, proof.checks
    assert not anew.sound.untouched
    assert all(piece.encoded for piece in anew.segments.pieces)
    assert (again.segments.encoded_frames, again.sound.encoded) == (0, False)


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
    with pytest.raises(MediaToolError, match=r"9 of 10 planned frames\)\. Compose it again and"):
        require_passed(broken)
    with pytest.raises(MediaToolError, match="newly exported ones"):
        require_passed(replace(broken, facts={**proof.facts, "reencoded": True}))
    require_passed(proof)
