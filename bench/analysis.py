"""How long song analysis takes per minute of sound, for our code and for other tools if installed.

    .venv/bin/python -m bench.analysis [--json] [--minutes 4] [SONG]

Without a song the sample song is repeated and encoded as mp3. The last line of `--json` is one object.
"""

import argparse
import importlib.util
import json
import resource
import sys
import tempfile
import time
import wave
from collections.abc import Callable
from pathlib import Path

import numpy as np

from apps.songs.synthesis import RATE, SAMPLE_BPM, sample_song
from engines.listening.analyze import analyze_song
from engines.media.commands import Command, media_file
from engines.media.runner import run_to_file

REPEATS = 3


def best_seconds(work: Callable[[], object]) -> tuple[float, object]:
    """Return the fastest of several runs (the machine is shared) after a warm-up, and the last result."""
    response = work()
    times = []
    for _ in range(REPEATS):
        started = time.perf_counter()
        response = work()
        times.append(time.perf_counter() - started)
    return min(times), response


def long_song(folder: Path, minutes: float) -> Path:
    """Write the sample song repeatedly as mp3, never all in memory, so that memory can be measured."""
    once = (sample_song().T * 32767).astype(np.int16).tobytes()
    with wave.open(str(folder / "song.wav"), "wb") as file:
        file.setparams((2, 2, RATE, 0, "NONE", ""))
        for _ in range(max(1, round(minutes * 2))):
            file.writeframes(once)
    command = Command([media_file(folder / "song.wav").sound], {"c:a": "libmp3lame", "b:a": "192k"})
    return run_to_file(command, folder / "song.mp3", container="mp3", time_limit_seconds=600)


def ours(path: Path) -> Callable[[], float]:
    return lambda: analyze_song(path).grid.tempo_bpm or 0.0


def librosa_tempo(path: Path) -> Callable[[], float]:
    import librosa  # only where it is installed

    def work() -> float:
        samples, rate = librosa.load(path)
        return float(np.atleast_1d(librosa.beat.beat_track(y=samples, sr=rate)[0])[0])

    return work


def aubio_tempo(path: Path) -> Callable[[], float]:
    import aubio  # only where it is installed

    def work() -> float:
        source = aubio.source(str(path), hop_size=512)
        tempo = aubio.tempo("default", 1024, 512, source.samplerate)
        while True:
            samples, read = source()
            tempo(samples)
            if read < source.hop_size:
                return float(tempo.get_bpm())

    return work


TOOLS = {"ours": ours, "librosa": librosa_tempo, "aubio": aubio_tempo}


def measure(path: Path, minutes: float) -> dict[str, dict[str, float]]:
    results = {}
    for name, tool in TOOLS.items():
        if name != "ours" and importlib.util.find_spec(name) is None:
            continue
        seconds, bpm = best_seconds(tool(path))
        results[name] = {"seconds_per_minute": round(seconds / minutes, 4), "tempo_bpm": round(float(str(bpm)), 3)}
    return results


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("song", nargs="?", type=Path)
    parser.add_argument("--minutes", type=float, default=4.0, help="length of the generated song")
    parser.add_argument("--json", action="store_true")
    wanted = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        path, truth = wanted.song, None
        if path is None:
            path, truth = long_song(Path(folder), wanted.minutes), SAMPLE_BPM
        minutes = analyze_song(path).duration_seconds / 60
        results = measure(path, minutes)
    unit = 1024**2 if sys.platform == "darwin" else 1024  # macOS counts bytes
    peak_mb = round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / unit)
    if wanted.json:
        print(json.dumps({"minutes": round(minutes, 3), "true_bpm": truth, "peak_rss_mb": peak_mb, "tools": results}))
        return
    print(f"{minutes:.1f} minutes of sound at {RATE} Hz, true tempo {truth or 'unknown'}, peak memory {peak_mb} MB")
    for name, found in results.items():
        print(f"  {name:8} {found['seconds_per_minute']:.3f} s per minute, {found['tempo_bpm']:.2f} BPM")


if __name__ == "__main__":
    main()
