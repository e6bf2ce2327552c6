"""Words without times, as people paste them."""

import pytest

from engines.errors import InputError
from engines.lyrics.languages import language_guess
from engines.lyrics.plain import read_plain
from engines.lyrics.reading import is_timed


def texts(text):
    return [(line.section, line.text) for line in read_plain(text)]


def test_sections_stanzas_and_repeats():
    rows = "[Verse 1]|Walking down|the road (x2)||[Chorus x2]|Oh oh||[Bridge]|la||[Chorus]|"
    text = "\ufeff" + rows.replace("|", "\r\n")
    assert texts(text) == [
        ("Verse 1", "Walking down"), ("Verse 1", "the road"), ("Verse 1", "the road"),
        ("Chorus", "Oh oh"), ("Chorus", "Oh oh"), ("Bridge", "la"), ("Chorus", "Oh oh"),
    ]  # fmt: skip
    assert [line.stanza for line in read_plain("a\nb\n\n\nc\nx2\n")] == [1, 1, 2, 3]


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("【サビ】\n夜空に　消えた\n×2", [("サビ", "夜空に 消えた")] * 2),
        ("[كورس]\nليل 2x", [("كورس", "ليل")] * 2),
        ("[ar: Somebody]\n[Chorus] la la\nRoute 66", [("Chorus", "la la"), ("Chorus", "Route 66")]),
        ("Line x99\n[Instrumental]\nx2", [("", "Line x99")]),
        ("Cafe\u0301", [("", "Café")]),
        (
            "Verse 1:\nla\n(Chorus)\noh\n\nBRIDGE\nSolo\nbridge",
            [
                ("Verse 1", "la"),
                ("Chorus", "oh"),
                ("BRIDGE", "Solo"),
                ("BRIDGE", "bridge"),
            ],
        ),
        (
            "Chorus x2\noh\n\nna na [x2]\n[x2]",
            [("Chorus", "oh"), *[("Chorus", "na na")] * 4, ("Chorus", "oh"), *[("Chorus", "na na")] * 4],
        ),
        (
            "12 ContributorsRoad Lyrics[Intro: Kid]\nYeah\nYou might also like\nhome23Embed",
            [
                ("Intro: Kid", "Yeah"),
                ("Intro: Kid", "home"),
            ],
        ),
        ("one\u2028two\x0bthree\x85four", [("", "one"), ("", "two"), ("", "three"), ("", "four")]),
    ],
)
def test_any_script_and_odd_marks(text, lines):
    assert texts(text) == lines and not is_timed(text)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[Intro]\n\n", "no words"),
        ("a\0b", "isn't a text file"),
        ("ok\n" + "x" * 1001, "Line 2 has 1,001"),
        ("la\n" * 3001, "more than 3,000"),
        ("[A x20]\n" + "la x20\n" * 20, "more than 3,000"),
    ],
)
def test_what_is_no_song_is_refused_with_words(text, words):
    with pytest.raises(InputError, match=words):
        read_plain(text)


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("the road and you and me", "en"), ("la casa de mi amor y el mar que no", "es"), ("夜空に消えた", "ja"),
        ("يا ليل", "ar"), ("молчи, скрывайся", "ru"), ("月亮代表我的心", "zh"), ("la la", ""), ("", ""),
    ],
)  # fmt: skip
def test_language(text, language):
    assert language_guess(text) == language
