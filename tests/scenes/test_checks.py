import pytest

from apps.scenes.checks import Wanted, clip_check
from engines.media.runner import run
from tests.fakes import media

WANTED = Wanted(seconds=2.0, width=320, height=180)


def clip(path, source, *more):
    arguments = ("-f", "lavfi", "-i", source, *more, "-c:v", "libx264", "-g", "12", "-pix_fmt", "yuv420p", "-y", path)
    run([*map(str, arguments)], time_limit_seconds=60)
    return path


@pytest.mark.parametrize("trusted", [False, True])
def test_good_clip_has_no_problems(tmp_path, trusted):
    path = tmp_path / "good.mp4"
    path.write_bytes(media.video(2.0))
    assert clip_check(path, wanted=WANTED, trusted=trusted).told() == {
        "problems": [],
        "suspicions": [],
        "seconds": 2.0,
        "width": 320,
        "height": 180,
    }


@pytest.mark.parametrize(
    ("source", "wanted", "problem"),
    [
        ("testsrc2=s=180x320:r=24:d=2", WANTED, "a different shape"),
        ("testsrc2=s=320x180:r=24:d=1", WANTED, "lasts 1.00 seconds, less than the 2.00"),
    ],
)
@pytest.mark.parametrize("trusted", [False, True])
def test_bad_clip_reports_its_problems(tmp_path, source, wanted, problem, trusted):
    found = clip_check(clip(tmp_path / "bad.mp4", source), wanted=wanted, trusted=trusted)
    assert problem in " ".join(found.problems)


SIZE = "s=640x360:r=24:d=2"
STILL = "mandelbrot=s=640x360:r=24,trim=end_frame=1,loop=47:1:0"
BLACK = {
    "digital black": f"color=black:{SIZE}",
    "nearly black": f"color=0x040404:{SIZE}",
    "noise of a sensor": f"nullsrc={SIZE},geq=16+random(1)*8:128:128",
    "grain on film": f"color=black:{SIZE},noise=alls=12:allf=t",
    "bars about black": "color=0x030303:s=640x200:r=24:d=2,pad=640:360:0:80:black",
}
FROZEN = {
    "detail": STILL,
    "dark detail": f"{STILL},lutyuv=y=16+(val-16)*0.15",
    "bars": f"smptebars={SIZE}",
    "noise": f"nullsrc={SIZE},geq=random(1)*255:128:128,trim=end_frame=1,loop=47:1:0",
    "a picture between bars": f"{STILL},crop=640:160,pad=640:360:0:100",
}
ZOOM = "mandelbrot=s=1280x720:r=24,trim=end_frame=1,zoompan=z='1+0.02*on/48':d=48:s=640x360:fps=24"
GOOD = {
    "a moon on black": f"color=black:{SIZE}[a];color=0xd0d0c0:s=12x12:r=24:d=2[b];[a][b]overlay=x=100+10*t:y=60",
    "one star": f"color=black:{SIZE}[a];color=white:s=2x2:r=24:d=2[b];[a][b]overlay=x=100+30*t:y=60",
    "hardly lit": f"color=0x060606:{SIZE}[a];color=0x141414:s=80x80:r=24:d=2[b];[a][b]overlay=x=100+30*t:y=60",
    "deep blue": f"color=0x000028:{SIZE},hue=h=15*t",
    "a dark slit between bars": "testsrc2=s=640x60:r=24:d=2,lutyuv=y=16+(val-16)*0.1,pad=640:360:0:150",
    "bright": f"testsrc2={SIZE},lutyuv=y=min(235\\,val+120)",
    "noise": f"nullsrc={SIZE},geq=random(1)*255:128:128",
    "a slow zoom": ZOOM,
    "a slow zoom at night": f"{ZOOM},lutyuv=y=16+(val-16)*0.1",
    "a light in time with the looks": f"{STILL},eq=brightness='0.1*lt(mod(n,12),3)':eval=frame",
    "shades that turn": f"gradients={SIZE}:speed=0.02:seed=3",
    "lips alone": f"smptebars={SIZE},drawbox=x=300:y=200:w=40:h=16:color=black:t=fill:enable='gte(t,1)'",
    "far lips": f"smptebars={SIZE},drawbox=x=300:y=100:w=5:h=3:color=black:t=fill:enable='gte(t,1)'",
}


def suspicions(path, source, *, crf=23, trusted=False):
    made = clip(path / "clip.mp4", source, "-crf", crf, "-preset", "veryfast")
    return " ".join(clip_check(made, wanted=Wanted(), trusted=trusted).suspicions)


@pytest.mark.parametrize("trusted", [False, True])
@pytest.mark.parametrize("source", BLACK.values(), ids=BLACK)
def test_black_clip_is_detected(tmp_path, source, trusted):
    assert "black" in suspicions(tmp_path, source, trusted=trusted)


@pytest.mark.parametrize("crf", [18, 32])
@pytest.mark.parametrize("source", FROZEN.values(), ids=FROZEN)
def test_frozen_clip_is_detected(tmp_path, source, crf):
    assert "frozen" in suspicions(tmp_path, source, crf=crf)


@pytest.mark.parametrize("source", GOOD.values(), ids=GOOD)
def test_dark_bright_or_slow_clip_is_accepted(tmp_path, source):
    assert suspicions(tmp_path, source) == ""


def test_still_camera_of_own_renderer_is_accepted(tmp_path):
    assert suspicions(tmp_path, f"smptebars={SIZE}", trusted=True) == ""


def test_nearest_shape_offered_by_model_is_accepted(tmp_path):
    path = tmp_path / "wide.mp4"
    path.write_bytes(media.video(2.0))
    assert clip_check(path, wanted=Wanted(width=720, height=720), trusted=False).problems == []


def test_truncated_clip_is_detected_by_full_decoding(tmp_path):
    path = clip(tmp_path / "cut.mp4", "testsrc2=s=320x180:r=24:d=2", "-movflags", "+faststart")
    content = path.read_bytes()
    broken = bytearray(content)
    middle = len(content) * 2 // 3
    broken[middle : middle + 4000] = b"\xff" * 4000
    path.write_bytes(bytes(broken))
    assert clip_check(path, wanted=WANTED, trusted=False).problems
