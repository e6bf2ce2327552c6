"""Sections named after the words: by marks, or by what is sung again."""

import pytest

from engines.listening.named import sections_named
from engines.listening.sections import Section
from engines.lyrics.parts import word_parts
from engines.lyrics.sung_lines import SungLine

DOWNBEATS = [2.0 * bar for bar in range(60)]
HEARD = (
    Section("intro", 0, 8, 0.2, 0),
    Section("chorus", 8, 40, 0.7, 1),
    Section("chorus", 40, 72, 0.8, 1),
    Section("outro", 72, 80, 0.1, 0),
)
VERSE, CHORUS, MORE = ("one", "two", "three", "four"), ("Oh, stay!", "stay with me"), ("five", "six", "seven", "eight")


def lines_of(*stanzas, start=9.0):
    """Return lines of three seconds and a rest of one; each stanza is (mark, texts)."""
    made = []
    for mark, texts in stanzas:
        for text in texts:
            made.append(SungLine(text, mark, start=start, end=start + 3, confidence=1.0))
            start += 4
    return made


def told(sections):
    return [(section.label, section.start_seconds, section.end_seconds) for section in sections]


def test_marks_of_the_words_name_and_divide_the_sections():
    lines = lines_of(
        ("Verse 1", VERSE), ("Chorus (all)", CHORUS), ("Verse 2: Anna", (*MORE, "nine", "ten")), ("Chorus", CHORUS)
    )
    named = sections_named(HEARD, word_parts(lines), DOWNBEATS)
    assert told(named) == [
        ("intro", 0, 8), ("verse 1", 8, 24.0), ("chorus", 24.0, 32.0), ("verse 2", 32.0, 56.0), ("chorus", 56.0, 72),
        ("outro", 72, 80),
    ]  # fmt: skip
    assert named[2].group == named[4].group != named[1].group


def test_without_marks_what_comes_back_is_the_chorus():
    lines = lines_of(("", VERSE), ("", CHORUS), ("", (*MORE, "nine", "ten")), ("", ("oh stay", "Stay with me!")))
    named = sections_named(HEARD, word_parts(lines), DOWNBEATS)
    assert [section.label for section in named] == ["intro", "verse", "chorus", "verse", "chorus", "outro"]
    assert named[2].start_seconds == 24.0


@pytest.mark.parametrize(
    "stanzas",
    [
        [("", VERSE), ("", MORE)],
        [("", ("la la", "la la", "la la", "la la"))],
        [("", (*VERSE, "refrain")), ("", (*MORE, "refrain"))],
        [("", VERSE), ("", VERSE)],
        [],
    ],
    ids=["nothing comes back", "one line over and over", "a refrain of one line", "everything comes back", "no words"],
)
def test_otherwise_the_heard_names_stay(stanzas):
    assert sections_named(HEARD, word_parts(lines_of(*stanzas)), DOWNBEATS) == HEARD


def test_part_without_words_keeps_its_heard_name():
    named = sections_named(HEARD, word_parts(lines_of(("Hook", CHORUS), start=45.0)), DOWNBEATS)
    assert [section.label for section in named][:2] == ["intro", "chorus"]
    assert "hook" in [section.label for section in named]
