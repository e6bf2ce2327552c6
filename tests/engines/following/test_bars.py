"""Which part of a video is between black bars."""

from fractions import Fraction

import numpy as np
import pytest

from bench.footage import write_clip
from engines.following.bars import content_part

BAR, HIGH = 44, 360


def bars(picture):
    picture[:BAR] = picture[-BAR:] = 0


def words_in_a_bar(picture):
    bars(picture)
    picture[-24:-18, 10:80] = 230


def dark_ground(picture):
    picture[250:] = 8
    bars(picture)


def dark_ground_and_words(picture):
    dark_ground(picture)
    words_in_a_bar(picture)


def night(picture):
    """No bars: the sky is dark for longer than the ground."""
    picture[:90] = picture[-50:] = 6


def nothing(picture):
    """A plain picture."""


@pytest.mark.parametrize("draw", [bars, words_in_a_bar, dark_ground, dark_ground_and_words])
def test_bars_are_found_whatever_is_in_or_beside_them(tmp_path, draw):
    left, top, width, height = content_of(tmp_path, draw)

    assert (left, width) == (0, 1)
    assert BAR <= top * HIGH <= BAR + 3
    assert HIGH - BAR - 3 <= (top + height) * HIGH <= HIGH - BAR


@pytest.mark.parametrize("draw", [night, nothing])
def test_picture_without_bars_is_content(tmp_path, draw):
    assert content_of(tmp_path, draw) is None


def content_of(folder, draw):
    picture = np.full((HIGH, 640, 3), 110, np.uint8)
    draw(picture)
    return content_part(write_clip(folder / "clip.mp4", [picture] * 6, Fraction(24)), 0.25)
