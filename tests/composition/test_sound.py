from fractions import Fraction

import numpy as np
import pytest

from apps.composition.plan import CutPlan, Shot, SongPart
from apps.composition.sound import loudness
from tests.composition.conftest import SHAPE, as_source, clip_pictures, ffmpeg, sound_of


def song_plan(sources, song: str, start: Fraction = Fraction(0), **options) -> CutPlan:
    shots = (Shot(sources["a"], 60), Shot(sources["b"], 60))
    return CutPlan(shots, SHAPE, song=SongPart(sources[song], start, start + 5, **options))


@pytest.mark.parametrize(
    ("song", "start"), [("song.mp3", Fraction(0)), ("song.m4a", Fraction(0)), ("song.m4a", Fraction(13, 7))]
)
def test_a_compressed_master_is_copied(sources, make, song, start):
    composed, proof = make(song_plan(sources, song, start))
    assert composed.sound.untouched
    assert proof.passed, proof.checks
    ours, master = sound_of(composed.path), sound_of(sources[song].path)
    first = round(start * 44100)
    # PyAV plays the last packet to its end.
    assert 0 <= ours.shape[1] - 5 * 44100 < 1152
    assert np.abs(ours[:, : 5 * 44100] - master[:, first : first + 5 * 44100]).max() < 1e-4


@pytest.mark.parametrize(
    ("song", "start"), [("song.wav", Fraction(0)), ("song.wav", Fraction(5, 3)), ("song.mp3", Fraction(2))]
)
def test_another_master_is_encoded_once_without_shifting(sources, make, song, start):
    composed, proof = make(song_plan(sources, song, start))
    again, _ = make(song_plan(sources, song, start))
    assert (composed.sound.encoded, again.sound.encoded) == (True, False)
    assert proof.passed, proof.checks
    assert abs(proof.facts["sound"]["offset_seconds"]) < 0.001
    assert proof.facts["sound"]["correlation"] > 0.99


def test_fades_are_at_the_ends_of_the_range(sources, make):
    composed, proof = make(song_plan(sources, "song.wav", fade_in_seconds=1.0, fade_out_seconds=1.0))
    level = np.abs(sound_of(composed.path)[0])
    assert level[:2000].max() < 0.02
    assert level[-2000:].max() < 0.02
    assert level[2 * 44100 : 3 * 44100].max() > 0.25
    assert proof.passed, proof.checks


def test_loudness_is_set_only_when_asked(sources, make):
    untouched, _ = make(song_plan(sources, "song.wav"))
    before = loudness(untouched.path, "anull", lambda: False)
    louder, proof = make(song_plan(sources, "song.wav", loudness_lufs=-14.0))
    assert abs(before - -14) > 1
    assert loudness(louder.path, "anull", lambda: False) == pytest.approx(-14, abs=0.7)
    assert proof.passed, proof.checks


def test_a_clips_own_sound_is_mixed_under_at_its_place(sources, make, tmp_path):
    noisy = tmp_path / "noisy.mp4"
    tone = ["-f", "lavfi", "-i", "sine=f=3000:d=2:r=48000"]
    ffmpeg(*tone, *clip_pictures(1, 48), "-c:a", "aac", noisy)
    shots = (Shot(sources["a"], 60), Shot(as_source(noisy), 48, audio_gain_db=-6.0))
    composed, proof = make(CutPlan(shots, SHAPE))
    level = np.abs(sound_of(composed.path)[0])
    rate = 48000
    assert level[: int(2.45 * rate)].max() < 0.001
    assert level[int(2.55 * rate) : int(4.4 * rate)].max() > 0.02
    assert proof.passed, proof.checks


def test_without_a_song_the_video_is_silent(sources, make):
    composed, proof = make(CutPlan((Shot(sources["a"], 10),), SHAPE))
    assert composed.sound is None
    assert proof.passed
    assert proof.sentence.endswith("without sound.")
