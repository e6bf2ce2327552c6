"""A small synthesizer for the sample song of `make demo` and for the tests' songs.

Deterministic: on one machine, the same call returns the same samples, bit for bit.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cache, lru_cache
from pathlib import Path
from typing import cast

import av
import numpy as np
from av.audio.stream import AudioStream
from numpy.typing import NDArray

from apps.core.errors import InputError

RATE = 44_100
Samples = NDArray[np.float32]

# Container and encoder by file suffix; bit rates are generous, so that tests measure our analysis.
ENCODERS = {
    ".wav": ("wav", "pcm_s16le", None),
    ".flac": ("flac", "flac", None),
    ".mp3": ("mp3", "libmp3lame", 192_000),
    ".m4a": ("ipod", "aac", 192_000),
    ".aac": ("adts", "aac", 192_000),
    ".ogg": ("ogg", "libopus", 160_000),
    ".opus": ("ogg", "libopus", 160_000),
    ".webm": ("webm", "libopus", 160_000),
}

SAMPLE_BPM = 112.0
# Where the sample song is sung: its verse, in seconds. Its voice has no consonants, so an analysis doesn't hear one.
SAMPLE_SUNG = (16 * 60 / SAMPLE_BPM, 32 * 60 / SAMPLE_BPM)
# The same for the short sample.
SHORT_BPM = 108.0
SHORT_SUNG = (8 * 60 / SHORT_BPM, 16 * 60 / SHORT_BPM)
SAMPLE_TITLE = "Paper Lanterns"
SAMPLE_ARTIST = "The mvsite studio band"


class Mix:
    """A stereo buffer that sounds are mixed into at exact samples."""

    def __init__(self, seconds: float) -> None:
        self.samples = np.zeros((2, round(seconds * RATE)), np.float32)

    def add(self, sound: Samples, at: float, *, gain: float = 1.0, pan: float = 0.0) -> None:
        """Add a mono sound at `at` seconds; `pan` from -1 (left) to 1. Anything past the end is cut off."""
        start = round(at * RATE)
        if start < 0 or start >= self.samples.shape[1]:
            return
        sound = sound[: self.samples.shape[1] - start]
        angle = (pan + 1) * np.pi / 4
        for channel, level in enumerate((np.cos(angle), np.sin(angle))):
            self.samples[channel, start : start + len(sound)] += sound * np.float32(gain * level * np.sqrt(2))

    def mastered(self, *, peak: float = 0.9, drive: float = 1.2) -> Samples:
        """Return the mix softly limited and scaled to `peak`."""
        loud = np.tanh(self.samples * drive / max(float(np.abs(self.samples).max()), 1e-9))
        return np.asarray(loud * (peak / max(float(np.abs(loud).max()), 1e-9)), np.float32)


def _time(seconds: float) -> NDArray[np.float64]:
    return np.arange(round(seconds * RATE)) / RATE


def _noise(seconds: float, seed: int) -> NDArray[np.float64]:
    return np.random.default_rng(seed).standard_normal(round(seconds * RATE))


def _shape(seconds: float, attack: float, release: float) -> NDArray[np.float64]:
    """Return an envelope that rises over `attack` and falls over the last `release` seconds."""
    t = _time(seconds)
    return np.asarray(np.clip(t / attack, 0, 1) * np.clip((seconds - t) / release, 0, 1))


def hertz(note: float) -> float:
    """Return the frequency of a MIDI note number."""
    return float(440.0 * 2 ** ((note - 69) / 12))


@cache
def kick() -> Samples:
    t = _time(0.28)
    sweep = 2 * np.pi * (48 * t + 110 * 0.03 * (1 - np.exp(-t / 0.03)))
    tone = np.sin(sweep) * np.exp(-t / 0.09) * _shape(0.28, 0.0005, 0.1)
    return np.asarray((tone + 0.25 * np.exp(-t / 0.002)).astype(np.float32))


@cache
def snare() -> Samples:
    t = _time(0.22)
    body = 0.5 * np.sin(2 * np.pi * 190 * t) * np.exp(-t / 0.05)
    return np.asarray((body + 0.45 * _noise(0.22, 1) * np.exp(-t / 0.06)).astype(np.float32))


@cache
def hat(open_seconds: float = 0.03) -> Samples:
    noise = np.diff(_noise(0.02 + 4 * open_seconds, 2), prepend=0.0)
    return np.asarray((0.3 * noise * np.exp(-_time(0.02 + 4 * open_seconds) / open_seconds)).astype(np.float32))


@lru_cache(maxsize=256)
def bass(note: int, seconds: float) -> Samples:
    t = _time(seconds)
    wave = sum(np.sin(2 * np.pi * hertz(note) * k * t) / k**1.5 for k in range(1, 6))
    return np.asarray((wave * _shape(seconds, 0.004, 0.04) * np.exp(-t / 0.9) * 0.5).astype(np.float32))


@lru_cache(maxsize=256)
def chord(notes: tuple[int, ...], seconds: float, *, attack: float = 0.01, bright: float = 1.0) -> Samples:
    """Return detuned soft saws, one pair per note."""
    t = _time(seconds)
    wave = np.zeros_like(t)
    for note in notes:
        for detune in (-0.06, 0.07):
            for k in range(1, 7):
                wave += np.sin(2 * np.pi * hertz(note + detune) * k * t + k * note) / k ** (2.2 - bright * 0.7)
    return np.asarray((wave * _shape(seconds, attack, 0.08) * 0.12).astype(np.float32))


@lru_cache(maxsize=256)
def pluck(note: int, seconds: float) -> Samples:
    """Return a bell-like lead: two-operator frequency modulation."""
    t = _time(seconds)
    modulator = 1.8 * np.exp(-t / 0.12) * np.sin(2 * np.pi * hertz(note) * 2 * t)
    wave = np.sin(2 * np.pi * hertz(note) * t + modulator) * np.exp(-t / 0.45)
    return np.asarray((wave * _shape(seconds, 0.003, 0.03) * 0.6).astype(np.float32))


# Formants (hertz, width, gain) of sung vowels.
VOWELS = {
    "a": ((730, 90, 1.0), (1090, 110, 0.5), (2440, 160, 0.25)),
    "e": ((530, 80, 1.0), (1840, 120, 0.4), (2480, 160, 0.25)),
    "o": ((570, 80, 1.0), (840, 90, 0.6), (2410, 160, 0.12)),
    "u": ((300, 60, 1.0), (870, 90, 0.35), (2240, 160, 0.08)),
}


@lru_cache(maxsize=256)
def voice(note: int, seconds: float, vowel: str = "a") -> Samples:
    """Return one sung syllable: harmonics through formants, a scoop into the note, then vibrato."""
    t = _time(seconds)
    vibrato = 0.35 * np.sin(2 * np.pi * 5.6 * t) * np.clip((t - 0.12) / 0.15, 0, 1)
    pitch = hertz(note) * 2 ** ((vibrato - 0.8 * np.exp(-t / 0.03)) / 12)
    phase = 2 * np.pi * np.cumsum(pitch) / RATE
    wave = np.zeros_like(t)
    for k in range(1, int(5000 / hertz(note)) + 1):
        level = sum(gain / (1 + ((k * pitch - center) / width) ** 2) for center, width, gain in VOWELS[vowel])
        wave += level * np.sin(k * phase)
    breath = 0.05 * _noise(seconds, 5) * np.exp(-t / 0.03)
    return np.asarray(((wave * 0.35 + breath) * _shape(seconds, 0.03, 0.06)).astype(np.float32))


def write_audio(samples: Samples, path: Path, *, rate: int = RATE, title: str = "", artist: str = "") -> Path:
    """Encode (2, n) float samples, full scale ±1, by the path's suffix (ENCODERS); the caller owns the path."""
    if path.suffix not in ENCODERS:
        raise InputError(f"Songs can be written as {', '.join(ENCODERS)}, not as '{path.suffix}'.")
    container_name, codec, bit_rate = ENCODERS[path.suffix]
    with av.open(str(path), "w", format=container_name) as container:
        if title:
            container.metadata.update({"title": title, "artist": artist})
        encoded_rate = 48_000 if codec == "libopus" else rate
        stream = cast(AudioStream, container.add_stream(codec, rate=encoded_rate, layout="stereo"))
        if bit_rate:
            stream.bit_rate = bit_rate
        for start in range(0, samples.shape[1], rate):
            block = np.ascontiguousarray(samples[:, start : start + rate])
            frame = av.AudioFrame.from_ndarray(block, format="fltp", layout="stereo")
            frame.sample_rate, frame.pts = rate, start
            frame.time_base = Fraction(1, rate)
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return path


@dataclass(frozen=True)
class Part:
    """A part of the sample song: bars with one label, and how loud each instrument plays (0 silent … 1 full)."""

    label: str
    bars: int
    drums: float
    bass: float
    pad: float
    lead: float


SAMPLE_PARTS = (
    Part("intro", 4, drums=0.0, bass=0.0, pad=0.5, lead=0.5),
    Part("verse", 4, drums=0.6, bass=0.8, pad=0.4, lead=0.0),
    Part("chorus", 6, drums=1.0, bass=1.0, pad=1.0, lead=1.0),
)
# Nine bars, so that the last one is the first chord again: 20 seconds at 108 BPM.
SHORT_PARTS = (
    Part("intro", 2, drums=0.0, bass=0.0, pad=0.5, lead=0.5),
    Part("verse", 2, drums=0.6, bass=0.8, pad=0.4, lead=0.0),
    Part("chorus", 4, drums=1.0, bass=1.0, pad=1.0, lead=1.0),
    Part("outro", 1, drums=0.0, bass=0.5, pad=0.8, lead=0.4),
)
# A minor, F, C, G: the bass root and the chord above it.
SAMPLE_CHORDS = ((33, (57, 60, 64)), (29, (57, 60, 65)), (36, (55, 60, 64)), (31, (55, 59, 62)))
# (eighth in a two-bar phrase, note) of the lead.
SAMPLE_MELODY = ((0, 76), (3, 74), (4, 72), (6, 69), (8, 72), (10, 74), (11, 76), (12, 79), (14, 76))
SAMPLE_VERSE = ((1, 64, "o"), (2, 67, "a"), (4, 69, "e"), (6, 67, "u"))


def sample_song(*, bpm: float = SAMPLE_BPM, parts: Sequence[Part] = SAMPLE_PARTS) -> Samples:
    """Return a pleasant half-minute: a quiet intro, a sung verse, a full chorus. (2, n) float32 at RATE."""
    beat = 60 / bpm
    mix = Mix(sum(part.bars for part in parts) * 4 * beat)
    bar = 0
    for part in parts:
        for _ in range(part.bars):
            _lay_bar(mix, part, bar, beat)
            bar += 1
    return mix.mastered()


def short_sample_song() -> Samples:
    """Return the sample song in 20 seconds: intro, verse, chorus and an end."""
    return sample_song(bpm=SHORT_BPM, parts=SHORT_PARTS)


def _lay_bar(mix: Mix, part: Part, bar: int, beat: float) -> None:
    start = bar * 4 * beat
    root, notes = SAMPLE_CHORDS[bar % 4]
    mix.add(chord(notes, 4 * beat, attack=0.02, bright=part.pad), start, gain=part.pad, pan=-0.2)
    for eighth in (0, 3, 4, 6, 7):
        mix.add(bass(root, beat * 0.45), start + eighth * beat / 2, gain=0.8 * part.bass)
    if part.drums:
        for quarter in range(4):
            mix.add(kick() if quarter % 2 == 0 else snare(), start + quarter * beat, gain=part.drums)
            mix.add(hat(), start + quarter * beat, gain=0.6 * part.drums, pan=0.3)
            mix.add(hat(), start + (quarter + 0.5) * beat, gain=0.8 * part.drums, pan=0.3)
    for eighth, note in SAMPLE_MELODY:
        if part.lead and eighth // 8 == bar % 2:
            mix.add(pluck(note, beat), start + (eighth % 8) * beat / 2, gain=0.7 * part.lead, pan=0.25)
    if part.label == "verse":
        for eighth, note, vowel in SAMPLE_VERSE:
            mix.add(voice(note, beat * 0.8, vowel), start + eighth * beat / 2, gain=0.8)


def sample_song_write(path: Path) -> Path:
    """Write the sample song in the format of the path's suffix."""
    return write_audio(sample_song(), path, title=SAMPLE_TITLE, artist=SAMPLE_ARTIST)
