from fractions import Fraction

import numpy as np
import pytest

from apps.core.errors import InputError
from engines.media.drawn import DrawnMouth, drawn_mouths, drawn_note
from engines.media.footage import Footage, footage_render
from engines.media.formats import clip_format
from engines.media.framing import PictureFit
from engines.media.probe import probe_media
from engines.media.runner import run
from engines.media.stills import picture_at

SHAPE = clip_format("16:9", "720p", Fraction(24))


def make(path, *arguments):
    run([*map(str, arguments), "-y", str(path)], time_limit_seconds=60)
    return path


def render(source, output, fit=PictureFit.BARS, start=0, end=None):
    footage = Footage(source, SHAPE, fit, Fraction(start), None if end is None else Fraction(end))
    return footage_render(footage, output, cancelled=lambda: False)


SOURCES = {
    "portrait": ("-f", "lavfi", "-i", "testsrc2=s=180x320:r=30:d=1", "-c:v", "libx264"),
    "odd": ("-f", "lavfi", "-i", "testsrc2=s=321x181:r=25:d=1", "-c:v", "libx264", "-pix_fmt", "yuv444p"),
    "silent-long-gop": ("-f", "lavfi", "-i", "testsrc2=s=320x180:r=24:d=1", "-c:v", "libx264", "-g", "500"),
    "variable-rate": (
        *("-f", "lavfi", "-i", "testsrc2=s=320x180:r=30:d=1", "-vf", "select=not(mod(n\\,3))+lt(n\\,10)"),
        *("-fps_mode", "vfr", "-c:v", "libx264"),
    ),
    "hdr": (
        *("-f", "lavfi", "-i", "testsrc2=s=320x180:r=24:d=1", "-c:v", "libx265", "-pix_fmt", "yuv420p10le"),
        *("-x265-params", "log-level=error:colorprim=bt2020:transfer=smpte2084:colormatrix=bt2020nc"),
        *("-color_primaries", "bt2020", "-color_trc", "smpte2084", "-colorspace", "bt2020nc"),
    ),
}


@pytest.mark.parametrize("name", SOURCES)
def test_any_footage_is_converted_to_project_format(tmp_path, name):
    source = make(tmp_path / "in.mp4", *SOURCES[name])
    facts = probe_media(render(source, tmp_path / "out.mp4"))
    assert (facts.width, facts.height, facts.fps, facts.pixel_format) == (1280, 720, Fraction(24), "yuv420p")
    assert abs(facts.frames - probe_media(source).duration_seconds * 24) <= 1
    assert facts.audio_codec == ""


def test_picture_is_not_stretched(tmp_path):
    source = make(tmp_path / "in.mp4", "-f", "lavfi", "-i", "color=white:s=180x320:r=24:d=0.5", "-c:v", "libx264")
    fitted = picture_at(render(source, tmp_path / "fit.mp4"), 0.2).mean(axis=2)
    assert fitted[:, :400].max() < 30
    assert fitted[:, 640].min() > 220
    bright = np.flatnonzero(fitted[360] > 128)
    assert abs(len(bright) - 405) <= 4  # 720 * 180 / 320
    filled = picture_at(render(source, tmp_path / "fill.mp4", PictureFit.FILL), 0.2).mean(axis=2)
    assert filled.min() > 220


def test_rotation_metadata_is_applied(tmp_path):
    flat = make(tmp_path / "flat.mp4", "-f", "lavfi", "-i", "color=white:s=320x180:r=24:d=0.5", "-c:v", "libx264")
    turned = make(tmp_path / "turned.mp4", "-display_rotation", "90", "-i", flat, "-c", "copy")
    picture = picture_at(render(turned, tmp_path / "out.mp4"), 0.2).mean(axis=2)
    assert picture[:, :400].max() < 30
    assert picture[:, 640].min() > 220


def test_interlaced_footage_is_deinterlaced(tmp_path):
    moving = "testsrc2=s=320x180:r=50:d=0.6,scale=1280:720,scroll=h=0.02,tinterlace=interleave_top"
    source = make(
        tmp_path / "in.mkv", "-f", "lavfi", "-i", moving, "-c:v", "mpeg2video", "-q:v", "2", "-flags", "+ildct+ilme"
    )
    assert combs(picture_at(render(source, tmp_path / "out.mp4"), 0.2)) < 1 < combs(picture_at(source, 0.2))


def combs(picture):
    """Return how much more a line differs from its neighbor than from the one after."""
    luma = picture.mean(axis=2)
    return np.abs(luma[1:-1] - luma[:-2]).mean() / max(1e-6, np.abs(luma[2:] - luma[:-2]).mean())


def test_range_starts_on_exact_frame_and_keeps_sound(tmp_path):
    source = make(
        tmp_path / "in.mp4",
        *("-f", "lavfi", "-i", "testsrc2=s=1280x720:r=24:d=2", "-f", "lavfi", "-i", "sine=d=2"),
        *("-c:v", "libx264", "-crf", "5", "-preset", "ultrafast", "-c:a", "aac"),
    )
    output = render(source, tmp_path / "out.mp4", start="0.5", end="1.25")
    facts = probe_media(output)
    assert (facts.frames, facts.audio_codec) == (18, "aac")
    wanted, made = picture_at(source, 0.5).astype(float), picture_at(output, 0).astype(float)
    neighbor = picture_at(source, 0.5 + 1 / 24).astype(float)
    # The source has no color tags, so both differ from the output by the same amount; the motion decides.
    assert np.abs(made - wanted).mean() < np.abs(made - neighbor).mean()
    luma = lambda picture: picture.mean(axis=2)  # noqa: E731
    assert np.median(np.abs(luma(made) - luma(wanted))) <= np.median(np.abs(luma(made) - luma(neighbor)))


def test_start_inside_first_frame_shows_that_frame(tmp_path):
    """Faster than the project's 24 frames a second, so that an offset of half a frame skips one."""
    source = make(tmp_path / "in.mp4", "-f", "lavfi", "-i", "testsrc2=s=320x180:r=30:d=1", "-c:v", "libx264")
    whole = picture_at(render(source, tmp_path / "whole.mp4"), 0).astype(float)
    shown = picture_at(render(source, tmp_path / "out.mp4", start="0.01"), 0).astype(float)
    assert np.abs(shown - whole).mean() < 1


def test_trimmed_clip_keeps_note_of_drawn_mouth(tmp_path):
    mouth = DrawnMouth(0, 48, at=0, every=47, last=47, marks=((100, 50, 200), (147, 50, 200))).opened(np.full(48, 0.25))
    source = make(
        tmp_path / "in.mp4",
        *("-f", "lavfi", "-i", "testsrc2=s=1280x720:r=24:d=2", "-c:v", "libx264", "-preset", "ultrafast"),
        *("-metadata", f"comment={drawn_note(48, [mouth])}"),
    )
    [kept] = drawn_mouths(render(source, tmp_path / "out.mp4", start="0.5", end="1.25"), 18)
    assert (kept.first, kept.end) == (0, 18)
    assert kept.places(np.array([0, 17])).tolist() == [[112, 50, 200, 0.25], [129, 50, 200, 0.25]]


def test_range_outside_video_is_rejected(tmp_path):
    source = make(tmp_path / "in.mp4", *SOURCES["odd"])
    with pytest.raises(InputError, match="inside the video"):
        render(source, tmp_path / "out.mp4", start=5)
