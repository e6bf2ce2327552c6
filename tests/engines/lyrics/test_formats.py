"""Each format as players read it: what is shown when, and what is said about the rest."""

import time

import pytest

from engines.errors import InputError
from engines.lyrics.model import LyricsFormat
from engines.lyrics.reading import read_lyrics

ASS_HEAD = (
    "[Script Info]\nPlayResX: 1280\n\n[V4+ Styles]\nFormat: Name, Fontname, Fontsize\nStyle: Default,Arial,40\n\n"
    "[Events]\nFormat: Layer, Start, End, Style, Name, MarginL, MarginR, MarginV, Effect, Text\n"
)


def ass(*events: str) -> str:
    return ASS_HEAD + "".join(f"{event}\n" for event in events)


def dialogue(text: str, effect: str = "", kind: str = "Dialogue") -> str:
    return f"{kind}: 0,0:00:01.00,0:00:03.00,Default,,0,0,0,{effect},{text}"


def shown(text: str) -> list[tuple[float, float, str]]:
    return [(line.start_seconds, line.end_seconds, line.text) for line in read_lyrics(text).lines]


def words(text: str) -> list[tuple[float, float, str]]:
    return [(word.start_seconds, word.end_seconds, word.text) for word in read_lyrics(text).lines[0].words]


def notes(text: str) -> list[str]:
    return [note.sentence for note in read_lyrics(text).notes]


LRC = {
    "equal stamps are rows of one line": (
        "[00:02.00]First words\n[00:02.00]Premiers mots\n[00:06.00]Next",
        [(2, 6, "First words\nPremiers mots"), (6, 14, "Next")],
    ),
    "a negative offset shows later": (
        "[offset:-3000]\n[00:02.00]Five\n[00:08.00]Next",
        [(5, 11, "Five"), (11, 19, "Next")],
    ),
    "a positive offset shows earlier, wherever it stands": (
        "[00:02.00]One\n[00:08.00]Next\n[offset: +500]",
        [(1.5, 7.5, "One"), (7.5, 15.5, "Next")],
    ),
    "several stamps, with spaces": (
        "[00:05.00] [00:15.00] Twice\n[00:10.00]Between",
        [(5, 10, "Twice"), (10, 15, "Between"), (15, 23, "Twice")],
    ),
    "stamps of every precision": (
        "[00:01]a\n[00:02.5]b\n[00:03.25]c\n[00:04.125]d\n[00:05:50]e\n[01:00:06.00]f\n[120:00.00]g",
        [
            (1, 2.5, "a"),
            (2.5, 3.25, "b"),
            (3.25, 4.125, "c"),
            (4.125, 5.5, "d"),
            (5.5, 13.5, "e"),
            (3606, 3614, "f"),
            (7200, 7208, "g"),
        ],
    ),
    "an empty line ends the one before, even a long one": (
        "[00:01.00]Held\n[00:31.00]\n[00:40.00]On",
        [(1, 31, "Held"), (40, 48, "On")],
    ),
    "lines in any order": ("[00:05.00]b\n[00:01.00]a", [(1, 5, "a"), (5, 13, "b")]),
    "an arrow among the words": ("[00:01.00]A --> B", [(1, 9, "A --> B")]),
    "entities and braces as written": ("[00:01.00]R&amp;B {softly} <3", [(1, 9, "R&amp;B {softly} <3")]),
}
SRT = {
    "no length lasts until the next": (
        "1\n00:00:01,000 --> 00:00:03,000\nSeen\n\n2\n00:00:03,000 --> 00:00:03,000\nNo length\n\n"
        "3\n00:00:03,500 --> 00:00:06,000\nSeen, too\n",
        [(1, 3, "Seen"), (3, 3.5, "No length"), (3.5, 6, "Seen, too")],
    ),
    "more than 99 hours": ("1\n100:00:01,000 --> 100:00:02,000\nLate\n", [(360001, 360002, "Late")]),
    "numbers and blank lines missing": (
        "00:00:01.5 --> 00:00:02,000\none\n00:00:03,000 --> 00:00:04,000\ntwo\n3\n00:00:05,000 --> 00:00:06,000\nthree",
        [(1.5, 2, "one"), (3, 4, "two"), (5, 6, "three")],
    ),
    "numbers that are words": (
        "1\n00:00:01,000 --> 00:00:02,000\n1999\n\n2\n00:00:03,000 --> 00:00:04,000\n99\n",
        [(1, 2, "1999"), (3, 4, "99")],
    ),
    "formatting goes, words stay": (
        '1\n00:00:01,000 --> 00:00:02,000 X1:10\n{\\an8}<i>A</i> <font color="#fff">b</font> {softly} <3 &amp;\n',
        [(1, 2, "A b {softly} <3 &amp;")],
    ),
    "two cues at once are rows in the order of the file": (
        "1\n00:00:01,000 --> 00:00:02,000\nfirst\n\n2\n00:00:01,000 --> 00:00:02,000\nsecond\n",
        [(1, 2, "first\nsecond")],
    ),
}
VTT = {
    "entities are unescaped, braces stay": (
        "WEBVTT\n\n00:01.000 --> 00:03.000\nRock &amp; Roll {softly} &lt;i&gt;\n",
        [(1, 3, "Rock & Roll {softly} <i>")],
    ),
    "header, notes, styles, positions and speakers are no words": (
        "WEBVTT - My song\nKind: captions\n\nNOTE\nnot this\n\nSTYLE\n::cue { color: red }\n\nintro\n"
        "00:01.000 --> 01:00:02.000 align:start position:10%\n<v Ann>Hello <c.loud>you</c>\n\n"
        "00:05.000 --> 00:06.000\n<ruby>漢<rt>kan</rt></ruby>\n",
        [(1, 3602, "Hello you"), (5, 6, "漢")],
    ),
}
ASS = {
    "comments and drawings go": (
        ass(
            dialogue("check this line", kind="Comment"),
            dialogue("{\\pos(320,330)}Sing {the note}now\\Nhere\\hx"),
            dialogue("{\\p1}m 0 0 l 100 0 100 100{\\p0}"),
        ),
        [(1, 3, "Sing now\nhere\xa0x")],
    ),
    "words beside a drawing stay": (ass(dialogue("{\\p1}m 0 0{\\p0}Seen")), [(1, 3, "Seen")]),
    "a line drawn twice, for its shadow, is one line": (
        ass(dialogue("Glow"), dialogue("{\\blur3}Glow")),
        [(1, 3, "Glow")],
    ),
    "the line that effects were made of": (
        ass(
            dialogue("{\\k50}Do {\\k50}re", "karaoke", "Comment"),
            dialogue("Do", "fx"),
            dialogue("re", "fx"),
            dialogue("!retime()", "template syl", "Comment"),
        ),
        [(1, 3, "Do re")],
    ),
    "commas in the words": (ass(dialogue("One, two, three")), [(1, 3, "One, two, three")]),
}
TTML_HEAD = (
    '<tt xmlns="http://www.w3.org/ns/ttml" xmlns:ttp="http://www.w3.org/ns/ttml#parameter" '
    'xmlns:ttm="http://www.w3.org/ns/ttml#metadata" ttp:frameRate="25" ttp:tickRate="10000000">'
)
TTML = {
    "clock, frames, ticks, offsets and durations, nested": (
        f'{TTML_HEAD}<body begin="10s"><div><p begin="00:00:01:05" dur="2s">One<br/>row &amp; more</p>'
        '<p begin="40000000t" end="6000ms">Two</p></div></body></tt>',
        [(11.2, 13.2, "One\nrow & more"), (14, 16, "Two")],
    ),
    "elements in sequence": (
        f'{TTML_HEAD}<body><div timeContainer="seq"><p dur="2s">One</p><p dur="3s">Two</p></div></body></tt>',
        [(0, 2, "One"), (2, 5, "Two")],
    ),
    "times of the song inside timed parts": (
        f'{TTML_HEAD}<body><div begin="20s" end="40s"><p begin="21s" end="23s">One</p>'
        '<p begin="30s" end="33s">Two</p></div></body></tt>',
        [(21, 23, "One"), (30, 33, "Two")],
    ),
}


@pytest.mark.parametrize(
    ("text", "lines"),
    [*LRC.values(), *SRT.values(), *VTT.values(), *ASS.values(), *TTML.values()],
    ids=[*LRC, *SRT, *VTT, *ASS, *TTML],
)
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"], ids=["LF", "CRLF", "CR"])
def test_lines_are_shown_as_players_show_them(text, lines, end):
    assert shown(text.replace("\n", end)) == lines


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "[offset:500]\n[00:01.00]<00:01.00>First <00:01.50>line<00:02.00>\n[00:09.00]Next",
            [(0.5, 1, "First "), (1, 1.5, "line")],
        ),
        ("[00:01.00]First <00:01.50>line\n[00:04.00]Next", [(1, 1.5, "First "), (1.5, 4, "line")]),
        ("[00:01.00]First [00:01.50]line[00:02.00]", [(1, 1.5, "First "), (1.5, 2, "line")]),
        (
            "WEBVTT\n\n00:01.000 --> 00:03.000\nRock <00:02.000><c>&amp; <00:02.500>Roll</c>\n",
            [(1, 2, "Rock "), (2, 2.5, "& "), (2.5, 3, "Roll")],
        ),
        (ass(dialogue("{\\k50}Sing {\\kf30}\\N{\\K20}now")), [(1, 1.5, "Sing\n"), (1.8, 2, "now")]),
        (
            f'{TTML_HEAD}<body><div><p begin="1s" end="5s"><span begin="0s" end="0.5s">Hel</span>'
            '<span begin="0.5s" end="1s">lo</span> <span begin="2s">you</span></p></div></body></tt>',
            [(1, 1.5, "Hel"), (1.5, 2, "lo "), (3, 5, "you")],
        ),
    ],
    ids=["enhanced LRC", "stamps inside", "square stamps inside", "VTT", "ASS", "TTML"],
)
def test_word_times_are_kept(text, expected):
    assert words(text) == expected


def test_repeated_line_has_its_words_at_each_place():
    lines = read_lyrics("[00:01.00][00:11.00]First <00:01.50>line<00:02.00>").lines
    assert [[word.start for word in line.words] for line in lines] == [[1000, 1500], [11000, 11500]]


def test_apple_ttml_has_absolute_times_sections_and_no_translations():
    text = (
        '<tt xmlns="http://www.w3.org/ns/ttml" xmlns:itunes="http://music.apple.com/lyric-ttml-internal" '
        'xmlns:ttm="http://www.w3.org/ns/ttml#metadata"><head><metadata><t>no</t></metadata></head>'
        '<body dur="3:00.0"><div begin="9.731" end="30" itunes:song-part="Chorus"><p begin="9.731" end="12.3">'
        '<span begin="9.731" end="10.1">Hel</span><span begin="10.1" end="10.3">lo</span>'
        '<span ttm:role="x-translation">Salut</span><span ttm:role="x-bg"><span begin="12.0" end="12.3">(ooh)</span>'
        "</span></p></div></body></tt>"
    )
    (line,) = read_lyrics(text).lines
    assert (line.start, line.end, line.text, line.section) == (9731, 12300, "Hello (ooh)", "Chorus")
    assert [word.start for word in line.words] == [9731, 10100, 12000]


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("[00:01.00]a\nplain words\n[offset:soon]", "Line 2: has no time; left out"),
        ("[00:01.00]a\n[offset:soon]", "Line 2: the offset is no number of milliseconds; left out"),
        (SRT["no length lasts until the next"][0], "Line 6: has no length; shown until the next line"),
        (
            "1\n00:00:03,000 --> 00:00:01,000\na\n\n2\n00:0x:04,000 --> 00:00:06,000\nb\n",
            "Line 2: ends before it starts; shown until the next line",
        ),
        (
            "1\n00:00:03,000 --> 00:00:05,000\na\n\n2\n00:0x:04,000 --> 00:00:06,000\nb\n",
            "Line 6: the time can't be read; left out",
        ),
        (
            ass(dialogue("x", kind="Comment"), dialogue("y"), dialogue("z", kind="Comment")),
            "Lines 10, 12: a comment; left out",
        ),
        (ass("Dialogue: soon", dialogue("y")), "Line 10: has no times that can be read; left out"),
        (ass(dialogue("{\\pos(1,2)}y")), "Line 10: a position; left out, since it was made for another picture"),
    ],
)
def test_what_is_left_out_is_said_with_its_line(text, sentence):
    assert sentence in notes(text)


@pytest.mark.parametrize(
    ("text", "words", "code"),
    [
        ("", "no readable times", "no_timed_lines"),
        ("la la la", "Upload them as LRC, SRT, VTT, ASS or TTML", "no_timed_lines"),
        ("[ti:Only a title]\n", "no readable times", "no_timed_lines"),
        ("[00:01.00]\n[00:02.00] \n", "no line with words", "no_timed_lines"),
        ("1\nnow --> then\nWords\n", "Line 2: the time can't be read", "invalid_input"),
        (
            "<tt xmlns='http://www.w3.org/ns/ttml'><body>\n<p begin='1s'>a</body></tt>",
            "Line 2 of this TTML",
            "lyrics_unreadable",
        ),
        (
            '<!DOCTYPE tt [<!ENTITY a "b">]><tt><body><p begin="1s">&a;</p></body></tt>',
            "without a DOCTYPE",
            "invalid_input",
        ),
        ("<SAMI><BODY></BODY></SAMI>", "SAMI", "unknown_format"),
        ("[00:01.00]" + "la " * 400, "Line 1 has", "lyrics_too_long"),
        ("x" * 30_000, "Line 1 is too long", "lyrics_too_long"),
        ("[00:01.00]a\0b", "isn't a text file", "not_text"),
    ],
)
def test_lyrics_that_cannot_be_read_are_refused_with_the_line(text, words, code):
    with pytest.raises(InputError) as refused:
        read_lyrics(text)
    assert words in refused.value.message
    assert refused.value.code == code


def test_ten_thousand_lines_are_read_quickly_and_more_are_refused():
    cues = [
        f"{n}\n00:{n // 60 % 60:02d}:{n % 60:02d},{n // 3600:03d} --> 02:00:00,000\nline {n}\n" for n in range(10_001)
    ]
    started = time.process_time()
    assert len(read_lyrics("\n".join(cues[:-1])).lines) == 10_000
    assert time.process_time() - started < 5
    with pytest.raises(InputError) as refused:
        read_lyrics("\n".join(cues))
    assert "more than 10,000 lines" in refused.value.message


@pytest.mark.parametrize("row", ["[" * 19_000, " " * 19_000 + "-->", "<" * 19_000, "[00:01.00]" * 1_900, "{" * 19_000])
def test_a_row_made_to_be_slow_is_read_quickly(row):
    started = time.process_time()
    for head in (
        "[00:01.00]a\n",
        "1\n00:00:01,000 --> 00:00:02,000\na\n",
        "WEBVTT\n\n00:01.000 --> 00:02.000\na\n",
        ass(),
    ):
        try:
            read_lyrics(f"{head}{row}\n{row}\n")
        except InputError as refused:
            assert refused.message
    assert time.process_time() - started < 3


def test_format_is_recognized_by_the_content():
    texts = [*LRC.values(), *SRT.values(), *VTT.values(), *ASS.values(), *TTML.values()]
    formats = [LyricsFormat.LRC] * len(LRC) + [LyricsFormat.SRT] * len(SRT) + [LyricsFormat.VTT] * len(VTT)
    formats += [LyricsFormat.ASS] * len(ASS) + [LyricsFormat.TTML] * len(TTML)
    assert [read_lyrics(text).format for text, _ in texts] == formats


def test_lines_of_the_used_range_are_timed_from_its_start():
    lines = read_lyrics("[00:01.00]One <00:01.50>two\n[00:06.00]Three\n[00:07.00]").within(1250, 6500).lines
    assert [(line.start, line.end) for line in lines] == [(0, 4750), (4750, 5250)]
    assert [(word.start, word.end) for word in lines[0].words] == [(0, 250), (250, 4750)]


def test_srt_below_zero_starts_with_the_song_or_is_told():
    text = "1\n-00:00:05,000 --> -00:00:03,000\nGone\n\n2\n-00:00:01,000 --> 00:00:02,000\nHeard\n"
    assert shown(text) == [(0, 2, "Heard")]
    assert notes(text) == ["Line 2: ends before the song starts; left out"]
