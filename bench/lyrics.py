"""How well lines and words are timed by the free alignment: made songs whose words' times are known (espeak-ng).

    nice .venv/bin/python -m bench.lyrics [--mix]

Without `--mix`, the voice alone is aligned, as with a vocal stem; with it, the voice 12 dB above a made band.
Prints the errors of the starts of lines and words, how many lines count as sure, and how right those are.
"""

import argparse
import subprocess
import tempfile
import time
from pathlib import Path

import numpy as np
from scipy.io import wavfile
from scipy.signal import resample_poly

from bench.voices import BEDS, RATE, Samples, bed
from engines.listening.analyze import analyze_song
from engines.listening.phrases import stem_phrases
from engines.lyrics.alignment import MIX_TRUST, Heard, align
from engines.lyrics.plain import read_plain
from engines.lyrics.syllables import words_of_line

ABOVE_DB = 12
# espeak-ng voice, language, text.
SONGS = (
    (
        "en-us",
        "en",
        "[Verse]\nWalking down an empty harbour\nsilver water under stone\nevery window holds a candle\n"
        "no one ever walks alone\n\n[Chorus]\nHold me now\nbefore the morning takes you far away\nHold me now\n\n"
        "[Verse]\nSeven winters on the river\nbones of ships and broken rope\n\n[Chorus]\n",
    ),
    (
        "es",
        "es",
        "La luna brilla sobre el mar\ny yo no puedo dejar de cantar\n\nVen conmigo\nhasta que salga el sol x2\n\n"
        "Nadie sabe lo que siento\ncuando escucho tu canción",
    ),
    ("ja", "ja", "よるのそらに\nほしがひとつ\n\nきみのこえが\nきこえるまで x2\n\nかぜのなかで\nうたっていた"),
    (
        "ru",
        "ru",
        "Белеет парус одинокий\nв тумане моря голубом\n\nЧто ищет в дальней он стране\nчто кинул он в краю родном",  # noqa: RUF001 - Russian
    ),
    (
        "de",
        "de",
        "Wir tanzen durch die lange Nacht\nbis der neue Tag erwacht\n\nHalt mich fest\nlass mich nicht allein x2",
    ),
)


def spoken(voice: str, text: str) -> Samples:
    """Return the word at RATE, without the silence around it."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "word.wav"
        subprocess.run(["espeak-ng", "-v", voice, "-s", "120", "-w", str(path), text], check=True, timeout=30)
        rate, sound = wavfile.read(path)
    sound = resample_poly(sound / 32768, RATE, rate)
    loud = np.flatnonzero(np.abs(sound) > 0.02)
    return sound[loud[0] : loud[-1] + 1] if len(loud) else sound[:1]


def sung(number: int) -> tuple[Samples, list[list[float]]]:
    """Return a song's voice, and the start of each word of each line in seconds."""
    voice, _, text = SONGS[number]
    rng = np.random.default_rng(number)
    parts, truth, length, stanza = [np.zeros(RATE * 3)], [], RATE * 3, 1
    for line in read_plain(text):
        pause = rng.uniform(2.0, 5.0) if line.stanza != stanza else rng.uniform(0.1, 0.9)
        stanza = line.stanza
        parts.append(np.zeros(round(pause * RATE)))
        length += len(parts[-1])
        starts = []
        for word in words_of_line(line.text) if voice != "ja" else [line.text]:
            starts.append(length / RATE)
            parts.append(spoken(voice, word))
            length += len(parts[-1])
        truth.append(starts)
    return np.concatenate([*parts, np.zeros(RATE * 2)]), truth


def heard(number: int, voice: Samples, *, mix: bool) -> Heard:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "song.wav"
        if not mix:
            wavfile.write(path, RATE, (voice / np.abs(voice).max() * 30000).astype(np.int16))
            found = stem_phrases(path)
            return Heard(len(voice) / RATE, tuple((a, b, 0.95) for a, b in found.passages), found.notes)
        name = list(BEDS)[number]
        loud = voice * np.sqrt(np.mean(bed(name) ** 2) / np.mean(voice[voice != 0] ** 2)) * 10 ** (ABOVE_DB / 20)
        sound = np.resize(bed(name), len(voice)) + loud
        wavfile.write(path, RATE, (sound / np.abs(sound).max() * 30000).astype(np.int16))
        song = analyze_song(path, expected_seconds=None, max_seconds=600)
    notes = tuple(zip(song.onsets.times.tolist(), song.onsets.salience.tolist(), strict=True))
    return Heard(
        song.duration_seconds, tuple((s.start, s.end, s.confidence * MIX_TRUST) for s in song.voice.spans), notes
    )


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--mix", action="store_true")
    mix = parser.parse_args().mix
    lines_off: list[float] = []
    words_off: list[float] = []
    sure_off: list[float] = []
    for number, (_, language, text) in enumerate(SONGS):
        voice, truth = sung(number)
        known = heard(number, voice, mix=mix)
        started = time.process_time()
        aligned = align(read_plain(text), language, known)
        took = time.process_time() - started
        off = [abs((line.start or 0) - starts[0]) for line, starts in zip(aligned, truth, strict=True)]
        within = [
            abs(word.start - start)
            for line, starts in zip(aligned, truth, strict=True)
            if len(line.words) == len(starts)
            for word, start in zip(line.words, starts, strict=True)
        ]
        sure = [error for line, error in zip(aligned, off, strict=True) if line.sure]
        lines_off, words_off, sure_off = lines_off + off, words_off + within, sure_off + sure
        print(f"{language}: lines {_told(off)}; words {_told(within)}; {len(sure)} of {len(off)} sure; {took:.2f} s")
    print(f"all: lines {_told(lines_off)}; words {_told(words_off)}; sure lines {_told(sure_off)}")


def _told(errors: list[float]) -> str:
    if not errors:
        return "none"
    return f"median {np.median(errors):.2f} s, 95 % within {np.percentile(errors, 95):.2f} s"


if __name__ == "__main__":
    main()
