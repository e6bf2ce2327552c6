from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from engines.composing.shot_plan import Shot, ShotPlan, SongPart
from engines.composing.sound import loudness
from engines.media.commands import media_file
from tests.engines.composing.conftest import SHAPE, as_source, clip_pictures, ffmpeg, sound_of


def song_plan(sources, song: str, start: Fraction = Fraction(0), **options) -> ShotPlan:
    shots = (Shot(sources["a"], 60), Shot(sources["b"], 60))
    return ShotPlan(shots, SHAPE, song=SongPart(sources[song], start, start + 5, **options))


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
def test_other_masters_are_encoded_once_without_a_shift(sources, make, song, start):
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


def test_loudness_changes_only_on_request(sources, make):
    untouched, _ = make(song_plan(sources, "song.wav"))
    before = loudness(media_file(untouched.path).sound, lambda: False)
    louder, proof = make(song_plan(sources, "song.wav", loudness_lufs=-14.0))
    assert abs(before - -14) > 1
    assert loudness(media_file(louder.path).sound, lambda: False) == pytest.approx(-14, abs=0.7)
    assert proof.passed, proof.checks


def test_a_clips_own_sound_is_mixed_in_at_its_position(sources, make, tmp_path):
    noisy = tmp_path / "noisy.mp4"
    tone = ["-f", "lavfi", "-i", "sine=f=3000:d=2:r=48000"]
    ffmpeg(*tone, *clip_pictures(1, 48), "-c:a", "aac", noisy)
    shots = (Shot(sources["a"], 60), Shot(as_source(noisy), 48, audio_gain_db=-6.0))
    composed, proof = make(ShotPlan(shots, SHAPE))
    level = np.abs(sound_of(composed.path)[0])
    rate = 48000
    assert level[: int(2.45 * rate)].max() < 0.001
    assert level[int(2.55 * rate) : int(4.4 * rate)].max() > 0.02
    assert proof.passed, proof.checks


def test_without_a_song_the_video_is_silent(sources, make):
    composed, proof = make(ShotPlan((Shot(sources["a"], 10),), SHAPE))
    assert composed.sound is None
    assert proof.passed
    assert proof.sentence.endswith("without sound.")


def heard_as_master(path, master, start: float) -> tuple[float, float]:
    """Return (seconds late, dB over the master), from a plain ffmpeg decode of both."""
    ours, first = sound_of(path)[0], round(start * 44100)
    whole = path.with_name("master.wav")
    ffmpeg("-y", "-i", master, "-ar", 44100, "-ac", 2, "-c:a", "pcm_f32le", whole)
    theirs = sound_of(whole)[0][first : first + len(ours)]
    ours = ours[: len(theirs)]
    size = 2 * len(ours)
    product = np.fft.irfft(np.fft.rfft(ours, size) * np.conj(np.fft.rfft(theirs, size)), size)
    late = int(product.argmax())
    return (late if late < len(ours) else late - size) / 44100, 10 * np.log10(
        np.square(ours).sum() / np.square(theirs).sum()
    )


@pytest.fixture(scope="session")
def odd_songs(tmp_path_factory) -> dict[str, Path]:
    """Realistic problem songs: noise coded as noise, a gap, two joined files, at one rate and at two."""
    folder = tmp_path_factory.mktemp("songs")
    noisy = (
        "aevalsrc='0.3*sin(2*PI*t*(200+40*t))+0.02*random(0)|0.2*sin(2*PI*t*(900-30*t))+0.02*random(1)':s=44100:d=12"
    )
    ffmpeg("-f", "lavfi", "-i", noisy, folder / "song.wav")
    ffmpeg("-i", folder / "song.wav", "-b:a", "192k", folder / "noise.m4a")
    ffmpeg("-i", folder / "song.wav", "-b:a", "128k", folder / "whole.mp3")
    ffmpeg("-i", folder / "song.wav", "-ar", 48000, "-b:a", "128k", folder / "other.mp3")
    whole, other = (folder / "whole.mp3").read_bytes(), (folder / "other.mp3").read_bytes()
    middle = len(whole) // 2
    (folder / "hole.mp3").write_bytes(whole[:middle] + bytes(700) + whole[middle + 700 :])
    (folder / "joined.mp3").write_bytes(whole + whole)
    (folder / "joined_rates.mp3").write_bytes(whole + other)
    return {file.name: file for file in folder.iterdir()}


@pytest.mark.parametrize(
    ("song", "start"),
    [
        ("noise.m4a", 4), ("noise.m4a", Fraction(7, 3)), ("hole.mp3", 0), ("hole.mp3", 4), ("joined.mp3", 0),
        ("joined.mp3", 10), ("joined.mp3", 15), ("joined_rates.mp3", 5),
    ],
)  # fmt: skip
def test_an_accepted_song_is_composed_from_any_point(odd_songs, sources, make, song, start):
    source = as_source(odd_songs[song])
    start = Fraction(start)
    shots = (Shot(sources["a"], 60), Shot(sources["b"], 60))
    composed, proof = make(ShotPlan(shots, SHAPE, song=SongPart(source, start, start + 5)))
    late, louder = heard_as_master(composed.path, odd_songs[song], float(start))
    assert proof.passed, proof.checks
    assert abs(late) < 0.005
    assert abs(louder) < 0.1


def test_packets_of_two_rates_or_with_damage_are_never_copied(odd_songs, sources, make):
    shots = (Shot(sources["a"], 360),)
    for song in ("joined_rates.mp3", "hole.mp3"):
        composed, proof = make(
            ShotPlan(shots, SHAPE, song=SongPart(as_source(odd_songs[song]), Fraction(0), Fraction(15)))
        )
        again, _ = make(composed.plan)
        assert proof.passed, proof.checks
        assert (composed.sound.untouched, again.sound.untouched, again.sound.encoded) == (False, False, False)


@pytest.mark.parametrize(
    "sound",
    [
        "aevalsrc='random(0)-0.5|random(1)-0.5':s=44100:d=6",  # noise alone
        "aevalsrc='if(lt(mod(t*110,1),0.5),1,-1)':s=44100:d=6",  # a square wave at full scale
        "aevalsrc='0.5*sin(2*PI*50*t)':s=44100:d=6",  # one tone, which matches itself every period
        "aevalsrc='0.2*random(0)':s=6000:d=6",  # a rate AAC doesn't have
        "aevalsrc='0.2*random(0)':s=192000:d=6",
        "aevalsrc='0.2*sin(900*t)|0.2*random(0)|0.1*random(1)|0.1*random(2)|0.1*random(3)|0.1*random(4)':c=5.1:d=6",
        "aevalsrc='0.3*random(0)|-0.3*random(0)':s=44100:d=6",  # silent when mixed to mono
        "anullsrc=r=44100:d=6",
    ],
)
def test_unusual_sounds_pass_the_proof(sources, make, tmp_path, sound):
    ffmpeg("-f", "lavfi", "-i", sound, "-c:a", "pcm_f32le", tmp_path / "song.wav")
    shots = (Shot(sources["a"], 60), Shot(sources["b"], 60))
    for options in ({}, {"loudness_lufs": -14.0}):
        song = SongPart(as_source(tmp_path / "song.wav"), Fraction(1, 2), Fraction(11, 2), **options)
        _, proof = make(ShotPlan(shots, SHAPE, song=song))
        assert proof.passed, proof.checks


def test_a_song_shorter_than_declared_ends_in_silence(sources, make):
    shots = (Shot(sources["a"], 60), Shot(sources["b"], 60))
    composed, proof = make(ShotPlan(shots, SHAPE, song=SongPart(sources["song.wav"], Fraction(10), Fraction(15))))
    assert proof.passed, proof.checks
    assert np.abs(sound_of(composed.path)[0][3 * 44100 :]).max() < 0.01
