"""Which picture, which sound, and when: every kind of file by every way (input × path → figure)."""

from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest

from apps.scenes.checks import Wanted, clip_check
from engines.errors import InputError, MediaToolError
from engines.media.plain_copy import plain_copy
from engines.media.probe import probe_media
from engines.media.stills import picture_at, poster
from engines.media.untrusted import probe_untrusted
from tests.cases import generators as made
from tests.cases.measure import beep_seconds, flash_seconds, picture_colors, picture_times
from tests.cases.paths import WAYS, stitch, upload

pytestmark = pytest.mark.django_db

FRAME = 1 / 30
# A flash and a beep at the same moment, which have to stay there.
TOGETHER: dict[str, tuple[Callable[[Path], Path], float]] = {
    **{f"late picture in {suffix}": (partial(made.late_picture, suffix=suffix), 1.0) for suffix in made.SUFFIXES},
    **{f"late sound in {suffix}": (partial(made.late_sound, suffix=suffix), 1.0) for suffix in made.SUFFIXES},
    "cover art first": (made.cover_first, 1.0),
    "cover art after the picture": (made.cover_last, 1.0),
    "cover art attached": (partial(made.cover_last, suffix="mkv"), 1.0),
    "a smaller second picture first": (made.second_picture, 1.0),
    "a time code first": (made.data_first, 1.0),
    "clock starts at 10 s": (partial(made.shifted, suffix="ts", seconds=10), 1.0),
    "clock wraps around": (made.clock_wraps, 1.0),
    "fragmented": (made.fragmented, 1.0),
    "reordered": (made.frames_reordered, 1.0),
    "nothing before": (lambda folder: made.edits(folder, (0.5, -1), (2.5, 0)), 1.0),
    "half a second left out": (lambda folder: made.edits(folder, (0.5, 0), (2, 1.0)), 0.5),
    "the start twice": (lambda folder: made.edits(folder, (0.5, 0), (2.5, 0)), 1.5),
}


@pytest.mark.parametrize("kind", TOGETHER)
def test_flash_and_beep_stay_together(kind, stored, tmp_path):
    maker, seconds = TOGETHER[kind]
    asset = stored(maker(tmp_path))
    for name, way in WAYS.items():
        found = way(asset, tmp_path)
        assert flash_seconds(found) == pytest.approx(seconds, abs=1.1 * FRAME), name
        assert beep_seconds(found) == pytest.approx(seconds, abs=1.1 * FRAME), name


@pytest.mark.parametrize("suffix", made.SUFFIXES)
def test_trim_counts_from_the_common_zero(suffix, stored, tmp_path):
    found = upload(stored(made.late_picture(tmp_path, suffix)), tmp_path, start="0.7", end="2")
    assert flash_seconds(found) == pytest.approx(0.3, abs=1.1 * FRAME)
    assert beep_seconds(found) == pytest.approx(0.3, abs=1.1 * FRAME)
    assert len(picture_times(found)) == 39


@pytest.mark.parametrize(
    ("maker", "seconds", "frames"),
    [
        (made.copycut, 1.1, 33),
        (made.long_sound, 2.0, 60),
        (made.last_held, 3.0, 90),
        (made.thousand, 2.966, 89),
        (made.one_picture, FRAME, 1),
        (partial(made.sized, size="2x2"), 1.0, 30),
        (partial(made.sized, size="853x479"), 1.0, 30),
        (partial(made.sized, size="16x480"), 1.0, 30),
        (made.turned_wide_pixels, 1.0, 30),
    ],
    ids=lambda value: getattr(value, "__name__", None),
)
def test_every_way_counts_the_same_pictures(maker, seconds, frames, stored, tmp_path):
    source = maker(tmp_path)
    asset = stored(source)
    assert asset.duration_seconds == pytest.approx(seconds, abs=0.002)
    assert clip_check(source, wanted=Wanted(), trusted=False).seconds == asset.duration_seconds
    assert len(picture_times(upload(asset, tmp_path))) == frames
    # Alone, a varying rate is stitched at the nearest usual one, 25.
    assert len(picture_times(stitch(asset, tmp_path))) == (74 if maker is made.thousand else frames)
    assert poster(source, tmp_path / "poster.jpg").stat().st_size


def test_a_providers_copy_shows_the_picture_and_not_another_track(tmp_path):
    source = made.second_picture(tmp_path)
    copy = plain_copy(source, probe_media(source), tmp_path / "copy.mp4", cancelled=lambda: False)
    assert flash_seconds(copy) == pytest.approx(1.0, abs=1.1 * FRAME)
    assert (probe_media(copy).width, probe_media(copy).height) == (160, 90)


def test_picture_starts_late_is_held_from_the_start(stored, tmp_path):
    source = made.late_picture(tmp_path, "mkv")
    assert picture_at(source, 0.0).mean() < 30
    assert picture_at(source, 1.05).mean() > 200
    assert len(picture_times(upload(stored(source), tmp_path))) == 90


def test_what_cannot_be_decoded_at_first_is_held_from_the_first_key_frame(stored, tmp_path):
    found = upload(stored(made.cut_in_a_group(tmp_path)), tmp_path)
    assert beep_seconds(found) == pytest.approx(1.0, abs=FRAME)
    assert min(picture_colors(found)[0]) > 200  # the key frame is the flash


@pytest.mark.parametrize(("short", "moves"), [("hold", False), ("loop", True), ("slow", True)])
def test_picture_shorter_than_its_sound_is_a_short_clip(short, moves, stored, tmp_path):
    asset = stored(made.long_sound(tmp_path))
    colors = picture_colors(stitch(asset, tmp_path, short_clip=short, slot_frames=120))
    assert (len({tuple(round(value) for value in color) for color in colors[-30:]}) > 1) == moves


def test_a_mirrored_picture_is_the_same_for_every_reader(stored, tmp_path):
    source = made.mirrored(tmp_path)
    facts = probe_media(source)
    assert facts.mirrored
    found = upload(stored(source), tmp_path)
    for path in (source, found):
        picture = picture_at(path, 0.5)
        third = picture.shape[1] // 3
        assert picture[:, :third].mean() < 60
        assert picture[:, -third:].mean() > 200


@pytest.mark.parametrize(
    ("maker", "words"),
    [(made.empty, "empty"), (made.time_code_of_itself, "refer to one another"), (made.unknown_codec, "codec isn't")],
)
def test_what_no_way_can_take_is_refused_on_arrival(maker, words, tmp_path):
    with pytest.raises((InputError, MediaToolError), match=words):
        probe_untrusted(maker(tmp_path))
