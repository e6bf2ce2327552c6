"""The complete analysis of one file, in one pass over its samples."""

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from engines.errors import InputError, WorkCancelled
from engines.listening.decoding import SAMPLE_RATE, Stereo, audio_blocks
from engines.listening.energy import intensity_curve
from engines.listening.grid import BeatGrid
from engines.listening.levels import level_choose
from engines.listening.loudness import Loudness, LoudnessMeter
from engines.listening.onsets import Onsets, onsets_find
from engines.listening.sections import Section, sections_find
from engines.listening.spectra import Spectra, SpectraCollector
from engines.listening.tempo import grid_find
from engines.listening.voice import VoiceActivity, VoiceCollector, voice_in_stem
from engines.listening.waveform import PeakCollector, Peaks
from engines.media.packets import Damage, Gap
from engines.memory import give_back

# A song shorter than this is too short to cut a video to.
LEAST_SECONDS = 0.5


@dataclass(frozen=True)
class SongAnalysis:
    """`energy` is sampled at ENERGY_RATE (10 per second). `onsets` are kept for fitting a tapped grid later.
    `damage` are the places where part of the file couldn't be decoded."""

    duration_seconds: float
    grid: BeatGrid
    sections: tuple[Section, ...]
    loudness: Loudness
    peaks: Peaks
    energy: tuple[float, ...]
    voice: VoiceActivity
    onsets: Onsets
    damage: tuple[Gap, ...] = ()


def analyze_song(
    path: Path,
    *,
    max_seconds: float | None = None,
    expected_seconds: float | None = None,
    progress: Callable[[float], None] = lambda _percent: None,
    cancelled: Callable[[], bool] = lambda: False,
) -> SongAnalysis:
    """Analyze the song at `path`. `progress` receives a percentage, estimated from `expected_seconds`.

    Raises InputError for a file without readable audio or one that is too short or too long, and WorkCancelled soon
    after `cancelled()` turns true.
    """
    meter, spectra_collector, peak_collector, voices = (
        LoudnessMeter(), SpectraCollector(), PeakCollector(), VoiceCollector(),
    )  # fmt: skip
    samples, damage = 0, Damage()
    # Most of the work is in libraries that let other threads run: a song is analyzed while nothing else can start.
    with ThreadPoolExecutor(1, thread_name_prefix="listening") as beside:
        measured: Future[None] | None = None
        for block in audio_blocks(path, max_seconds=max_seconds, damage=damage):
            if cancelled():
                raise WorkCancelled
            if measured:
                measured.result()
            measured = beside.submit(_measure, block, meter, spectra_collector, peak_collector)
            voices.add(block)
            samples += block.shape[1]
            if expected_seconds:
                progress(min(80.0, 80 * samples / SAMPLE_RATE / expected_seconds))
        if measured:
            measured.result()
        if samples < LEAST_SECONDS * SAMPLE_RATE:
            raise InputError("The song is shorter than half a second.", code="song_too_short")
        voice = beside.submit(voices.activity)
        spectra = spectra_collector.spectra()
        onsets = onsets_find(spectra)
        grid = beats_find(onsets, spectra)
        progress(95.0)
        intensity = intensity_curve(meter.steps(), onsets)
        analysis = SongAnalysis(
            duration_seconds=spectra.seconds,
            grid=grid,
            sections=sections_find(spectra, intensity, grid),
            loudness=meter.loudness(),
            peaks=peak_collector.peaks(),
            energy=tuple(round(float(value), 3) for value in intensity),
            voice=voice.result(),
            onsets=onsets,
            damage=tuple(damage.gaps),
        )
    del spectra, spectra_collector, meter, peak_collector, voices
    give_back()
    return analysis


def _measure(block: Stereo, *collectors: LoudnessMeter | SpectraCollector | PeakCollector) -> None:
    for collector in collectors:
        collector.add(block)


def mix_voice(
    path: Path,
    *,
    progress: Callable[[float], None] = lambda _percent: None,
    cancelled: Callable[[], bool] = lambda: False,
) -> VoiceActivity:
    """Return where somebody sings in the song at `path`, and nothing else. Raises WorkCancelled like `analyze_song`."""
    voices = VoiceCollector()
    for block in audio_blocks(path):
        if cancelled():
            raise WorkCancelled
        voices.add(block)
    progress(50.0)
    return voices.activity()


def beats_find(onsets: Onsets, spectra: Spectra) -> BeatGrid:
    """Return the song's beats and bars; no segments for music without a pulse."""
    return level_choose(grid_find(onsets, spectra.seconds), onsets, spectra)


def stem_voice(path: Path, *, damage: Damage | None = None) -> tuple[VoiceActivity, float]:
    """Return where the vocal stem at `path` has sound, and its length in seconds; `damage` records what can't be
    decoded."""
    meter, samples = LoudnessMeter(), 0
    for block in audio_blocks(path, damage=damage):
        meter.add(block)
        samples += block.shape[1]
    return voice_in_stem(meter.steps(), samples / SAMPLE_RATE), samples / SAMPLE_RATE
