"""Songs of known tempo are found within 0.05 BPM and 10 ms per beat; music without a pulse is reported as such."""

from typing import Any

import numpy as np
import pytest

from apps.songs.synthesis import RATE, sample_song, write_audio
from engines.listening.analyze import analyze_song
from tests.engines.listening.builders import (
    band,
    beat_errors,
    clicks,
    free_music,
    heard,
    held_chord,
    joined,
    syncopated,
    waltz,
)

TEMPO_TOLERANCE_BPM = 0.05
BEAT_TOLERANCE_SECONDS = 0.010

STEADY: dict[str, tuple[Any, dict[str, Any]]] = {
    **{f"clicks at {bpm}": (clicks, {"bpm": bpm, "offset": offset}) for bpm, offset in
       ((60, 0.0), (66.6, 0.3), (90, 0.0), (120, 0.0), (127.95, 0.41), (150, 0.2), (175.3, 0.0), (200, 0.137))},
    **{f"a band at {bpm}": (band, {"bpm": bpm, "offset": offset}) for bpm, offset in
       ((60, 0.21), (71, 0.0), (95.5, 0.3), (120, 0.0), (144, 0.11), (180, 0.0), (200, 0.25))},
    **{f"a swinging band at {bpm}": (band, {"bpm": bpm, "swing": 2 / 3}) for bpm in (70, 100, 120, 160)},
    "a band without hats": (band, {"bpm": 110, "hats": False, "offset": 0.1}),
    "drums alone": (band, {"bpm": 84, "basses": False}),
    "a band with a break": (band, {"bpm": 101, "silent": (8.0, 14.0)}),
    "a band that comes in late": (band, {"bpm": 132, "silent": (0.0, 9.0)}),
    "a waltz": (waltz, {"bpm": 140}),
    "a syncopated song with a singer": (syncopated, {"bpm": 104}),
}  # fmt: skip


@pytest.mark.parametrize("name", STEADY)
def test_a_steady_songs_tempo_and_beats_are_found(name):
    play, values = STEADY[name]
    song = play(seconds=24, **values)
    grid, _ = heard(song.samples)
    assert len(grid.segments) == 1
    assert grid.tempo_bpm == pytest.approx(values["bpm"], abs=TEMPO_TOLERANCE_BPM)
    assert beat_errors(grid, song.beats).max() < BEAT_TOLERANCE_SECONDS
    assert grid.confidence > 0.7 and not grid.advisory


@pytest.mark.parametrize(("first", "second"), [(100, 140), (90, 60), (170, 128), (120, 121.5), (60, 200)])
def test_a_tempo_change_in_the_middle_gives_two_segments(first, second):
    song = joined(band(first, 20), band(second, 20))
    grid, _ = heard(song.samples)
    assert [part.bpm for part in grid.segments] == pytest.approx([first, second], abs=TEMPO_TOLERANCE_BPM)
    assert grid.segments[1].start_seconds == pytest.approx(20, abs=BEAT_TOLERANCE_SECONDS)
    assert beat_errors(grid, song.beats).max() < BEAT_TOLERANCE_SECONDS


@pytest.mark.parametrize("bpm", [80, 120])
def test_the_grid_extends_back_over_a_quiet_intro(bpm):
    song = joined(held_chord(8), band(bpm, 20))
    grid, _ = heard(song.samples)
    assert grid.tempo_bpm == pytest.approx(bpm, abs=TEMPO_TOLERANCE_BPM)
    assert beat_errors(grid, song.beats).max() < BEAT_TOLERANCE_SECONDS
    assert grid.beats()[0] < 60 / bpm


def test_loudness_does_not_matter():
    song = band(104, 24)
    grid, _ = heard(song.samples * 0.02)
    assert grid.tempo_bpm == pytest.approx(104, abs=TEMPO_TOLERANCE_BPM)


def test_noise_under_the_song_does_not_matter():
    song = band(104, 24)
    noise = np.random.default_rng(1).normal(0, 0.03, song.samples.shape)
    grid, _ = heard(song.samples + noise)
    assert beat_errors(grid, song.beats).max() < BEAT_TOLERANCE_SECONDS


@pytest.mark.parametrize("suffix", [".mp3", ".m4a", ".ogg", ".flac"])
def test_an_encoded_file_keeps_its_beats(tmp_path, suffix):
    song = band(118, 24, offset=0.3)
    found = analyze_song(write_audio(song.samples, tmp_path / f"song{suffix}"))
    assert found.grid.tempo_bpm == pytest.approx(118, abs=TEMPO_TOLERANCE_BPM)
    assert beat_errors(found.grid, song.beats).max() < BEAT_TOLERANCE_SECONDS
    assert found.duration_seconds == pytest.approx(24, abs=0.03)


@pytest.mark.parametrize("seed", range(6))
def test_free_music_is_advisory(seed):
    grid, _ = heard(free_music(30, seed).samples)
    assert grid.advisory


def test_noise_is_advisory():
    grid, _ = heard(np.random.default_rng(1).normal(0, 0.1, (2, 20 * RATE)))
    assert grid.advisory


@pytest.mark.parametrize("samples", [np.zeros((2, 10 * RATE)), np.zeros((2, RATE))])
def test_silence_has_no_grid(samples):
    grid, _ = heard(samples)
    assert grid.segments == () and grid.confidence == 0 and grid.tempo_bpm is None
    assert len(grid.beats()) == len(grid.downbeats()) == 0


@pytest.mark.parametrize(("song", "beats_per_bar"), [(band(100, 24, offset=0.2), 4), (waltz(120, 24), 3)])
def test_bars_start_where_the_chords_change(song, beats_per_bar):
    grid, _ = heard(song.samples)
    assert grid.segments[0].beats_per_bar == beats_per_bar
    truth = song.beats[::beats_per_bar]
    assert max(np.abs(truth - downbeat).min() for downbeat in grid.downbeats()) < BEAT_TOLERANCE_SECONDS
    assert grid.downbeat_confidence > 0.3


def test_the_sample_songs_tempo_is_found():
    grid, _ = heard(sample_song())
    assert beat_errors(grid, np.arange(0, 29.9, 60 / 112)).max() < BEAT_TOLERANCE_SECONDS
