"""Loudness, sections, voice, energy, peaks, and the decoding behind them."""

from dataclasses import replace
from itertools import pairwise
from typing import Any

import av
import numpy as np
import pytest

from apps.core.errors import InputError, WorkCancelled
from apps.songs.synthesis import RATE, SAMPLE_PARTS, Mix, Part, sample_song, sample_song_write, voice, write_audio
from engines.listening.analyze import analyze_song, stem_voice
from engines.listening.decoding import audio_blocks
from engines.listening.loudness import LoudnessMeter
from engines.listening.waveform import PeakCollector
from tests.engines.listening.builders import SUNG_LINES, sung_song


@pytest.fixture(scope="module")
def sample(tmp_path_factory):
    return analyze_song(write_audio(sample_song(), tmp_path_factory.mktemp("songs") / "sample.flac"))


def metered(samples):
    meter = LoudnessMeter()
    for start in range(0, samples.shape[1], 50_000):
        meter.add(np.ascontiguousarray(samples[:, start : start + 50_000], dtype=np.float32))
    return meter.loudness()


def sine(amplitude, seconds=5.0, hertz=997):
    wave = amplitude * np.sin(2 * np.pi * hertz * np.arange(int(seconds * RATE)) / RATE)
    return np.stack([wave, wave])


def ffmpeg_loudness(path):
    """Return integrated LUFS from ffmpeg's own meter."""
    with av.open(str(path)) as container:
        stream, graph = container.streams.audio[0], av.filter.Graph()
        source = graph.add_abuffer(template=stream)
        meter, sink = graph.add("ebur128", "metadata=1"), graph.add("abuffersink")
        source.link_to(meter)
        meter.link_to(sink)
        graph.configure()
        found = None
        for frame in container.decode(stream):
            source.push(frame)
            while True:
                try:
                    found = sink.pull().metadata.get("lavfi.r128.I", found)
                except (av.error.BlockingIOError, av.error.EOFError):
                    break
    return float(found)


@pytest.mark.parametrize(("amplitude", "lufs"), [(1.0, 0.0), (0.1, -20.0), (0.01, -40.0)])
def test_loudness_of_a_tone_in_both_channels_equals_its_level(amplitude, lufs):
    assert metered(sine(amplitude)).integrated_lufs == pytest.approx(lufs, abs=0.1)


def test_loudness_agrees_with_ffmpeg(tmp_path):
    path = write_audio(sample_song(), tmp_path / "sample.wav")
    assert metered(sample_song()).integrated_lufs == pytest.approx(ffmpeg_loudness(path), abs=0.1)


def test_quiet_parts_do_not_lower_loudness():
    half_silent = np.concatenate([sine(0.1), np.zeros((2, 5 * RATE))], axis=1)
    assert metered(half_silent).integrated_lufs == pytest.approx(-20, abs=0.3)


def test_silence_has_no_loudness():
    loudness = metered(np.zeros((2, RATE)))
    assert loudness.integrated_lufs is None and loudness.peak_dbfs is None and loudness.range_lu == 0


def test_loudness_range_spans_loud_and_quiet():
    both = np.concatenate([sine(0.5, 20), sine(0.5 / 10**0.5, 20)], axis=1)
    assert metered(both).range_lu == pytest.approx(10, abs=0.5)


def test_the_sample_songs_sections_are_found(sample):
    edges = np.cumsum([0, *(part.bars for part in SAMPLE_PARTS)]) * 4 * 60 / 112
    assert [section.label for section in sample.sections] == ["intro", "verse", "chorus"]
    assert [section.start_seconds for section in sample.sections] == pytest.approx(edges[:-1], abs=0.01)
    assert sample.sections[-1].end_seconds == pytest.approx(sample.duration_seconds, abs=0.001)
    energies = [section.energy for section in sample.sections]
    assert energies == sorted(energies) and energies[0] < 0.5 < energies[-1]


def test_repeated_sections_are_recognized(tmp_path):
    intro, verse, chorus = SAMPLE_PARTS
    bridge = Part("bridge", 8, drums=0.0, bass=0.9, pad=1.0, lead=0.0)
    outro = Part("outro", 4, drums=0.0, bass=0.2, pad=0.6, lead=0.2)
    verse, chorus = replace(verse, bars=8), replace(chorus, bars=8)
    song = sample_song(bpm=124, parts=[intro, verse, chorus, verse, chorus, bridge, chorus, outro])
    found = analyze_song(write_audio(song, tmp_path / "song.wav")).sections
    labels = ["intro", "verse", "chorus", "verse", "chorus", "bridge", "chorus", "outro"]
    assert [section.label for section in found] == labels
    assert found[1].group == found[3].group != found[2].group == found[4].group == found[6].group


def test_sections_cover_a_song_without_beats(tmp_path):
    found = analyze_song(write_audio(sine(0.2, 12).astype(np.float32), tmp_path / "tone.wav")).sections
    assert found[0].start_seconds == 0 and found[-1].end_seconds == pytest.approx(12, abs=0.01)
    assert all(first.end_seconds == second.start_seconds for first, second in pairwise(found))


def test_voices_in_a_mix_are_found_where_they_are(tmp_path):
    found = analyze_song(sung_song(tmp_path / "song.wav")).voice
    assert found.sings is True
    for (start, end), span in zip(SUNG_LINES, found.spans, strict=True):
        assert (span.start, span.end) == (pytest.approx(start, abs=0.5), pytest.approx(end, abs=0.5))
        assert span.kind == "singing" and 0.5 < span.confidence <= 1


def test_instruments_alone_are_not_taken_for_voices(sample):
    # Its verse is buzzes through filters, which nobody takes for words.
    assert (sample.voice.sings, sample.voice.spans) == (False, ())


def test_a_stem_shows_exactly_where_someone_sings(tmp_path):
    mix = Mix(12)
    for at in (2.0, 2.5, 3.0, 8.0, 8.5):
        mix.add(voice(62, 0.5), at)
    activity, seconds = stem_voice(write_audio(mix.samples, tmp_path / "stem.wav"))
    assert seconds == pytest.approx(12)
    found = np.array([(span.start, span.end) for span in activity.spans])
    assert found == pytest.approx(np.array([[2.0, 3.5], [8.0, 9.0]]), abs=0.25)
    assert activity.sings is True and activity.spans[0].confidence > 0.9


def test_energy_follows_the_song(sample):
    intro, chorus = sample.energy[:80], sample.energy[180:]
    assert len(sample.energy) == pytest.approx(300, abs=1)
    assert min(sample.energy) >= 0 and max(sample.energy) <= 1
    assert np.mean(chorus) > np.mean(intro) + 0.4


def test_peaks_cover_the_waveform_in_equal_buckets():
    collector, song = PeakCollector(), np.concatenate([sine(0.5, 10), sine(0.1, 10)], axis=1).astype(np.float32)
    for start in range(0, song.shape[1], 70_001):
        collector.add(song[:, start : start + 70_001])
    peaks = collector.peaks()
    assert len(peaks.minimum) == len(peaks.maximum) == len(peaks.rms) == 2000
    assert peaks.maximum[500] == pytest.approx(0.5, abs=0.01) and peaks.minimum[1500] == pytest.approx(-0.1, abs=0.01)
    assert peaks.rms[500] == pytest.approx(0.5 / 2**0.5, abs=0.01)


def test_a_very_short_song_is_analyzed(tmp_path):
    found = analyze_song(write_audio(sine(0.3, 0.7).astype(np.float32), tmp_path / "short.wav"))
    assert found.duration_seconds == pytest.approx(0.7, abs=0.001) and len(found.sections) == 1


def test_a_file_shorter_than_half_a_second_is_rejected(tmp_path):
    with pytest.raises(InputError, match="half a second"):
        analyze_song(write_audio(sine(0.3, 0.2).astype(np.float32), tmp_path / "short.wav"))


def test_a_file_over_the_length_limit_is_rejected_early(tmp_path):
    with pytest.raises(InputError, match="longer than 0 minutes"):
        analyze_song(write_audio(sine(0.3, 20).astype(np.float32), tmp_path / "long.wav"), max_seconds=6)


def test_a_cancelled_analysis_stops(tmp_path):
    with pytest.raises(WorkCancelled):
        analyze_song(write_audio(sine(0.3, 20).astype(np.float32), tmp_path / "song.wav"), cancelled=lambda: True)


def test_progress_only_increases_until_the_end(tmp_path):
    told: list[Any] = []
    path = write_audio(sine(0.3, 20).astype(np.float32), tmp_path / "song.wav")
    analyze_song(path, expected_seconds=20, progress=told.append)
    assert told == sorted(told) and told[-1] == 95 and len(told) > 3


@pytest.mark.parametrize("content", [b"not a song at all" * 999, b"", b"\xff\xfb\x90\x00" + bytes(5000)])
def test_files_without_audio_are_rejected(tmp_path, content):
    path = tmp_path / "song.mp3"
    path.write_bytes(content)
    with pytest.raises(InputError):
        list(audio_blocks(path))


def test_an_mp3_damaged_in_the_middle_is_still_read(tmp_path):
    path = write_audio(sample_song(), tmp_path / "song.mp3")
    content = bytearray(path.read_bytes())
    content[100_000:103_000] = np.random.default_rng(1).bytes(3000)
    path.write_bytes(bytes(content))
    assert sum(block.shape[1] for block in audio_blocks(path)) == pytest.approx(30 * RATE, rel=0.02)


def test_a_file_with_a_rate_change_is_read_completely(tmp_path):
    first = write_audio(sine(0.3, 5).astype(np.float32), tmp_path / "a.mp3").read_bytes()
    second = write_audio(sine(0.3, 5).astype(np.float32)[:, ::2], tmp_path / "b.mp3", rate=22_050).read_bytes()
    path = tmp_path / "both.mp3"
    path.write_bytes(first + second)
    assert sum(block.shape[1] for block in audio_blocks(path)) == pytest.approx(10 * RATE, rel=0.03)


@pytest.mark.parametrize("suffix", [".wav", ".mp3"])
def test_the_sample_song_is_reproducible(tmp_path, suffix):
    first, second = (sample_song_write(tmp_path / f"{name}{suffix}").read_bytes() for name in "ab")
    assert first == second


def test_the_sample_song_rejects_unknown_formats(tmp_path):
    with pytest.raises(InputError, match="mp3"):
        sample_song_write(tmp_path / "song.doc")
