"""Heard words matched to the given ones, and lines made of heard words alone."""

from engines.lyrics.alignment import Heard
from engines.lyrics.plain import read_plain
from engines.lyrics.transcript import HeardWord, lines_heard, lines_matched, words_in_order

SINGING = Heard(40.0, ((0.0, 8.0, 0.9), (15.0, 20.0, 0.9), (26.0, 32.0, 0.9)))
LYRICS = read_plain("[Chorus]\nHold me now\nbefore the morning\n\n[Verse]\nnobody hears this at all\n\n[Chorus]")


def heard(text, start, step=0.5):
    return [HeardWord(word, start + step * n, start + step * n + 0.4) for n, word in enumerate(text.split())]


def test_second_chorus_is_at_its_own_place_and_unheard_lines_lie_between():
    words = words_in_order([*heard("hold me now before a mourning", 1.0), *heard("Hold my now", 26.0)], 40.0)
    lines = lines_matched(LYRICS, words, "en", SINGING)
    assert [line.text for line in lines] == [line.text for line in LYRICS]
    assert [lines[0].start, lines[1].start, lines[3].start] == [1.0, 2.5, 26.0]
    assert (lines[0].heard, lines[1].heard, lines[3].heard) == ("", "before a mourning", "Hold my now")
    assert 8.0 < lines[2].start < 26.0 and lines[2].words and not any(line.pinned for line in lines)


def test_a_few_chance_words_move_nothing():
    lines = lines_matched(LYRICS, words_in_order(heard("oh me oh all", 30.0), 40.0), "en", SINGING)
    assert lines[0].start < 5.0 and not lines[0].sure


def test_scripts_without_spaces_are_matched_by_characters():
    lines = read_plain("よるのそらに\nほしがひとつ")
    spoken = [HeardWord("夜の", 1, 1.5), HeardWord("そらに", 1.5, 2.2), HeardWord("ほしがひとつ", 3, 4.2)]
    found = lines_matched(lines, words_in_order(spoken, 10.0), "ja", Heard(10.0, ((1, 2.2, 0.9), (3, 4.2, 0.9))))
    assert (found[0].heard, found[0].end, found[1].start, found[1].heard) == ("夜のそらに", 2.2, 3.0, "")


def test_heard_lines_break_at_pauses_and_odd_times_are_put_right():
    words = words_in_order([*heard("we don't stop", 5.0), *heard("never", 1.0), HeardWord("late", 50, 51)], 40.0)
    assert [(line.text, line.start) for line in lines_heard(words)] == [("never", 1.0), ("we don't stop", 5.0)]
