"""How well lines and words are timed by the free alignment: made songs whose words' times are known (espeak-ng).

    nice .venv/bin/python -m bench.lyrics [--mix [DB]] [--syllables]

Without `--mix`, the voice alone is aligned, as with a vocal stem; with it, the voice 12 dB (or DB) above a made band.
English words are listened for, too, unless `--syllables` is given. The last three songs were only looked at afterwards.
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
from engines.lyrics.speech import call_write, lines_forced, words_forced
from engines.lyrics.sung_lines import SungLine
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
    (
        "en-us+f3",
        "en",
        "I left my shadow on the station wall\nand every train was singing to the fall\n\n[Chorus]\nCome back to me\n"
        "come back before the winter\nCome back to me\n\nThe neon rivers carry all we said\n"
        "we built a castle from the words unread\n\n[Chorus]",
    ),
    (
        "en-gb+m3",
        "en",
        "Down by the quay where Maggie sold her roses\nthe foghorn hummed a lullaby for Joe's\n\n[Chorus]\n"
        "Oh roll me over ocean\nroll me home again x2\n\nSeventeen whiskers on the captain's chin\n"
        "starboard and larboard let the morning in\n\n[Chorus]",
    ),
    (
        "en-gb+f2",
        "en",
        "Yeah yeah I'm burning like a satellite tonight\nskyscraper diamonds flicker in the light\n\n[Chorus]\n"
        "We don't stop\nwe never ever stop x2\n\nTiktok on the clock and the bass kicks in\n"
        "Baby your glitter got under my skin\n\n[Chorus]",
    ),
)


# Speed in words a minute, where it isn't 120.
SPEEDS = {6: 100, 7: 150}


def spoken(voice: str, text: str, speed: int = 120) -> Samples:
    """Return the word at RATE, without the silence around it."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "word.wav"
        subprocess.run(["espeak-ng", "-v", voice, "-s", str(speed), "-w", str(path), text], check=True, timeout=30)
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
            parts.append(spoken(voice, word, SPEEDS.get(number, 120)))
            length += len(parts[-1])
        truth.append(starts)
    return np.concatenate([*parts, np.zeros(RATE * 2)]), truth


def heard(number: int, voice: Samples, path: Path, *, above_db: float | None) -> Heard:
    """Write the song, and return what is heard in it."""
    if above_db is None:
        wavfile.write(path, RATE, (voice / np.abs(voice).max() * 30000).astype(np.int16))
        found = stem_phrases(path)
        return Heard(len(voice) / RATE, tuple((a, b, 0.95) for a, b in found.passages), found.notes)
    band = bed(list(BEDS)[number])
    loud = voice * np.sqrt(np.mean(band**2) / np.mean(voice[voice != 0] ** 2)) * 10 ** (above_db / 20)
    sound = np.resize(band, len(voice)) + loud
    wavfile.write(path, RATE, (sound / np.abs(sound).max() * 30000).astype(np.int16))
    song = analyze_song(path, expected_seconds=None, max_seconds=600)
    notes = tuple(zip(song.onsets.times.tolist(), song.onsets.salience.tolist(), strict=True))
    return Heard(
        song.duration_seconds, tuple((s.start, s.end, s.confidence * MIX_TRUST) for s in song.voice.spans), notes
    )


def aligned_lines(number: int, known: Heard, path: Path, *, stem: bool, sounds: bool) -> tuple[SungLine, ...]:
    _, language, text = SONGS[number]
    lines = align(read_plain(text), language, known)
    if not sounds or language != "en":
        return lines
    call = path.with_suffix(".json")
    call_write(call, path, lines, [(start, end) for start, end, _ in known.passages])
    times = words_forced(str(call))["times"]
    return lines_forced(lines, times, stem=stem) if times else lines


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--mix", type=float, nargs="?", const=ABOVE_DB)
    parser.add_argument("--syllables", action="store_true")
    options = parser.parse_args()
    lines_off: list[float] = []
    words_off: list[float] = []
    sure_off: list[float] = []
    for number, (_, language, _) in enumerate(SONGS):
        voice, truth = sung(number)
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "song.wav"
            known = heard(number, voice, path, above_db=options.mix)
            started = time.process_time()
            aligned = aligned_lines(number, known, path, stem=options.mix is None, sounds=not options.syllables)
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
        print(
            f"{language}: lines {_told(off)}; words {_told(within)}; {len(sure)} of {len(off)} sure; "
            f"{took / len(voice) * RATE * 60:.1f} s a minute"
        )
    print(f"all: lines {_told(lines_off)}; words {_told(words_off)}; sure lines {_told(sure_off)}")


def _told(errors: list[float]) -> str:
    if not errors:
        return "none"
    return f"median {np.median(errors):.2f} s, 95 % within {np.percentile(errors, 95):.2f} s"


if __name__ == "__main__":
    main()
