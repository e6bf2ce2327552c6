"""How captions are laid out and timed: rows that fit, words on their time, nothing over its neighbor."""

import re
from itertools import pairwise

import pysubs2
import pytest

from engines.lyrics.caption_look import CaptionLook, CaptionPreset, CaptionStyle, safe_area
from engines.lyrics.fonts import faces, families_for
from engines.lyrics.languages import language_in_three
from engines.lyrics.reading import read_lyrics
from engines.lyrics.rows import Ruler
from engines.lyrics.styling import styled

SHAPES = {"16:9": (1280, 720), "9:16": (720, 1280), "4:5": (720, 900), "1:1": (720, 720)}
LINES = {
    "English": "This is the longest line that anybody ever sang in one breath without stopping for any air at all",
    "Japanese": "夜空のムコウには明日がもう待っているから僕らはあの頃の未来に立っているのかな",
    "Thai": "คิดถึงเธอทุกทีที่อยู่คนเดียวในคืนที่ฝนพรำและไม่มีใครเลยสักคนที่เข้าใจเรา",
    "Arabic": "حبيبي يا نور العين يا ساكن خيالي عاشق بقالي سنين ولا غيرك في بالي حبيبي يا نور العين",
    "German": "Donaudampfschifffahrtsgesellschaftskapitänsmützenabzeichenverordnung",
}


def captions(text: str, style=CaptionStyle.LINE, shape=(1280, 720), **look):
    lines = read_lyrics(text).lines
    return pysubs2.SSAFile.from_string(styled(lines, CaptionLook(style, **look), *shape))


def plain(event) -> str:
    return re.sub(r"\{[^{}]*\}", "", event.text)


@pytest.mark.parametrize("shape", SHAPES.values(), ids=SHAPES)
@pytest.mark.parametrize("text", LINES.values(), ids=LINES)
@pytest.mark.parametrize("style", [CaptionStyle.LINE, CaptionStyle.KARAOKE, CaptionStyle.BIG_WORD])
def test_rows_fit_the_safe_area_and_no_word_is_lost(text, shape, style):
    made = captions(f"[00:01.00]{text}\n[00:09.00]next\n[00:11.00]", style, shape, preset=CaptionPreset.BOLD)
    events = [event for event in made if event.start < 9000]
    letters = "".join(plain(event).replace("\\N", "") for event in events)
    assert re.sub(r"\s", "", letters) == re.sub(r"\s", "", text)
    area = safe_area(shape[0], shape[1], CaptionLook(preset=CaptionPreset.BOLD).letters)
    ruler = Ruler("JP", next(iter(faces().values())), 1 / 1.3)
    for event in events:
        rows = plain(event).split("\\N")
        assert len(rows) <= (1 if style is CaptionStyle.BIG_WORD else 2)
        size = float(found[1]) if (found := re.search(r"\\fs([\d.]+)", event.text)) else made.styles["Default"].fontsize
        assert all(ruler.share(row) * size <= area.width + 2 for row in rows)
    assert all(event.end <= following.start for event, following in pairwise(made))


def test_a_word_fills_while_it_is_sung_and_arabic_from_its_first_letter_on():
    (event,) = captions("[00:01.00]One <00:02.00>two<00:03.00>\n[00:04.00]", CaptionStyle.KARAOKE)
    assert event.text == "{\\kf100}One {\\kf100}two"
    (event,) = captions("[00:01.00]\u0646\u0648\u0631\n[00:01.60]", CaptionStyle.KARAOKE)
    assert re.sub(r"\\fn[^\\}]+", "", event.text) == "{\\k20}\u0646{\\k20}\u0648{\\k20}\u0631"


@pytest.mark.parametrize(
    ("text", "marked"),
    [
        ("ים (oh) [x] 1", "ים >(>oh>)> >[>x>]> 1"),
        ("ים oh (la)", "ים oh <(<la<)<"),
        ("(oh) ים (ים)", "<(<oh<)< ים >(>ים>)>"),
        ("oh (la) :)", "oh (la) :)"),
    ],
)
def test_brackets_beside_words_read_from_the_right_face_each_other(text, marked):
    (event,) = captions(f"[00:01.00]{text}\n[00:03.00]", CaptionStyle.LINE)
    assert plain(event).replace("\u200e", "<").replace("\u200f", ">") == marked


def test_words_without_times_share_those_of_their_line_by_syllables():
    (event,) = captions("[00:01.00]go umbrella\n[00:03.00]", CaptionStyle.KARAOKE)
    lengths = [int(length) for length in re.findall(r"\\kf(\d+)", event.text)]
    assert sum(lengths) == 200
    assert lengths[1] > 2 * lengths[0]


def test_big_words_come_on_their_time_in_the_middle_and_short_ones_together():
    text = "[00:01.00]I <00:01.20>love <00:02.00>you<00:02.50>\n[00:04.00]again<00:05.00>"
    made = captions(text, CaptionStyle.BIG_WORD)
    assert [(event.start, event.end, plain(event)) for event in made] == [
        (1000, 2000, "I love"), (2000, 2500, "you"), (4000, 5000, "again"),
    ]  # fmt: skip
    assert made.styles["Default"].alignment == pysubs2.Alignment.MIDDLE_CENTER
    assert made.styles["Default"].fontsize < 720 / 3
    made = captions("[00:01.00]夜空のムコウには明日が\n[00:04.00]", CaptionStyle.BIG_WORD)
    assert [plain(event) for event in made] == ["夜空の", "ムコウには", "明日が"]


def test_a_line_that_runs_a_little_into_the_next_is_cut_and_a_second_voice_stays():
    times = ("00:00:01,000 --> 00:00:03,300", "00:00:03,000 --> 00:00:08,000", "00:00:04,000 --> 00:00:05,000")
    text = "\n\n".join(f"{number}\n{time}\nline {number}" for number, time in enumerate(times, 1))
    assert [(event.start, event.end) for event in captions(text)] == [(1000, 3000), (3000, 8000), (4000, 5000)]


def test_rows_that_were_set_by_hand_stay_and_windows_line_ends_draw_nothing():
    rows = [
        "1",
        "00:00:01,000 --> 00:00:03,000",
        "first row",
        "second",
        "",
        "2",
        "00:00:04,000 --> 00:00:05,000",
        "last",
    ]
    text = "".join(f"{row}\r\n" for row in rows)
    assert [event.text for event in captions(text)] == ["first row\\Nsecond", "last"]


@pytest.mark.parametrize("text", ["\u266a \u266a", "\u2026", "\u00a0", "x" * 900, "la " * 300])
@pytest.mark.parametrize("style", [CaptionStyle.LINE, CaptionStyle.KARAOKE, CaptionStyle.BIG_WORD])
def test_odd_lines_do_no_harm(text, style):
    made = captions(f"[00:01.00]{text}\n[00:04.00]words\n[00:05.00]", style, (720, 1280))
    assert plain(made[-1]) == "words"
    assert all(int(size) > 9 for event in made for size in re.findall(r"\\fs(\d+)", event.text))


def test_the_safe_area_follows_the_shape():
    letters = CaptionLook().letters
    low, side = [], []
    for width, height in SHAPES.values():
        area = safe_area(width, height, letters)
        low.append(area.bottom / height)
        side.append(area.side / width)
    assert low == pytest.approx([0.08, 0.22, 0.14, 0.1], abs=0.002)
    assert side == pytest.approx([0.08, 0.11, 0.08, 0.08], abs=0.002)


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("Été à Paris", ["Noto Sans", "Noto Sans Italic", "Noto Sans CJK SC"]),
        ("夜空のムコウ", [f"Noto Sans CJK {place}" for place in ("JP", "KR", "SC", "TC")]),
        ("حبيبي", ["Noto Sans Arabic"]),
        ("ירושלים 🎵", ["Noto Sans Hebrew"]),
    ],
)
def test_the_offered_fonts_have_the_letters_of_the_words(text, names):
    assert [face.name for face in families_for(text)] == names


def test_a_chosen_font_is_used_where_it_has_the_letters():
    made = captions("[00:01.00]Night \u0646\u0648\u0631\n[00:02.00]", font="Noto Sans Italic")
    assert made.styles["Default"].fontname == "mvsite Noto Sans Italic 500"
    assert "{\\fnmvsite Noto Sans Arabic 500}\u0646" in made[0].text
    assert (
        captions("[00:01.00]Night\n[00:02.00]", font="noto sans jp").styles["Default"].fontname.endswith("CJK JP 500")
    )


def test_a_track_names_its_language_in_three_letters():
    assert [language_in_three(code) for code in ("en", "pt-BR", "ja", "", "xx")] == ["eng", "por", "jpn", "und", "und"]
