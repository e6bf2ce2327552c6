"""Where each word of English lyrics is sung, by the sounds of the words: forced alignment with pocketsphinx.

Its acoustic model and dictionary of American English are inside the package, which has no wheel for some platforms;
there, the words keep the times that their syllables suggest.
"""

import importlib.util
import json
import re
import unicodedata
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from engines.lyrics.pronouncing import pronounced
from engines.lyrics.sung_lines import SungLine, SungWord
from engines.lyrics.syllables import words_of_line
from engines.media.samples import sound_blocks

RATE, FRAMES_PER_SECOND = 16_000, 100
# Narrower beams lose the way in a mix, and then nothing is found at all.
_BEAM = 1e-300
# The sound outside of the passages with a voice is silenced this far from them: the band would be taken for words.
_MARGIN_SECONDS = 0.2
# The sounds and the syllables agree on where a line starts: it needs no check.
_AGREED_SECONDS = 0.5
_AGREED, _DISPUTED = 0.9, 0.5
# A stem's phrases are heard more exactly than the words in them.
_PHRASE_SECONDS = 0.3
_SHORTEST_SECONDS = 0.05

Times = Sequence[tuple[float, float] | None]


def forced_available() -> bool:
    return importlib.util.find_spec("pocketsphinx") is not None


def call_write(path: Path, sound: Path, lines: Sequence[SungLine], passages: Sequence[tuple[float, float]]) -> None:
    """Write what `words_forced` is asked to do."""
    words = [word for line in lines for word in words_of_line(line.text)]
    path.write_text(json.dumps({"sound": str(sound.resolve()), "words": words, "passages": list(passages)}))


def words_forced(call: str) -> dict[str, Any]:
    """Return `times`: for each word of the call's file [start, end] in seconds, null for one without letters; empty if
    they can't be found. Half a minute of work for a song, so run it in a process of its own."""
    from pocketsphinx import Decoder

    asked = json.loads(Path(call).read_text())
    decoder = Decoder(lm=None, loglevel="FATAL", beam=_BEAM, wbeam=_BEAM, pbeam=_BEAM, bestpath=False)
    places, spoken = _spoken(asked["words"], decoder)
    if not spoken:
        return {"times": []}
    decoder.set_align_text(" ".join(spoken))
    decoder.start_utt()
    decoder.process_raw(_sound(Path(asked["sound"]), asked["passages"]), full_utt=True)
    decoder.end_utt()
    found = [one for one in decoder.seg() if one.word[0] not in "<[("] if decoder.hyp() else []
    if len(found) != len(spoken):
        return {"times": []}
    times: list[list[float] | None] = [None] * len(asked["words"])
    for place, one in zip(places, found, strict=True):
        start, end = one.start_frame / FRAMES_PER_SECOND, (one.end_frame + 1) / FRAMES_PER_SECOND
        known = times[place]
        times[place] = [start if known is None else known[0], end]
    return {"times": times}


def lines_forced(lines: Sequence[SungLine], times: Times, *, stem: bool) -> tuple[SungLine, ...]:
    """Return the lines at the times of their words. Pinned lines stay, and so do those that would leave the order."""
    found: list[SungLine] = []
    place, latest = 0, 0.0
    following = [line.start for line in lines if line.pinned and line.start is not None]
    for line in lines:
        count = len(words_of_line(line.text))
        own = times[place : place + count]
        place += count
        moved = _moved(line, own, stem=stem)
        if line.pinned:
            following = [start for start in following if start > (line.start or 0.0)]
        limit = following[0] if following else np.inf
        fits = moved.span is not None and latest - _SHORTEST_SECONDS <= moved.span[0] and moved.span[1] <= limit + 0.01
        kept = moved if fits else line
        latest = max(latest, kept.start or 0.0)
        found.append(kept)
    return tuple(_ends_cut(found))


def _moved(line: SungLine, own: Times, *, stem: bool) -> SungLine:
    known = [index for index, one in enumerate(own) if one is not None]
    if line.pinned or line.span is None or not known or len(line.words) != len(own):
        return line
    spans = _filled(own)
    start = spans[0][0]
    off = abs(start - line.span[0])
    if stem and off <= _PHRASE_SECONDS and line.span[0] < spans[0][1]:
        start = line.span[0]
    sure = _AGREED if off <= _AGREED_SECONDS else _DISPUTED
    confidence = max(sure, line.confidence) if off <= _AGREED_SECONDS else sure
    words = tuple(
        SungWord(word.text, round(first, 3), round(max(first, last), 3), sure)
        for word, (first, last) in zip(line.words, [(start, spans[0][1]), *spans[1:]], strict=True)
    )
    end = max(words[-1].end, start + _SHORTEST_SECONDS)
    return replace(line, start=round(start, 3), end=round(end, 3), words=words, confidence=round(confidence, 3))


def _filled(own: Times) -> list[tuple[float, float]]:
    """Return a span for each word; one without letters takes no time beside its neighbor."""
    spans: list[tuple[float, float]] = []
    before: tuple[float, float] | None = None
    first = next(one for one in own if one is not None)
    for one in own:
        before = one or ((before[1], before[1]) if before else (first[0], first[0]))
        spans.append((before[0], before[1]))
    return spans


def _ends_cut(lines: Sequence[SungLine]) -> list[SungLine]:
    """Return the lines, none ending after the next one starts."""
    found = list(lines)
    for index in range(len(found) - 1):
        line, following = found[index], found[index + 1].start
        if line.span and following is not None and not line.pinned and line.span[0] < following < line.span[1]:
            words = tuple(replace(w, start=min(w.start, following), end=min(w.end, following)) for w in line.words)
            found[index] = replace(line, end=following, words=words)
    return found


def _spoken(words: Sequence[str], decoder: Any) -> tuple[list[int], list[str]]:
    """Return what is said, each with the place of its word: a word with hyphens is several."""
    places: list[int] = []
    spoken: list[str] = []
    for place, word in enumerate(words):
        for part in re.findall(r"[a-z']*[a-z][a-z']*", _plain(word)):
            said = part if decoder.lookup_word(part) else part.strip("'")
            if decoder.lookup_word(said) is None:
                phones = pronounced(said, decoder.lookup_word)
                if not phones:
                    continue
                decoder.add_word(said, phones, True)
            places.append(place)
            spoken.append(said)
    return places, spoken


def _plain(word: str) -> str:
    letters = unicodedata.normalize("NFKD", word.casefold().replace("\u2019", "'"))
    return "".join(letter for letter in letters if not unicodedata.combining(letter))


def _sound(path: Path, passages: Sequence[tuple[float, float]]) -> bytes:
    """Return 16-bit samples at RATE, silent outside of the passages; without any, all of the sound."""
    sound = np.concatenate([block[0] for block in sound_blocks(path, rate=RATE, channels=1)])
    if passages:
        heard = np.zeros(len(sound), bool)
        for start, end in passages:
            heard[round(max(0.0, start - _MARGIN_SECONDS) * RATE) : round((end + _MARGIN_SECONDS) * RATE)] = True
        sound = np.where(heard, sound, 0.0)
    peak = float(np.abs(sound).max(initial=1e-6))
    return (sound / peak * 30000).astype(np.int16).tobytes()
