"""English words at the times at which their sounds are heard."""

import json

import pytest

from engines.lyrics.pronouncing import pronounced
from engines.lyrics.speech import call_write, forced_available, lines_forced, words_forced
from engines.lyrics.sung_lines import SungLine, SungWord
from tests.fakes import media

KNOWN = {"fog": "F AO G", "horn": "HH AO R N", "hum": "HH AH M", "bake": "B EY K"}


@pytest.mark.parametrize(
    ("word", "phones"),
    [
        ("foghorn", "F AO G HH AO R N"),
        ("hummed", "HH AH M D"),
        ("baking", "B EY K IH NG"),
        ("shree", "SH R IY"),
        ("zoppe", "Z AA P"),
        ("''", ""),
    ],
)
def test_unknown_words_are_said_by_their_parts_or_spelling(word, phones):
    assert pronounced(word, KNOWN.get) == phones


def line(text, start, end, *, pinned=False):
    words, step = text.split(), (end - start) / len(text.split())
    timed = tuple(SungWord(w, start + step * n, start + step * (n + 1), 0.4) for n, w in enumerate(words))
    return SungLine(text, start=start, end=end, confidence=0.4, pinned=pinned, words=timed)


LINES = (line("hold me now", 1.0, 3.0), line("— 42 miles", 4.0, 6.0))


def test_words_take_the_times_of_their_sounds_and_what_both_agree_on_is_sure():
    times = [(1.2, 1.5), (1.5, 1.8), (2.0, 2.6), None, None, (7.0, 7.5)]
    first, second = lines_forced(LINES, times, stem=False)
    assert (first.start, first.end, first.sure) == (1.2, 2.6, True)
    assert [word.start for word in first.words] == [1.2, 1.5, 2.0]
    assert (second.start, second.end, second.sure) == (7.0, 7.5, False)


def test_a_stem_says_more_exactly_where_a_line_starts():
    times = [(1.2, 1.5), (1.5, 1.8), (2.0, 2.6), None, None, None]
    first, second = lines_forced(LINES, times, stem=True)
    assert (first.start, first.words[1].start, second) == (1.0, 1.5, LINES[1])


def test_pinned_lines_and_the_order_stay():
    pinned = line("stay here", 2.0, 3.0, pinned=True)
    late = [(2.5, 2.8), (2.8, 3.0), (3.0, 3.3), (9.0, 9.1), (9.1, 9.2)]
    assert lines_forced((LINES[0], pinned), late, stem=False)[1] == pinned
    assert lines_forced((LINES[0], pinned), late, stem=False)[0].start == 1.0


@pytest.mark.skipif(not forced_available(), reason="pocketsphinx has no wheel here")
def test_a_sound_without_words_is_no_error(tmp_path):
    sound, call = tmp_path / "tone.wav", tmp_path / "call.json"
    sound.write_bytes(media.sound(3.0))
    call_write(call, sound, [SungLine("Hold me—now, foghorn-señor 42")], [(0.5, 2.5)])
    assert json.loads(call.read_text())["words"] == ["Hold", "me—now,", "foghorn-señor", "42"]
    times = words_forced(str(call))["times"]
    assert times == [] or (len(times) == 4 and times[3] is None and times[0][0] < times[1][0])
