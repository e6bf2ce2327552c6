# ruff: noqa: RUF001 -- the letters of real lyrics
"""Which fonts draw which words. Pictures of the words are compared with the box that stands for a missing character."""

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFont

from engines.errors import InputError
from engines.lyrics.burned import families_used
from engines.lyrics.caption_look import CaptionLook
from engines.lyrics.fontfiles import font_files
from engines.lyrics.fonts import han_region, missing_characters
from engines.lyrics.reading import read_lyrics
from engines.lyrics.styling import lyrics_check_glyphs, styled

SCRIPTS = {
    "simplified Chinese": "还记得你说家是唯一的城堡",
    "traditional Chinese": "還記得你說家是唯一的城堡",
    "Japanese": "夜空のムコウには明日が",
    "Korean": "사랑해 너를 영원히",
    "Hindi": "क्षत्रिय प्रेम",
    "Bengali": "বাংলা গান",
    "Tamil": "தமிழ் பாடல்",
    "Thai": "คิดถึงเธอ น้ำ",
    "Arabic": "حبيبي يا نور العين",
    "Hebrew": "ירושלים של זהב",
    "Russian": "Спокойной ночи, Київ",
    "Greek": "Καληνύχτα σ’ αγαπώ",
    "Vietnamese": "Nơi này có anh, đêm",
    "Polish": "Zażółć gęślą jaźń",
    "emoji": "😀🎵❤️👨‍👩‍👧",
    "decomposed": "e\u0301te\u0301 \u1112\u1161\u11ab",
}


@pytest.mark.parametrize("text", SCRIPTS.values(), ids=SCRIPTS)
def test_every_character_has_a_glyph(text):
    assert missing_characters(text) == []


def test_characters_without_a_glyph_are_refused_by_name():
    assert missing_characters("a\ue000 𓀀𓀀\u200d\ufe0f b") == ["\ue000", "𓀀"]
    with pytest.raises(InputError) as refused:
        lyrics_check_glyphs(read_lyrics("[00:01.00]fine\n[00:02.00]bird 𓀀"))
    assert (refused.value.code, refused.value.errors) == ("missing_glyphs", {"characters": ["𓀀"]})
    assert "𓀀 (U+13000)" in refused.value.message
    assert "“bird 𓀀”" in refused.value.message


@pytest.mark.parametrize(
    ("text", "region"),
    [("夜曲晚安还", "SC"), ("說愛你", "TC"), ("夜空の", "JP"), ("사랑 愛", "KR"), ("plain", "SC")],
)
def test_han_characters_are_those_of_their_language(text, region):
    assert han_region([text]) == region


@pytest.fixture(scope="module")
def drawn(tmp_path_factory):
    """The fonts made for all scripts at once."""
    lrc = "".join(f"[00:0{place % 9}.00]{text}\n" for place, text in enumerate(SCRIPTS.values()))
    asked = families_used(styled(read_lyrics(lrc).lines, CaptionLook(), 640, 360))
    folder = tmp_path_factory.mktemp("fonts")
    font_files(asked, folder)
    fonts = [ImageFont.truetype(str(file), 40) for file in sorted(folder.iterdir())]
    return {str(font.getname()[0]): (font, dict(asked)[str(font.getname()[0])]) for font in fonts}


def picture(font, text):
    image = Image.new("L", (160, 80))
    ImageDraw.Draw(image).text((40, 5), text, font=font, fill=255)
    return np.asarray(image)


def test_made_fonts_draw_their_characters_and_not_boxes(drawn):
    assert {"mvsite Noto Sans 500", "mvsite Noto Sans CJK JP 500", "mvsite Noto Sans Arabic 500"} <= set(drawn)
    for name, (font, characters) in drawn.items():
        box = picture(font, "\ue123")
        letters = [letter for letter in characters if letter.isalnum()]
        assert all(picture(font, letter).any() for letter in letters), name
        assert not any(np.array_equal(picture(font, letter), box) for letter in letters), name


def test_chinese_is_no_hairline_and_all_fonts_are_one_size(drawn):
    # The stem of 一 is a third of a percent of the em at the font's default weight.
    heights = {name: font.getmetrics() for name, (font, _) in drawn.items()}
    assert len(set(heights.values())) == 1, heights
    ideograms = next(font for name, (font, _) in drawn.items() if "CJK" in name)
    rows = np.flatnonzero((picture(ideograms, "一") > 128).any(axis=1))
    assert len(rows) >= 3


def test_fonts_change_only_where_they_must():
    text = styled(read_lyrics("[00:01.00]مرحبا بالعالم OK").lines, CaptionLook(), 640, 360)
    assert "{\\fnmvsite Noto Sans Arabic 500}مرحبا بالعالم {\\fnmvsite Noto Sans 500}OK" in text
    assert "\\fn" not in styled(read_lyrics("[00:01.00]Été, l’amour").lines, CaptionLook(), 640, 360)


def test_words_cannot_become_commands():
    text = styled(read_lyrics("[00:01.00]{\\an8}C:\\Night").lines, CaptionLook(), 640, 360)
    assert "\\{\\\u2060an8\\}C:\\\u2060Night" in text
