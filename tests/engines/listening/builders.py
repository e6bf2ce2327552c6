"""Songs with known beats, played by the synthesizer's instruments."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from apps.songs.synthesis import RATE, SAMPLE_CHORDS, Mix, bass, chord, hat, kick, pluck, snare, voice, write_audio
from engines.listening.analyze import beats_find
from engines.listening.decoding import SAMPLE_RATE, audio_blocks
from engines.listening.grid import BeatGrid
from engines.listening.onsets import Onsets, onsets_find
from engines.listening.spectra import SpectraCollector

assert RATE == SAMPLE_RATE


# Where `sung_song` is sung, in seconds: twice the recording beside this file, a sentence that espeak-ng spoke,
# re-pitched (bench/voices.py).
SUNG_LINES = ((4.0, 8.5), (14.0, 18.5))


def sung_song(path: Path) -> Path:
    """Write 24 s of chords and drums over which a voice sings SUNG_LINES."""
    blocks = list(audio_blocks(Path(__file__).parent / "sung_line.ogg"))
    line, mix = np.concatenate(blocks, axis=1)[0], Mix(24.0)
    for start, _ in SUNG_LINES:
        mix.add(line, start, gain=0.8)
    for beat in range(48):
        mix.add(kick() if beat % 2 == 0 else snare(), beat / 2, gain=0.3)
        if beat % 4 == 0:
            mix.add(chord(SAMPLE_CHORDS[beat // 4 % 4][1], 2.0), beat / 2, gain=0.3)
    return write_audio(mix.mastered(), path)


@dataclass(frozen=True)
class Played:
    """(2, n) samples and the times of their beats in seconds."""

    samples: np.ndarray
    beats: np.ndarray

    @property
    def seconds(self) -> float:
        return self.samples.shape[1] / RATE


def click() -> np.ndarray:
    t = np.arange(round(0.03 * RATE)) / RATE
    return np.asarray((np.sin(2 * np.pi * 1500 * t) * np.exp(-t / 0.006)).astype(np.float32))


def clicks(bpm: float, seconds: float, offset: float = 0.0) -> Played:
    mix, beats = Mix(seconds), np.arange(offset, seconds - 0.01, 60 / bpm)
    for beat in beats:
        mix.add(click(), beat)
    return Played(mix.samples, beats)


def band(
    bpm: float,
    seconds: float,
    *,
    offset: float = 0.0,
    swing: float = 0.5,
    hats: bool = True,
    basses: bool = True,
    silent: tuple[float, float] | None = None,
) -> Played:
    """Alternating kick and snare, eighths of hat and bass (the second at `swing` of the beat), a chord per bar."""
    mix, beat = Mix(seconds), 60 / bpm
    beats = np.arange(offset, seconds - 0.01, beat)
    for number, time in enumerate(beats):
        if silent and silent[0] <= time < silent[1]:
            continue
        root, notes = SAMPLE_CHORDS[number // 4 % 4]
        mix.add(kick() if number % 2 == 0 else snare(), time)
        for at, gain in ((time, 1.0), (time + beat * swing, 0.7)):
            if hats:
                mix.add(hat(), at, gain=0.6)
            if basses:
                mix.add(bass(root, round(beat * 0.45, 4)), at, gain=gain)
        if number % 4 == 0:
            mix.add(chord(notes, round(4 * beat, 4)), time)
    return Played(mix.mastered(), beats)


def waltz(bpm: float, seconds: float) -> Played:
    mix, beats = Mix(seconds), np.arange(0.2, seconds - 0.01, 60 / bpm)
    for number, time in enumerate(beats):
        root, notes = SAMPLE_CHORDS[number // 3 % 4]
        if number % 3 == 0:
            mix.add(kick(), time)
            mix.add(bass(root, 0.4), time)
        else:
            mix.add(snare(), time, gain=0.4)
            mix.add(chord(notes, 0.4), time, gain=0.8)
    return Played(mix.mastered(), beats)


def syncopated(bpm: float, seconds: float) -> Played:
    """Kicks and chords off the beat and a singer who is early and late, as in real mixes."""
    rng, mix, beat = np.random.default_rng(3), Mix(seconds), 60 / bpm
    beats = np.arange(0.1, seconds - 0.01, beat)
    for bar in range(0, len(beats), 4):
        start, (root, notes) = beats[bar], SAMPLE_CHORDS[bar // 4 % 4]
        parts: list[tuple[Any, float, Any]] = [
            (kick(), 1.0, (0, 1.5, 2.5)),
            (snare(), 1.0, (1, 3)),
            (hat(), 0.6, np.arange(8) / 2),
        ]
        parts += [(bass(root, 0.25), 0.8, (0, 0.75, 1.5, 2.5, 3.25)), (chord(notes, 0.4), 0.8, (0, 1.5, 2.75))]
        for sound, gain, places in parts:
            for place in places:
                mix.add(sound, start + place * beat, gain=gain)
        for place in (0.25, 1.1, 2.4, 3.2):
            mix.add(voice(60 + int(rng.integers(12)), 0.45), start + place * beat + rng.normal(0, 0.03), gain=0.9)
    return Played(mix.mastered(), beats)


def free_music(seconds: float, seed: int) -> Played:
    """Notes and chords at times that follow no pulse."""
    rng, mix, time = np.random.default_rng(seed), Mix(seconds), 0.2
    while time < seconds - 1:
        mix.add(chord((57 + int(rng.integers(8)), 64), 1.2, attack=0.03), time)
        mix.add(pluck(60 + int(rng.integers(20)), 0.8), time)
        time += float(rng.gamma(4, 0.12)) + 0.08
    return Played(mix.mastered(), np.zeros(0))


def held_chord(seconds: float) -> Played:
    mix = Mix(seconds)
    mix.add(chord((57, 60, 64), seconds, attack=2.0), 0, gain=0.1)
    return Played(mix.samples, np.zeros(0))


def joined(*parts: Played) -> Played:
    starts = np.cumsum([0.0, *(part.seconds for part in parts)])
    beats = [part.beats + start for part, start in zip(parts, starts[:-1], strict=True)]
    return Played(np.concatenate([part.samples for part in parts], axis=1), np.concatenate(beats))


def heard(samples: np.ndarray) -> tuple[BeatGrid, Onsets]:
    """Return the grid the analysis finds in samples."""
    collector = SpectraCollector()
    for start in range(0, samples.shape[1], RATE * 4):
        collector.add(np.ascontiguousarray(samples[:, start : start + RATE * 4], dtype=np.float32))
    spectra = collector.spectra()
    onsets = onsets_find(spectra)
    return beats_find(onsets, spectra), onsets


def beat_errors(grid: BeatGrid, beats: np.ndarray) -> np.ndarray:
    """Return seconds from each true beat to the nearest found one, and from each found one in range to a true one."""
    found = grid.beats()
    inside = found[(found > beats[0] - 0.02) & (found < beats[-1] + 0.02)]
    missed = [np.abs(found - beat).min() for beat in beats]
    extra = [np.abs(beats - beat).min() for beat in inside]
    return np.array([*missed, *extra])
