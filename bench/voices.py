"""Made material for the sung map: instrumental beds of different kinds, and sentences sung on melodies.

Nothing here was used to fit a measure. The voices are espeak-ng's (`apt install espeak-ng`), re-pitched by linear
prediction: its vowels and consonants stay, the pitch is the melody's with scoops and vibrato.
"""

import subprocess
import tempfile
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import scipy
from numpy.typing import NDArray
from scipy.io import wavfile

from apps.songs.synthesis import hat, hertz, kick, snare

RATE = 16_000
SECONDS = 24.0
Samples = NDArray[Any]

_ORDER, _WINDOW, _HOP = 18, 480, 160
# A scale's steps above its root, as a singer might wander.
_MELODY = (0, 2, 4, 7, 4, 5, 2, 0, -3, 0, 4, 2)

# espeak-ng voice, root note, text of the lines.
SINGERS = (
    ("en-us", 57, ("I walked along the river in the morning rain", "and every light was calling out your name")),
    ("en-us+f3", 66, ("Hold me like the summer never ends", "we were lovers we were never only friends")),
    ("en-gb+m3", 50, ("Down below the harbor where the ships go by", "an old man is singing to the sky")),
    ("en-gb+f2", 69, ("Higher than the mountains I will fly", "never gonna stop and wonder why")),
    ("es", 60, ("La luna brilla sobre el mar", "y yo no puedo dejar de cantar")),
    ("de+f4", 64, ("Wir tanzen durch die lange Nacht", "bis der neue Tag erwacht")),
    ("fr-fr", 55, ("Je marche seul dans la ville endormie", "et je rêve encore de ma vie")),
    ("it+f2", 67, ("Volare nel cielo infinito", "cantare con te è un sogno proibito")),
    ("pt-br+m2", 52, ("O sol nasceu na beira do mar", "e o vento vem para me levar")),
    ("sv+f1", 65, ("Jag minns en sommar vid en sjö", "och alla vägar täckta av snö")),
    ("pl", 53, ("Idę sama przez zielony las", "i nie wiem dokąd płynie czas")),
    ("en-us+whisper", 57, ("Softly softly in the dark", "nobody hears the spark")),
)  # fmt: skip


def _time(seconds: float) -> Samples:
    return np.arange(round(seconds * RATE)) / RATE


def _low(wave: Samples, hertz_: float, *, order: int = 2) -> Samples:
    return np.asarray(scipy.signal.sosfilt(scipy.signal.butter(order, hertz_, fs=RATE, output="sos"), wave))


def _band(wave: Samples, center: float, width: float) -> Samples:
    radius = np.exp(-np.pi * width / RATE)
    a = [1, -2 * radius * np.cos(2 * np.pi * center / RATE), radius**2]
    return np.asarray(scipy.signal.lfilter([1 - radius], a, wave))


def _saw(pitch: Samples) -> Samples:
    return np.asarray(2 * (np.cumsum(pitch / RATE) % 1) - 1)


def _square(pitch: Samples) -> Samples:
    return np.asarray(np.sign(_saw(pitch)))


def _envelope(count: int, attack: float, release: float) -> Samples:
    t = np.arange(count) / RATE
    return np.clip(t / attack, 0, 1) * np.clip((t[-1] - t) / release, 0, 1)


def _notes(
    steps: tuple[int, ...], root: int, length: float, play: Callable[[Samples, int], Samples], *, glide: float = 0.02,
    vibrato: float = 0.0,
) -> Samples:  # fmt: skip
    """Play steps above `root`, each `length` seconds, over SECONDS; `glide` seconds of slide, `vibrato` semitones."""
    out = np.zeros(round(SECONDS * RATE))
    before = root + steps[0]
    count = round(length * RATE)
    t = np.arange(count) / RATE
    for place in range(int(SECONDS / length)):
        note = root + steps[place % len(steps)]
        line = note + (before - note) * np.exp(-t / glide)
        line = line + vibrato * np.sin(2 * np.pi * 5.5 * t) * np.clip((t - 0.15) / 0.2, 0, 1)
        out[place * count : (place + 1) * count] += play(440 * 2 ** ((line - 69) / 12), place)
        before = note
    return out


def _drums(beat: float, pattern: str = "k.h.s.h.") -> Samples:
    out = np.zeros(round(SECONDS * RATE) + RATE)
    sounds = {
        name: scipy.signal.resample_poly(made, 160, 441) for name, made in (("k", kick()), ("s", snare()), ("h", hat()))
    }
    for place in range(int(SECONDS / (beat / 2))):
        name = pattern[place % len(pattern)]
        start = round(place * beat / 2 * RATE)
        for hit in name.replace(".", "h" if place % 2 else "k"):
            out[start : start + len(sounds[hit])] += sounds[hit]
    return out[: round(SECONDS * RATE)]


def _chords(notes: tuple[tuple[int, ...], ...], length: float, play: Callable[[Samples, int], Samples]) -> Samples:
    voices = max(len(chord) for chord in notes)
    return sum(
        (_notes(tuple(c[min(v, len(c) - 1)] for c in notes), 0, length, play) for v in range(voices)), np.zeros(1)
    )


_POP = ((57, 60, 64), (53, 57, 60), (48, 52, 55), (55, 59, 62))


def _techno() -> Samples:
    def acid(pitch: Samples, place: int) -> Samples:
        cut = 300 + 1800 * abs(np.sin(place / 9))
        return (
            _band(_saw(pitch), cut, 90)
            * _envelope(len(pitch), 0.004, 0.05)
            * np.exp(-np.arange(len(pitch)) / RATE / 0.12)
            * 4
        )

    return _drums(0.46, "k.h.") + _notes((0, 0, 12, 3, 0, 7, 0, 10), 45, 0.115, acid) * 0.9


def _rock() -> Samples:
    def fuzz(pitch: Samples, _: int) -> Samples:
        return _low(np.tanh(6 * (_saw(pitch) + _saw(pitch * 1.498))), 3500) * _envelope(len(pitch), 0.003, 0.02) * 0.4

    def solo(pitch: Samples, _: int) -> Samples:
        return _low(np.tanh(4 * _low(_saw(pitch), 1800)), 3000) * _envelope(len(pitch), 0.004, 0.06) * 0.5

    lead = _notes((0, 3, 5, 7, 10, 7, 5, 3), 69, 0.5, solo, glide=0.09, vibrato=0.5)
    return _drums(0.5) + _notes((0, 0, 3, 5), 40, 1.0, fuzz) + lead


def _choir_pads() -> Samples:
    def aah(pitch: Samples, _: int) -> Samples:
        wave = _saw(pitch * 0.996) + _saw(pitch) + _saw(pitch * 1.005)
        return sum(_band(wave, f, 110) * g for f, g in ((730, 1.0), (1090, 0.6), (2440, 0.3))) * _envelope(
            len(pitch), 0.5, 0.5
        )

    return _chords(_POP, 3.0, aah) * 1.2


def _scratches() -> Samples:
    rng = np.random.default_rng(3)

    def scratch(pitch: Samples, place: int) -> Samples:
        t = np.arange(len(pitch)) / RATE
        move = np.abs(np.sin(2 * np.pi * (3 + place % 3) * t)) * 900 + 120
        return (_saw(move) * 0.5 + rng.normal(0, 0.25, len(t)) * move / 1000) * (place % 4 != 1)

    return _drums(0.66, "k..hs.hk") + _low(_notes((0,), 50, 0.66, scratch), 3000) * 0.7


def _piano() -> Samples:
    def string(pitch: Samples, _: int) -> Samples:
        t = np.arange(len(pitch)) / RATE
        phase = 2 * np.pi * np.cumsum(pitch) / RATE
        return sum(np.sin(k * phase) / k**1.3 * np.exp(-t * k / 0.9) for k in range(1, 7)) * _envelope(
            len(t), 0.002, 0.02
        )

    return _notes((0, 7, 12, 16, 12, 7), 48, 0.25, string) + _notes((0, 4, 7, 5, 4, 2), 72, 0.5, string) * 0.8


def _strings() -> Samples:
    def bow(pitch: Samples, _: int) -> Samples:
        wave = _saw(pitch)
        return (_low(wave, 2500) + 0.5 * _band(wave, 2800, 600)) * _envelope(len(pitch), 0.12, 0.12)

    return _chords(_POP, 2.0, bow) * 0.5 + _notes((0, 2, 4, 7, 9, 7), 76, 1.0, bow, glide=0.07, vibrato=0.35) * 0.8


def _theremin() -> Samples:
    def sine(pitch: Samples, _: int) -> Samples:
        return np.sin(2 * np.pi * np.cumsum(pitch) / RATE) + 0.2 * np.sin(4 * np.pi * np.cumsum(pitch) / RATE)

    return _notes((0, 5, 3, 8, 7, 2), 64, 1.0, sine, glide=0.2, vibrato=0.6) + _notes((0,), 40, 2.0, sine) * 0.6


def _brass() -> Samples:
    def horn(pitch: Samples, _: int) -> Samples:
        wave, shape = _saw(pitch), _envelope(len(pitch), 0.05, 0.08)
        return (_low(wave, 1400) * shape + _band(wave, 1200, 300) * shape**3) * 0.8

    return _drums(0.42) + _notes((0, 4, 7, 9, 7, 4, 2, 4), 60, 0.42, horn, glide=0.03, vibrato=0.3)


def _drone() -> Samples:
    rng = np.random.default_rng(5)
    wind = _band(rng.normal(0, 1, round(SECONDS * RATE)), 600, 200) * (1 + np.sin(2 * np.pi * 0.2 * _time(SECONDS)))
    return wind * 2 + _notes((0, 0, -2, 0), 38, 6.0, lambda pitch, _: _low(_saw(pitch) + _saw(pitch * 1.003), 500))


def _wobble() -> Samples:
    def growl(pitch: Samples, place: int) -> Samples:
        t = np.arange(len(pitch)) / RATE
        sweep = 0.5 + 0.5 * np.sin(2 * np.pi * (2, 4, 6, 3)[place % 4] * t)
        wave = _saw(pitch) + _square(pitch * 0.5)
        return np.tanh(_band(wave, 450, 120) * (1 - sweep) * 4 + _band(wave, 1500, 200) * sweep * 4)

    return _drums(0.345, "k.h.s.hk") + _notes((0, 3, -2, 5), 38, 0.69, growl) * 0.9


def _wah() -> Samples:
    def wah(pitch: Samples, _: int) -> Samples:
        t = np.arange(len(pitch)) / RATE
        open_ = np.clip(np.sin(np.pi * t / t[-1]), 0, 1)
        wave = _saw(pitch) * np.exp(-t / 0.3)
        return (_band(wave, 500, 100) * (1 - open_) + _band(wave, 1700, 150) * open_) * 6

    return _drums(0.55) + _notes((0, 0, 3, 5, 6, 5, 3, 0), 52, 0.275, wah)


def _chip() -> Samples:
    def pulse(pitch: Samples, _: int) -> Samples:
        return _square(pitch) * _envelope(len(pitch), 0.002, 0.01) * 0.3

    return _notes((0, 4, 7, 12, 7, 4), 60, 0.08, pulse) + _notes((0, 2, 4, 7, 9, 12), 76, 0.32, pulse, vibrato=0.3)


BEDS: dict[str, Callable[[], Samples]] = {
    "techno, acid lead": _techno,
    "rock, bent guitar solo": _rock,
    "choir of pads": _choir_pads,
    "hip-hop, scratches": _scratches,
    "piano": _piano,
    "strings, vibrato": _strings,
    "theremin": _theremin,
    "brass, drums": _brass,
    "drone and wind": _drone,
    "dubstep, wobble bass": _wobble,
    "funk, wah guitar": _wah,
    "chiptune": _chip,
}


@cache
def bed(name: str) -> Samples:
    """Return the bed at RATE, its RMS 0.1."""
    made = BEDS[name]()[: round(SECONDS * RATE)]
    return np.asarray(made / np.sqrt(np.mean(made**2)) * 0.1)


def spoken(voice: str, text: str, *, words_a_minute: int = 130) -> Samples:
    """Return espeak-ng's sentence at RATE."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "said.wav"
        subprocess.run(["espeak-ng", "-v", voice, "-s", str(words_a_minute), "-w", str(path), text], check=True)
        rate, said = wavfile.read(path)
    return np.asarray(scipy.signal.resample_poly(said / 32768, RATE, rate))


def sung(said: Samples, root: int, *, stretch: float = 1.5, note_seconds: float = 0.42) -> Samples:
    """Sing speech: linear prediction of its frames, played `stretch` times as long on the melody above `root`."""
    frames = max(1, (len(said) - _WINDOW) // _HOP)
    window = np.hanning(_WINDOW)
    played = round(frames * stretch)
    times = np.arange(played * _HOP) / RATE
    steps = np.array([_MELODY[int(time / note_seconds) % len(_MELODY)] for time in times], float)
    line = scipy.ndimage.gaussian_filter1d(steps, 0.025 * RATE)
    line += 0.3 * np.sin(2 * np.pi * 5.4 * times) * np.clip(((times % note_seconds) - 0.15) / 0.15, 0, 1)
    phase = np.cumsum(hertz(root) * 2 ** (line / 12) / RATE)
    pulses = np.diff(np.floor(phase), prepend=0.0)
    noise = np.random.default_rng(1).normal(0, 1, len(pulses))
    out, state = np.zeros(len(pulses)), np.zeros(_ORDER)
    for place in range(played):
        start = min(int(place / stretch), frames - 1) * _HOP
        piece = said[start : start + _WINDOW] * window
        power = float(np.mean(piece**2))
        part = slice(place * _HOP, (place + 1) * _HOP)
        if power < 1e-7:
            state = np.zeros(_ORDER)
            continue
        auto = np.correlate(piece, piece, "full")[_WINDOW - 1 :]
        auto[0] *= 1.0001
        a = np.concatenate([[1.0], -scipy.linalg.solve_toeplitz(auto[:_ORDER], auto[1 : _ORDER + 1])])
        period = auto[RATE // 400 : RATE // 70].max() / auto[0]
        error = float(np.sqrt(max(a @ auto[: _ORDER + 1], 1e-12) / (window**2).sum()))
        buzz = pulses[part] * np.sqrt(RATE / (hertz(root)))
        source = buzz if period > 0.35 else noise[part]
        made, state = scipy.signal.lfilter([error], a, source, zi=state)
        out[part] = made
    return np.clip(out, -1, 1)


@cache
def singer(number: int, *, speech: bool = False) -> tuple[Samples, Samples]:
    """Return SECONDS of a voice with rests between its lines (RMS of its sounding parts 0.1), and where it sounds, per
    hundredth of a second; breaths below 0.6 s count as sounding."""
    voice, root, lines = SINGERS[number]
    out, at, line = np.zeros(round(SECONDS * RATE)), 1.5, 0
    while True:
        said = spoken(voice, lines[line % len(lines)])
        made = said if speech else sung(said, root)
        if at + len(made) / RATE > SECONDS - 0.5:
            break
        start = round(at * RATE)
        out[start : start + len(made)] += made / (np.abs(made).max() + 1e-9)
        at += len(made) / RATE + (0.5, 2.5)[line % 2]
        line += 1
    power = np.sqrt(np.mean(out[: len(out) // _HOP * _HOP].reshape(-1, _HOP) ** 2, axis=1))
    heard = scipy.ndimage.binary_closing(np.pad(power > power.max() / 30, 60), np.ones(60))[60:-60]
    return out / np.sqrt(np.mean(np.repeat(power, _HOP)[np.repeat(heard, _HOP)] ** 2)) * 0.1, heard
