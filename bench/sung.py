"""How well voices are found in songs: made instrumentals, and made voices over them (`bench/voices.py`).

    nice .venv/bin/python -m bench.sung [--shift 0]

Prints, for each instrumental, the share that counts as sung, and for each voice at +6, 0 and -6 dB the share that is
found and the false share, with the answer to "does somebody sing?". `--shift` pairs the voices with other beds.
"""

import argparse
import time

import numpy as np

from bench.voices import BEDS, SECONDS, SINGERS, Samples, bed, singer
from engines.listening.singing import STEPS_PER_SECOND
from engines.listening.voice import VoiceActivity, voice_in_mix

LEVELS_DB = (6, 0, -6)
ANSWERS = {True: "yes", False: "no", None: "asks"}


def judged(mono: Samples) -> VoiceActivity:
    return voice_in_mix(np.stack([mono, mono]).astype(np.float32) * 0.9 / np.abs(mono).max())


def steps_of(found: VoiceActivity) -> Samples:
    """Return per hundredth of a second whether a passage covers it."""
    steps = np.zeros(round(SECONDS * STEPS_PER_SECOND), bool)
    for span in found.spans:
        steps[round(span.start * STEPS_PER_SECOND) : round(span.end * STEPS_PER_SECOND)] = True
    return steps


def shares(found: VoiceActivity, heard: Samples) -> tuple[float, float]:
    """Return how much of what is `heard` was found, and how much of the rest was found wrongly."""
    steps = steps_of(found)[: len(heard)]
    return float(steps[heard].mean()), float(steps[~heard].mean())


def main() -> None:
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--shift", type=int, default=0)
    shift, names, started = arguments.parse_args().shift, list(BEDS), time.process_time()
    clips = len(names) + len(SINGERS) * len(LEVELS_DB)
    wrong = []
    for name in names:
        found = judged(bed(name))
        wrong.append(float(steps_of(found).mean()) if found.sings else 0.0)
        print(f"{name:26s} passages {steps_of(found).mean():4.0%}  sings: {ANSWERS[found.sings]}")
    print(f"instrumentals: {np.mean(wrong):.1%} sung\n")
    found_at: dict[int, list[float]] = {level: [] for level in LEVELS_DB}
    for number, (voice, _, _) in enumerate(SINGERS):
        name, (sound, heard) = names[(number + shift) % len(names)], singer(number)
        row = []
        for level in LEVELS_DB:
            found = judged(bed(name) + sound * 10 ** (level / 20))
            right, false = shares(found, heard)
            found_at[level].append(right)
            row.append(f"{level:+d} dB {right:4.0%} found {false:4.0%} false, sings: {ANSWERS[found.sings]:4s}")
        print(f"{voice:15s} over {name:24s} {' | '.join(row)}")
    print(" ".join(f"{level:+d} dB: {np.mean(found_at[level]):.1%} found" for level in LEVELS_DB))
    print(f"{(time.process_time() - started) / clips / SECONDS * 60:.2f} s per minute of audio, with making it")


if __name__ == "__main__":
    main()
