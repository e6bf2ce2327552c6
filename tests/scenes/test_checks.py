from dataclasses import replace

import pytest

from apps.media.runner import run
from apps.scenes.checks import Wanted, clip_check
from tests.fakes import media

WANTED = Wanted(seconds=2.0, width=320, height=180)


def clip(path, source, *more):
    arguments = ("-f", "lavfi", "-i", source, *more, "-c:v", "libx264", "-g", "12", "-pix_fmt", "yuv420p", "-y", path)
    run([*map(str, arguments)], time_limit_seconds=60)
    return path


@pytest.mark.parametrize("trusted", [False, True])
def test_a_good_clip_has_no_problems(tmp_path, trusted):
    path = tmp_path / "good.mp4"
    path.write_bytes(media.video(2.0))
    assert clip_check(path, wanted=WANTED, trusted=trusted) == {
        "problems": [],
        "seconds": 2.0,
        "width": 320,
        "height": 180,
    }


@pytest.mark.parametrize(
    ("source", "wanted", "problem"),
    [
        ("color=black:s=320x180:r=24:d=2", WANTED, "black from start to end"),
        ("smptebars=s=320x180:r=24:d=2", WANTED, "Nothing moves"),
        ("testsrc2=s=180x320:r=24:d=2", WANTED, "another shape"),
        ("testsrc2=s=320x180:r=24:d=1", WANTED, "lasts 1.00 seconds, less than the 2.00"),
    ],
)
@pytest.mark.parametrize("trusted", [False, True])
def test_a_bad_clip_says_why(tmp_path, source, wanted, problem, trusted):
    found = clip_check(clip(tmp_path / "bad.mp4", source), wanted=wanted, trusted=trusted)
    assert problem in " ".join(found["problems"])


def test_a_camera_that_holds_still_makes_no_frozen_picture(tmp_path):
    still = clip(tmp_path / "still.mp4", "smptebars=s=320x180:r=24:d=2")
    assert clip_check(still, wanted=replace(WANTED, moving=False), trusted=True)["problems"] == []


@pytest.mark.parametrize("trusted", [False, True])
def test_lips_alone_that_move_are_no_frozen_picture(tmp_path, trusted):
    lips = "smptebars=s=320x180:r=24:d=2,drawbox=x=150:y=100:w=20:h=8:color=black:t=fill:enable='gte(t,1)'"
    assert clip_check(clip(tmp_path / "lips.mp4", lips, "-g", "24"), wanted=WANTED, trusted=trusted)["problems"] == []


def test_the_nearest_shape_that_a_model_offers_is_accepted(tmp_path):
    path = tmp_path / "wide.mp4"
    path.write_bytes(media.video(2.0))
    assert clip_check(path, wanted=Wanted(width=720, height=720), trusted=False)["problems"] == []


def test_a_clip_that_breaks_off_is_found_by_decoding_all_of_it(tmp_path):
    path = clip(tmp_path / "cut.mp4", "testsrc2=s=320x180:r=24:d=2", "-movflags", "+faststart")
    content = path.read_bytes()
    broken = bytearray(content)
    middle = len(content) * 2 // 3
    broken[middle : middle + 4000] = b"\xff" * 4000
    path.write_bytes(bytes(broken))
    assert clip_check(path, wanted=WANTED, trusted=False)["problems"]
