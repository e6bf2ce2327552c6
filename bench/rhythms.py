"""Songs with known beats and bars in many meters, feels and tempos, played by the sample song's synthesizer.

`KINDS` maps each kind's name to a function from a seed to a Take. A seed changes the players' timing and loudness.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from apps.songs.synthesis import RATE, SAMPLE_CHORDS, Mix, bass, chord, hat, kick, pluck, snare

# Players stray from the beat by about this much (standard deviation), and vary in loudness by this factor.
STRAY_SECONDS, STRAY_GAIN = 0.004, 0.08
SECONDS = 26.0
EIGHTHS = (0.0, 0.5, 1.0, 1.5, 2.0, 2.5, 3.0, 3.5)
THIRDS = (0.0, 1 / 3, 2 / 3, 1.0, 4 / 3, 5 / 3)


@dataclass(frozen=True)
class Groove:
    """One bar: how many beats it has, and at which of them (fractions allowed) each instrument plays.

    `lead` are an arpeggio's notes. A chord lasts `chord_beats`, with `attack` seconds; the harmony changes every
    `bars_per_chord` bars."""

    beats: int = 4
    kick: tuple[float, ...] = ()
    snare: tuple[float, ...] = ()
    hat: tuple[float, ...] = ()
    bass: tuple[float, ...] = ()
    chord: tuple[float, ...] = (0.0,)
    lead: tuple[float, ...] = ()
    chord_beats: float = 4.0
    attack: float = 0.01
    bars_per_chord: int = 1
    snare_gain: float = 1.0


@dataclass(frozen=True)
class Take:
    """(2, n) samples, the times of all beats and downbeats in seconds, and the tempo most of it has.

    `vague` songs have no audible beat or several equally good ones: not sure is a right answer."""

    samples: np.ndarray
    beats: np.ndarray
    downbeats: np.ndarray
    bpm: float
    vague: bool = False

    @property
    def seconds(self) -> float:
        return self.samples.shape[1] / RATE


ROCK = Groove(kick=(0, 2), snare=(1, 3), hat=EIGHTHS, bass=EIGHTHS)
BUSY = replace(ROCK, kick=(0, 1.5, 2, 3.75), bass=(0, 0.75, 1.5, 2, 3, 3.5))
HALF_TIME = Groove(kick=(0, 1.5), snare=(2,), hat=EIGHTHS, bass=(0, 1.5, 3))
DOUBLE_TIME = Groove(kick=(0, 1, 2, 3), snare=(0.5, 1.5, 2.5, 3.5), hat=EIGHTHS, bass=EIGHTHS)
DRUM_AND_BASS = Groove(kick=(0, 2.5), snare=(1, 3), hat=(*EIGHTHS, 0.75, 2.25, 3.75), bass=(0, 2.5), bars_per_chord=2)
FAST_THREE = Groove(3, kick=(0,), snare=(2,), hat=(0, 1, 2), bass=(0,), chord_beats=3)
WALTZ = Groove(3, kick=(0,), snare=(1, 2), bass=(0,), chord=(1, 2), chord_beats=0.8, snare_gain=0.4)
SIX_EIGHT = Groove(2, kick=(0,), snare=(1,), hat=THIRDS, bass=(0, 2 / 3, 1, 5 / 3), chord_beats=2)
SIX_EIGHT_PIANO = Groove(2, bass=(0,), lead=THIRDS, chord_beats=2, attack=0.03)
BLUES = Groove(
    kick=(0, 2), snare=(1, 3), hat=tuple(beat + part for beat in range(4) for part in (0, 1 / 3, 2 / 3)),
    bass=(0, 2 / 3, 1, 5 / 3, 2, 8 / 3, 3, 11 / 3),
)  # fmt: skip
FIVE = Groove(5, kick=(0, 3), snare=(2, 4), hat=(*EIGHTHS, 4, 4.5), bass=(0, 1.5, 3, 4), chord=(0, 3), chord_beats=2)
SEVEN = Groove(7, kick=(0, 4), snare=(2, 6), hat=tuple(range(7)), bass=(0, 2, 4), chord_beats=7)
SWING = Groove(hat=(0, 1, 5 / 3, 2, 3, 11 / 3), bass=(0, 1, 2, 3), chord=(0, 5 / 3), chord_beats=0.6, kick=(0,))
SHUFFLE = Groove(
    kick=(0, 1 + 2 / 3 / 2, 2.5), snare=(1, 3), bass=(0, 1.5, 2.5),
    hat=tuple(beat + part for beat in range(4) for part in (0, 0.33, 0.5, 0.83)),
)  # fmt: skip
NOT_ON_ONE = Groove(kick=(1.5, 2.5), snare=(1, 3), hat=EIGHTHS, bass=(0.5, 1.5, 2.5))
ONE_DROP = Groove(
    kick=(2,), snare=(2,), hat=EIGHTHS, bass=(0, 0.75, 1.5, 2.5), chord=(0.5, 1.5, 2.5, 3.5), chord_beats=0.2
)
PADS = Groove(attack=0.5)
GUITAR = Groove(bass=(0, 2), chord=(), lead=EIGHTHS)
BALLAD_INTRO = Groove(lead=(0, 1, 2, 3), attack=0.2)
STICKS = Groove(chord=(), hat=(0, 1, 2, 3))

Part = tuple[Groove, int]


def play(
    parts: Sequence[Part],
    tempo: Callable[[float], float] | float,
    *,
    seed: int = 0,
    offset: float = 0.1,
    pickup: float = 0.0,
    counted: int = 0,
    vague: bool = False,
    tail: float = 0.5,
) -> Take:
    """Play the parts (groove, bars). `tempo` is BPM by beat number; the first downbeat is at `offset` seconds, later
    by `pickup` beats of lead notes or `counted` stick beats."""
    rate = tempo if callable(tempo) else (lambda _beat: tempo)
    total = sum(groove.beats * bars for groove, bars in parts)
    lead_in = max(pickup, float(counted))
    steps = [60 / rate(float(number)) for number in range(total + 1)]
    first = offset + lead_in * steps[0]
    beats = first + np.concatenate([[0.0], np.cumsum(steps)])
    players = _Players(Mix(float(beats[total]) + tail), beats, np.random.default_rng(seed))
    early = np.arange(1, int(lead_in) + 1) if lead_in else np.zeros(0)
    for number in range(round(2 * pickup)):
        players.hit(pluck(69 + 2 * number, 0.4), number / 2 - pickup, 0.9)
    for number in range(counted):
        players.hit(hat(), float(number - counted), 1.5)
    downbeats, at, bar = [], 0, 0
    for groove, bars in parts:
        for _ in range(bars):
            players.bar(groove, at, bar)
            downbeats.append(beats[at])
            at, bar = at + groove.beats, bar + 1
    known = np.concatenate([first - early[::-1] * steps[0], beats[:total]])
    return Take(players.mix.mastered(), known, np.array(downbeats), 60 / float(np.median(steps)), vague)


class _Players:
    """Lay notes at beats, a little early or late and louder or softer, as people play."""

    def __init__(self, mix: Mix, beats: np.ndarray, rng: np.random.Generator) -> None:
        self.mix, self.rng = mix, rng
        self.beats = beats

    def hit(self, sound: np.ndarray, at: float, gain: float = 1.0) -> None:
        step = self.beats[1] - self.beats[0]
        time = self.beats[0] + at * step if at < 0 else np.interp(at, np.arange(len(self.beats)), self.beats)
        time += self.rng.normal(0, STRAY_SECONDS)
        self.mix.add(sound, max(float(time), 0.0), gain=gain * float(np.exp(self.rng.normal(0, STRAY_GAIN))))

    def bar(self, groove: Groove, at: int, number: int) -> None:
        beat = round(float(self.beats[at + 1] - self.beats[at]), 2)
        root, notes = SAMPLE_CHORDS[number // groove.bars_per_chord % 4]
        sounds: list[tuple[Any, float, tuple[float, ...]]] = [
            (kick(), 1.0, groove.kick),
            (snare(), groove.snare_gain, groove.snare),
            (hat(), 0.6, groove.hat),
            (bass(root, round(0.45 * beat, 2)), 0.8, groove.bass),
            (chord(notes, round(groove.chord_beats * beat, 2), attack=groove.attack), 0.8, groove.chord),
        ]
        for sound, gain, places in sounds:
            for place in places:
                self.hit(sound, at + place, gain)
        for index, place in enumerate(groove.lead):
            self.hit(pluck(12 + notes[(0, 1, 2, 1)[index % 4]], round(beat, 2)), at + place, 0.6)


def bars(groove: Groove, bpm: float, seconds: float = SECONDS) -> int:
    return max(4, round(seconds * bpm / 60 / groove.beats))


def steady(groove: Groove, bpm: float, *, seconds: float = SECONDS, **more: Any) -> Callable[[int], Take]:
    return lambda seed: play([(groove, bars(groove, bpm, seconds))], bpm, seed=seed, **more)


def parted(parts: Sequence[Part], tempo: Callable[[float], float] | float, **more: Any) -> Callable[[int], Take]:
    return lambda seed: play(parts, tempo, seed=seed, **more)


def ramp(first: float, last: float, beats: int) -> Callable[[float], float]:
    return lambda beat: first + (last - first) * min(beat / beats, 1)


def slowing(bpm: float, last: float, steady_beats: int, beats: int) -> Callable[[float], float]:
    return lambda beat: bpm + (last - bpm) * float(np.clip((beat - steady_beats) / (beats - steady_beats), 0, 1))


def taps(seed: int) -> Take:
    """Someone taps on a table at 96 BPM."""
    rng = np.random.default_rng(seed)
    beats = 0.4 + np.arange(40) * 60 / 96
    mix = Mix(26.0)
    for beat in beats:
        mix.add(pluck(84, 0.06), float(beat + rng.normal(0, 0.012)), gain=float(np.exp(rng.normal(0, 0.2))))
    return Take(mix.mastered(), beats, np.zeros(0), 96.0)


KINDS: dict[str, Callable[[int], Take]] = {
    **{f"4/4 at {bpm}": steady(ROCK, bpm) for bpm in (60, 80, 100, 125, 150, 175, 200)},
    **{f"busy 4/4 at {bpm}": steady(BUSY, bpm) for bpm in (75, 110, 145)},
    "half-time at 140": steady(HALF_TIME, 140),
    "double-time at 85": steady(DOUBLE_TIME, 85, vague=True),
    "drum and bass at 174": steady(DRUM_AND_BASS, 174),
    "3/4 at 174": steady(FAST_THREE, 174),
    **{f"waltz at {bpm}": steady(WALTZ, bpm) for bpm in (90, 120, 180)},
    **{f"6/8 at {bpm}": steady(SIX_EIGHT, bpm) for bpm in (50, 60, 72)},
    **{f"6/8 at {bpm}, no drums": steady(SIX_EIGHT_PIANO, bpm) for bpm in (50, 60, 72)},
    "12/8 blues at 66": steady(BLUES, 66),
    "12/8 blues at 96": steady(BLUES, 96),
    "5/4 at 150": steady(FIVE, 150),
    "7/8 at 210": steady(SEVEN, 210),
    "swing at 140": steady(SWING, 140),
    "shuffled 16ths at 92": steady(SHUFFLE, 92),
    "drift 118 to 124": parted([(ROCK, 32)], ramp(118, 124, 128)),
    "drift 96 to 91, busy": parted([(BUSY, 20)], ramp(96, 91, 80)),
    "accelerando 100 to 140": parted([(ROCK, 16)], ramp(100, 140, 64)),
    "rubato around 84": parted([(GUITAR, 10)], lambda beat: 84 * (1 + 0.06 * np.sin(beat / 7))),
    "ritardando": parted([(ROCK, 12)], slowing(110, 70, 36, 48)),
    "pause of 4 bars": parted([(ROCK, 6), (PADS, 4), (ROCK, 6)], 116),
    "quiet intro of 8 bars": parted([(BALLAD_INTRO, 8), (ROCK, 8)], 128),
    "delayed start": steady(ROCK, 120, offset=3.7),
    "delayed start, odd": steady(BUSY, 103, offset=2.23),
    "count-in": steady(ROCK, 120, counted=4),
    "pickup of a beat": steady(ROCK, 108, offset=0.02, pickup=1.0),
    "pickup of an eighth": steady(GUITAR, 96, offset=0.02, pickup=0.5),
    "pickup of a beat, waltz": steady(WALTZ, 132, offset=0.02, pickup=1.0),
    "4/4 then 3/4": parted([(ROCK, 8), (FAST_THREE, 10)], 120),
    "3/4 then 4/4": parted([(WALTZ, 8), (ROCK, 8)], 126),
    "100 then 130": parted([(ROCK, 8), (BUSY, 10)], lambda beat: 100 if beat < 32 else 130),
    "no kick on one": steady(NOT_ON_ONE, 106),
    "reggae at 75": steady(ONE_DROP, 75, vague=True),
    "only pads at 80": steady(PADS, 80, vague=True),
    "guitar at 100": steady(GUITAR, 100),
    "tapped click at 96": taps,
}  # fmt: skip
