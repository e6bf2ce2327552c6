"""How are scenes cut? Two synthetic songs of 150 seconds, a calm and a loud one, at each flavor's pace.

    .venv/bin/python -m bench.pace

Prints how many shots there are, their lengths in quiet and in loud parts, the seconds bought of clips of 4, 6 and 8
seconds, and the share of cuts in the middle of a sung line, without and with the lines known. The last line is JSON.
"""

import json
import tempfile
import wave
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import yaml
from numpy.typing import NDArray

from engines.listening.analyze import SongAnalysis, analyze_song
from engines.listening.pacing import ClipLengths, Pace, song_drive
from engines.listening.scene_slots import Slots, SongShape, scene_slots

CONFIGS = Path(__file__).parents[1] / "configs"
RATE, SECONDS = 44_100, 150.0
CHORDS = ((220, 261.6, 329.6), (174.6, 220, 261.6), (130.8, 164.8, 196), (196, 246.9, 293.7))
SOLD = ClipLengths((4, 6, 8))
CALM_BPM, LOUD_BPM = 66, 128
# Sections of the loud song, in bars.
PARTS = (("intro", 8), ("verse", 16), ("chorus", 16), ("verse", 16), ("chorus", 16), ("outro", 8))
LOUDNESS = {"intro": 0.25, "verse": 0.5, "chorus": 1.0, "outro": 0.25}

Sound = NDArray[np.float64]


def tone(frequency: float, seconds: float, decay: float, partials: tuple[float, ...]) -> Sound:
    time = np.arange(int(seconds * RATE)) / RATE
    waves = [share * np.sin(2 * np.pi * frequency * (n + 1) * time) for n, share in enumerate(partials)]
    return np.asarray(np.sum(waves, axis=0) * np.minimum(time / 0.01, 1) * np.exp(-time / decay))


def burst(rng: np.random.Generator, seconds: float, decay: float) -> Sound:
    time = np.arange(int(seconds * RATE)) / RATE
    return np.asarray(rng.normal(0, 0.5, len(time)) * np.exp(-time / decay))


def kick() -> Sound:
    time = np.arange(int(0.25 * RATE)) / RATE
    return np.asarray(np.sin(2 * np.pi * (50 * time + 7.5 * (1 - np.exp(-time * 40)))) * np.exp(-time / 0.08))


def play(song: Sound, at: float, sound: Sound, gain: float) -> None:
    first = int(at * RATE)
    heard = sound[: max(0, len(song) - first)]
    song[first : first + len(heard)] += gain * heard


def calm_song() -> Sound:
    """Return held chords without drums, with two swells."""
    song, bar = np.zeros(int(SECONDS * RATE)), 240 / CALM_BPM
    bars = int(SECONDS / bar)
    for number in range(bars):
        share, chord = number / bars, CHORDS[number % 4]
        swell = 0.4 < share < 0.55 or 0.7 < share < 0.85
        level = 0.25 if share < 0.15 or share > 0.9 else 0.9 if swell else 0.5
        for frequency in chord:
            play(song, number * bar, tone(frequency, bar * 1.1, 2.5, (1, 0.5, 0.25, 0.12)), 0.12 * level)
        play(song, (number + 0.5) * bar, tone(2 * chord[2], bar / 2, 1.2, (1, 0.5)), 0.1 * level)
    return song


def loud_song() -> Sound:
    """Return bass and drums, with chords and an arpeggio in the choruses."""
    song, bar, rng = np.zeros(int(SECONDS * RATE)), 240 / LOUD_BPM, np.random.default_rng(1)
    names = [name for name, bars in PARTS for _ in range(bars)]
    for number, name in enumerate(names):
        start, chord, level = number * bar, CHORDS[number % 4], LOUDNESS[name]
        steps = 4 if name == "intro" else 8
        for step in range(steps):
            sound = tone(chord[0] / 2, bar / steps, 0.25, (1, 0.8, 0.6, 0.5, 0.4))
            play(song, start + step * bar / steps, sound, 0.1 * level)
        if name in {"verse", "chorus"}:
            for beat in range(4):
                play(song, start + beat * bar / 4, kick(), 0.36 * (0.7 + 0.3 * level))
                if beat % 2:
                    play(song, start + beat * bar / 4, burst(rng, 0.2, 0.06), 0.2 * (0.5 + 0.5 * level))
        if name == "chorus":
            for frequency in chord:
                play(song, start, tone(2 * frequency, bar, 3, (1, 0.7, 0.5, 0.4)), 0.07)
            for step in range(16):
                play(song, start + step * bar / 16, tone(4 * chord[step % 3], bar / 16, 0.1, (1, 0.6)), 0.05)
    return song


def analyzed(song: Sound) -> SongAnalysis:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "song.wav"
        with wave.open(str(path), "wb") as file:
            file.setparams((1, 2, RATE, 0, "NONE", ""))
            file.writeframes((np.clip(song, -1, 1) * 32_000).astype("<i2").tobytes())
        return analyze_song(path)


def shape_of(found: SongAnalysis) -> SongShape:
    return SongShape(
        found.duration_seconds, found.grid.beats().tolist(), found.grid.downbeats().tolist(),
        [section.start_seconds for section in found.sections], found.energy,
        song_drive(found.onsets.salience.tolist(), found.duration_seconds),
    )  # fmt: skip


def sung_lines() -> list[tuple[float, float]]:
    """Return a line in every two bars of the loud song's verses and choruses, up to half a second off the bar."""
    rng, bar = np.random.default_rng(3), 240 / LOUD_BPM
    starts = [number * bar + rng.uniform(-0.45, 0.35) for number in range(8, 72, 2)]
    return [(start, start + 2 * bar * rng.uniform(0.72, 0.9)) for start in starts]


def paces() -> dict[str, Pace]:
    """Return each flavor's own pace."""
    files = {file.parent.name: yaml.safe_load(file.read_text()) for file in CONFIGS.glob("*/parameters.yaml")}
    found = {}
    for flavor, values in sorted(files.items()):
        name = values.get("pace", files["default"]["pace"])
        lengths = {**files["default"]["paces"], **values.get("paces", {})}[name]
        found[flavor] = Pace(**lengths)
    return found


def told(slots: Slots, energy: tuple[float, ...]) -> dict[str, Any]:
    lengths = np.array([end - start for start, end in slots])
    means = np.array(
        [np.mean(energy[int(start * 10) : max(int(start * 10) + 1, int(end * 10))]) for start, end in slots]
    )
    return {
        "shots": len(slots),
        "quiet_seconds": round(float(lengths[means < 0.35].mean()), 1),
        "loud_seconds": round(float(lengths[means > 0.7].mean()), 1),
    }


def bought(slots: Slots) -> float:
    edges = SOLD.frames(np.array([0.0, *(end for _, end in slots)]))
    table = SOLD.bought(int(np.diff(edges).max()))
    return float(sum(table[last - first] for first, last in pairwise(edges)))


def inside(slots: Slots, lines: list[tuple[float, float]]) -> float:
    cuts = [start for start, _ in slots[1:]]
    return float(np.mean([any(start + 0.2 < cut < end - 0.2 for start, end in lines) for cut in cuts]))


def main() -> None:
    results: dict[str, Any] = {}
    lines = sung_lines()
    for name, song in (("calm", calm_song()), ("loud", loud_song())):
        found = analyzed(song)
        shape = shape_of(found)
        for flavor, pace in paces().items():
            facts = told(scene_slots(shape, pace=pace), found.energy)
            paid = scene_slots(shape, pace=pace, clips=SOLD)
            facts |= {"paid_shots": len(paid), "paid_seconds": bought(paid)}
            if name == "loud":
                facts["cuts_in_lines"] = round(inside(scene_slots(shape, pace=pace), lines), 2)
                facts["with_lines_known"] = round(inside(scene_slots(replace(shape, lines=lines), pace=pace), lines), 2)
            results[f"{name} {flavor}"] = facts
            print(f"{name} song, {flavor:<10} {facts}")
    print(json.dumps(results))


if __name__ == "__main__":
    main()
