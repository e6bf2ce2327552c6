from fractions import Fraction

import numpy as np
import pytest
from scipy.io import wavfile

from apps.core.errors import InputError
from engines.draft.lipsync.voice import voice_heard, voice_track
from tests.engines.draft.voices import RATE, write_voice
from tests.engines.listening.builders import SUNG_LINES, sung_song

FPS = Fraction(24)


@pytest.fixture
def spoken(tmp_path):
    """Half a second of each sound; returns the mouth shape in the middle of the n-th."""
    names = ("silence", "ah", "m", "ah", "ee", "oo", "s", "silence")
    path = write_voice(tmp_path / "voice.wav", *((name, 0.5) for name in names))
    track = voice_track(path, fps=FPS, frames=96)
    return {
        f"{name}{number}": (track.opening[number * 12 + 6], track.spread[number * 12 + 6])
        for number, name in enumerate(names)
    }


def test_ah_opens_the_mouth_wide(spoken):
    assert spoken["ah1"][0] > 0.7


@pytest.mark.parametrize("closed", ["silence0", "m2", "silence7"])
def test_lips_close_on_silence_and_hums(spoken, closed):
    assert spoken[closed][0] < 0.02


def test_a_hiss_barely_opens_the_mouth(spoken):
    assert spoken["s6"][0] < 0.2


def test_ee_is_wide_and_oo_is_round(spoken):
    assert 0.15 < spoken["ee4"][0] < spoken["ah1"][0]
    assert 0.15 < spoken["oo5"][0] < spoken["ah1"][0]
    assert spoken["ee4"][1] > spoken["oo5"][1] + 0.5


def test_the_mouth_moves_smoothly(tmp_path):
    path = write_voice(tmp_path / "voice.wav", *[("ah", 0.2), ("silence", 0.2)] * 5)

    opening = voice_track(path, fps=Fraction(60), frames=120).opening

    assert np.abs(np.diff(opening)).max() < 0.5
    assert opening.max() > 0.6


def test_the_mouth_closes_after_the_sound_ends(tmp_path):
    path = write_voice(tmp_path / "voice.wav", ("ah", 0.5))

    assert not voice_track(path, fps=FPS, frames=48).opening[14:].any()


def test_a_range_starts_at_its_own_start(tmp_path):
    path = write_voice(tmp_path / "voice.wav", ("silence", 1.0), ("ah", 1.0))

    assert voice_track(path, fps=FPS, frames=24, start_seconds=1.0).opening[6:20].min() > 0.7
    assert not voice_track(path, fps=FPS, frames=24, end_seconds=1.0).opening.any()


def test_stereo_music_does_not_open_the_mouth(tmp_path):
    """Music panned left and right, with a centered voice from the second second on."""
    times = np.arange(2 * RATE) / RATE
    music = 0.3 * np.sign(np.sin(2 * np.pi * 440 * times)) * (1 + np.sin(2 * np.pi * 3 * times))
    write_voice(tmp_path / "v.wav", ("silence", 1.0), ("ah", 1.0))
    voice = wavfile.read(tmp_path / "v.wav")[1] / 32767
    mixed = np.stack([0.4 * music + voice, voice - 0.4 * music], axis=1)
    wavfile.write(tmp_path / "mix.wav", RATE, np.clip(mixed * 20000, -32768, 32767).astype(np.int16))

    opening = voice_track(tmp_path / "mix.wav", fps=FPS, frames=48).opening

    assert opening[3:20].mean() < 0.25
    assert opening[28:44].mean() > 0.5


SYLLABLES = [("ah", 0.2), ("ee", 0.15), ("silence", 0.08), ("oo", 0.25), ("m", 0.1), ("ah", 0.3), ("silence", 0.15)]


def test_a_stem_shows_whether_someone_sings(tmp_path):
    path = write_voice(tmp_path / "stem.wav", *SYLLABLES * 3, ("silence", 4.0))

    sung = voice_heard(path).check(start_seconds=0, end_seconds=3, alone=True)
    silent = voice_heard(path).check(start_seconds=4, end_seconds=7, alone=True)

    assert (sung.usable, sung.problems) == (True, ())
    assert not silent.usable and "silen" in silent.problems[0]


def test_a_mix_distinguishes_verse_from_breaks(tmp_path):
    song = sung_song(tmp_path / "song.wav")
    (start, end), (after, _) = SUNG_LINES

    sung = voice_heard(song).check(start_seconds=start, end_seconds=end, alone=False)
    played = voice_heard(song).check(start_seconds=end + 1, end_seconds=after - 1, alone=False)

    assert (sung.usable, sung.problems) == (True, ())
    assert not played.usable and "instruments" in played.problems[0]
    assert sung.share > played.share + 0.5


@pytest.mark.parametrize("kind", ["silence", "noise"])
def test_the_voice_check_reports_non_voices(tmp_path, kind):
    samples = np.random.default_rng(1).normal(0, 0.1 if kind == "noise" else 0, 2 * RATE)
    wavfile.write(tmp_path / "x.wav", RATE, (samples * 32767).clip(-32768, 32767).astype(np.int16))

    found = voice_heard(tmp_path / "x.wav").check(start_seconds=0, end_seconds=2, alone=False)

    assert not found.usable
    assert found.problems


def test_a_file_without_audio_is_rejected(make, video_request):
    clip = make(video_request(frames=5)).files[0].path

    with pytest.raises(InputError) as caught:
        voice_heard(clip)

    assert caught.value.code == "no_audio"
