import tempfile
from fractions import Fraction

import av
import numpy as np
import pytest

from engines.composing.shot_plan import Shot, ShotPlan
from engines.lyrics.burned import lines_between
from engines.lyrics.caption_look import CaptionLook, CaptionPreset, CaptionStyle
from engines.lyrics.reading import read_lyrics
from engines.lyrics.styling import styled
from engines.lyrics.writing import as_srt
from engines.media.formats import ClipFormat, clip_format
from engines.media.probe import open_media
from tests.engines.composing.conftest import SHAPE

SRT = "1\n00:00:01,000 --> 00:00:02,000\nFirst line\n\n2\n00:00:06,000 --> 00:00:07,000\nSecond line\n"
LRC = "[ti:Song]\n[00:01.00]First <00:01.50>line\n[00:06.00][00:08.00]Again\n"
ASS = (
    "[Script Info]\nScriptType: v4.00+\n\n[Events]\n"
    "Format: Layer, Start, End, Style, Name, MarginL, MarginR, MarginV, Effect, Text\n"
    "Dialogue: 0,0:00:01.00,0:00:02.00,Default,,0,0,0,,{\\k50}First {\\k50}line\n"
)


def burned(text: str, shape: ClipFormat, **look) -> str:
    return styled(read_lyrics(text).lines, CaptionLook(**look), shape.width, shape.height)


def test_word_times_become_highlights():
    for text in (LRC, ASS):
        assert "{\\kf50}First" in burned(text, clip_format("9:16"), style=CaptionStyle.KARAOKE)
        assert "\\k" not in burned(text, clip_format("9:16"))


def test_only_lines_in_the_range_are_kept():
    text = burned(SRT, SHAPE)
    assert lines_between(text, Fraction(3), Fraction(5)) == ""
    assert "Second" in lines_between(text, Fraction(5), Fraction(8))
    assert "First" not in lines_between(text, Fraction(5), Fraction(8))


def lit(path, frame: int) -> np.ndarray:
    """Return which rows of a frame have pixels brighter than the clips, as shares of the height."""
    with av.open(str(path)) as container:
        for index, picture in enumerate(container.decode(video=0)):
            if index == frame:
                light = picture.to_ndarray()[: picture.height]
                return np.flatnonzero((light > 170).any(axis=1)) / picture.height
    raise AssertionError("no such frame")


@pytest.mark.parametrize("preset", list(CaptionPreset))
def test_lyrics_are_burned_only_into_their_frames_and_stay_in_the_safe_zone(sources, make, tmp_path, preset):
    shape = ClipFormat(640, 360, Fraction(24))
    text = burned(SRT, shape, preset=preset)
    plan = ShotPlan((Shot(sources["a"], 60), Shot(sources["b"], 60)), shape, burned_lyrics=text)
    composed, proof = make(plan)
    assert proof.passed, proof.checks
    rows = lit(composed.path, 36)
    assert len(rows) > 3
    assert 0.5 < rows.min() < rows.max() < 0.96
    assert not len(lit(composed.path, 10))
    assert not len(lit(composed.path, 90))


def test_lyrics_are_burned_in_when_the_scratch_folder_has_an_odd_name(sources, make, tmp_path, monkeypatch):
    folder = tmp_path / "it's [a], b; c: d=e\\f"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    shape = ClipFormat(640, 360, Fraction(24))
    text = burned(SRT, shape)
    composed, proof = make(ShotPlan((Shot(sources["a"], 60),), shape, burned_lyrics=text))
    assert proof.passed, proof.checks
    assert len(lit(composed.path, 36))


def test_scenes_without_lyrics_are_still_copied(sources, make):
    text = burned(SRT, SHAPE)
    shots = (Shot(sources["a"], 60), Shot(sources["b"], 60), Shot(sources["c"], 60))
    composed, _ = make(ShotPlan(shots, SHAPE, burned_lyrics=text))
    assert (composed.segments.encoded_segments, composed.segments.encoded_frames) == (2, 120)


def test_the_soft_track_chapters_and_labels_are_in_the_file(sources, make):
    soft = as_srt(read_lyrics(SRT).lines)
    shots = (Shot(sources["a"], 60, name="Scene 1 · intro"), Shot(sources["b"], 60, name="Scene 2"))
    composed, proof = make(ShotPlan(shots, SHAPE, soft_lyrics=soft, title="Night Drive ★", artist="Me"))
    assert proof.passed, proof.checks
    with open_media(composed.path) as container:
        assert (container.metadata["title"], container.metadata["artist"]) == ("Night Drive ★", "Me")
        marks = [
            (chapter["metadata"]["title"], float(chapter["start"] * chapter["time_base"]))
            for chapter in container.chapters()
        ]
        assert marks == [("Scene 1 · intro", 0.0), ("Scene 2", 2.5)]
        words = container.streams.subtitles[0]
        texts = [bytes(packet)[2:].decode() for packet in container.demux(words) if packet.size > 2]
    assert texts == ["First line"] + ["Second line"] * (len(texts) - 1)


# Two words of each script; a font without them would draw the same boxes for both.
PAIRS = [
    *("夜夜", "曲曲", "さくら", "カナエ", "사랑해", "너와나", "प्रेम", "गीतम"),
    *("คิดถึง", "อยู่ที่", "حبيبي", "العين", "שלום", "עולם"),
]


def test_words_of_every_script_are_drawn_and_not_boxes(sources, make):
    shape = ClipFormat(640, 360, Fraction(24))
    lrc = "".join(f"[00:{place * 0.25:05.2f}]{word}\n" for place, word in enumerate([*PAIRS, ""]))
    shots = (Shot(sources["a"], 60), Shot(sources["a"], 36, start_seconds=Fraction(0)))
    composed, proof = make(ShotPlan(shots, shape, burned_lyrics=burned(lrc, shape, preset=CaptionPreset.BOLD)))
    assert proof.passed, proof.checks
    drawn = [ink(composed.path, 6 * place + 3) for place in range(len(PAIRS))]
    for first, second in zip(drawn[::2], drawn[1::2], strict=True):
        assert min(first.sum(), second.sum()) > 100
        assert (first != second).sum() > 100


def ink(path, frame: int) -> np.ndarray:
    """Return where a frame has letters: brighter than the clips, in its lower half."""
    with av.open(str(path)) as container:
        picture = next(shown for index, shown in enumerate(container.decode(video=0)) if index == frame)
        return picture.to_ndarray()[picture.height // 2 : picture.height] > 170
