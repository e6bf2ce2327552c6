"""Laying lines on the singing."""

import pytest

from engines.errors import InputError
from engines.lyrics.alignment import Heard, align
from engines.lyrics.plain import read_plain
from engines.lyrics.sung_lines import SungLine
from engines.lyrics.syllables import syllables, words_of_line

VERSE = "walking down the empty harbour\nsilver water\n\nhold me now\nhold me now"
# As long as the syllables say, with a breath between the lines and a pause between the stanzas.
SUNG = Heard(30.0, ((4, 6.4, 0.95), (6.9, 8.2, 0.95), (14, 15.0, 0.95), (15.6, 16.6, 0.95)))


def starts(lines):
    return [line.start for line in lines]


@pytest.mark.parametrize(
    ("text", "language", "words", "count"),
    [
        ("walking down", "en", ["walking", "down"], 3), ("corazón", "es", ["corazón"], 3),
        ("夜空に、きょう", "ja", ["夜", "空", "に、", "きょ", "う"], 7), ("الليل يا", "ar", ["الليل", "يا"], 3.5),
        ("Молчи, и", "ru", ["Молчи,", "и"], 3), ("사랑해", "ko", ["사랑해"], 3), ("66!", "", ["66!"], 3),
        ("—", "", ["—"], 0.5),
    ],
)  # fmt: skip
def test_words_and_syllables_of_every_script(text, language, words, count):
    assert words_of_line(text) == words
    assert sum(syllables(word, language) for word in words) == pytest.approx(count, abs=0.6)


def test_lines_fall_on_phrases_with_their_words_inside():
    lines = align(read_plain(VERSE), "en", SUNG)
    assert starts(lines) == [4, 6.9, 14, 15.6] and all(line.sure for line in lines)
    for line in lines:
        assert [word.text for word in line.words] == line.text.split()
        times = [time for word in line.words for time in (word.start, word.end)]
        assert times == sorted(times) and line.start == times[0] and times[-1] == line.end
    assert align(lines, "en", SUNG) == lines


def test_pinned_lines_stay_and_the_others_keep_their_order():
    lines = list(read_plain(VERSE))
    lines[1] = SungLine("silver water", "", 1, 14.0, 15.0, 1.0, pinned=True)
    found = align(lines, "en", SUNG)
    assert (found[1].start, found[1].end, found[1].pinned) == (14.0, 15.0, True)
    assert starts(found) == sorted(starts(found)) and found[2].start >= 15.0


def test_what_is_not_heard_is_not_sure():
    lines = align(read_plain(VERSE), "en", Heard(30.0, ()))
    assert not any(line.sure for line in lines) and starts(lines) == sorted(starts(lines))
    assert max(line.end for line in lines) <= 30.0
    # A line of a hundred words over one second of singing.
    assert align(read_plain("la " * 100), "en", Heard(9.0, ((1, 2, 0.9),)))[0].confidence < 0.6


def test_many_lines_are_laid_one_by_one_and_more_than_fit_still_in_order():
    passages = tuple((second, second + 0.8, 0.9) for second in range(200))
    found = align(read_plain("la la la\n" * 200), "en", Heard(200.0, passages))
    assert starts(found) == sorted(starts(found))
    assert sum(abs(line.start - index) < 0.05 for index, line in enumerate(found)) > 195
    crowded = align(read_plain("la la la\n" * 60), "en", Heard(9.0, ((1, 3, 0.9),)))
    assert starts(crowded) == sorted(starts(crowded)) and not any(line.sure for line in crowded)


def test_no_room_between_pinned_lines_is_said():
    first, last = SungLine("one", start=4.0, end=6.0, pinned=True), SungLine("x", start=6.0, end=7.0, pinned=True)
    lines = [first, SungLine("two"), last]
    with pytest.raises(InputError, match="pinned"):
        align(lines, "en", SUNG)
