"""The colors of any video on every path. Patches may be off by four levels of 255."""

from fractions import Fraction

import av
import numpy as np
import pytest
from PIL import Image

from engines.composing.cache import SegmentCache, file_sha256
from engines.composing.compose import compose
from engines.composing.proof import prove
from engines.composing.shot_plan import Shot, ShotPlan, Source
from engines.draft.lipsync.sync import decoded_planes
from engines.media.footage import Footage, footage_render
from engines.media.formats import ClipFormat
from engines.media.framing import PictureFit
from engines.media.probe import probe_media
from engines.media.stills import picture_at, poster, sprite
from tests.cases.color_inputs import HDR, PATCHES, SAME_COLORS, SIZE, made, measured, patches, remarked, worst_error

SHAPE = ClipFormat(*SIZE, Fraction(24))
TOLERANCE = 4


def uploaded(clip, folder):
    return of_film(footage_render(Footage(clip, SHAPE, PictureFit.BARS), folder / "film.mp4", cancelled=lambda: False))


def composed(clip, folder):
    return of_film(compose_clip(clip, folder)[0])


def compose_clip(clip, folder):
    source = Source(clip, file_sha256(clip), probe_media(clip))
    with SegmentCache(folder / "cache", 10**9).session() as session:
        video = compose(
            ShotPlan((Shot(source, 6),), SHAPE),
            folder / "composed.mp4",
            cache=session,
            progress=lambda *_: None,
            cancelled=lambda: False,
        )
        proof = prove(video, session, lambda: False)
    assert proof.passed, proof.checks
    return video.path, video


def of_still(clip, folder):
    return picture_at(clip, 0.1)


def of_poster(clip, folder):
    with Image.open(poster(clip, folder / "poster.jpg")) as image:
        return np.asarray(image.convert("RGB"))


def of_sprite(clip, folder):
    with Image.open(sprite(clip, [0.0], folder / "sprite.jpg")) as image:
        return np.asarray(image.convert("RGB"))


def lip_synced(clip, folder):
    return shown(*next(decoded_planes(clip, SHAPE, 1)))


def of_film(path):
    """Read a finished film as players do, without help from the code under test."""
    facts = probe_media(path)
    marks = (facts.color_range, facts.color_matrix, facts.color_primaries, facts.color_transfer)
    assert (marks, facts.pixel_format) == (("tv", "bt709", "bt709", "bt709"), "yuv420p")
    with av.open(str(path)) as container:
        frame = next(container.decode(video=0))
    luma, first, second = (np.frombuffer(bytes(plane), np.uint8).reshape(-1, plane.line_size) for plane in frame.planes)
    return shown(luma[:, : frame.width], first[:, : frame.width // 2], second[:, : frame.width // 2])


def shown(luma, first, second):
    """Return red, green and blue of limited-range BT.709."""
    first, second = (plane.repeat(2, axis=0).repeat(2, axis=1) for plane in (first, second))
    luma, first, second = (plane[: luma.shape[0], : luma.shape[1]].astype(float) for plane in (luma, first, second))
    luma, first, second = (luma - 16) / 219, (first - 128) / 224, (second - 128) / 224
    red, blue = luma + 1.5748 * second, luma + 1.8556 * first
    return np.stack([red, (luma - 0.2126 * red - 0.0722 * blue) / 0.7152, blue], axis=2) * 255


PATHS = {
    "upload": uploaded,
    "compose": composed,
    "still": of_still,
    "poster": of_poster,
    "sprite": of_sprite,
    "lipsync": lip_synced,
}


@pytest.mark.parametrize("name", SAME_COLORS)
def test_colors_are_right_on_every_path(tmp_path, name):
    clip = made(tmp_path, *SAME_COLORS[name])
    errors = {path: worst_error(read(clip, tmp_path)) for path, read in PATHS.items()}
    assert {path: error for path, error in errors.items() if error > TOLERANCE} == {}


@pytest.mark.parametrize("name", HDR)
def test_hdr_looks_the_same_on_every_path(tmp_path, name):
    clip = made(tmp_path, *HDR[name])
    film = measured(uploaded(clip, tmp_path))
    errors = {path: worst_error(read(clip, tmp_path), film) for path, read in PATHS.items()}
    assert {path: error for path, error in errors.items() if error > TOLERANCE} == {}


@pytest.mark.parametrize("name", ["pq", "hlg"])
def test_hdr_white_is_bright_and_skin_keeps_its_color(tmp_path, name):
    """White of 203 nits, and skin of a fair and a dark person in its light, by BT.2408."""
    white, fair, dark = (255, 255, 255), (224, 172, 138), (110, 70, 50)
    pixels = patches()
    for color, (row, column) in zip((white, fair, dark), ((0, 0), (0, 80), (45, 0)), strict=True):
        pixels[row : row + 45, column : column + 80] = color
    seen = measured(uploaded(made(tmp_path, *HDR[name], pixels=pixels), tmp_path))
    assert (seen[0] >= 215).all()
    assert (seen[0] <= 235).all()
    for was, now in zip((fair, dark), seen[1:3], strict=True):
        assert now.max() < 215
        # As orange as it was, within a twelfth: the share of each channel of the brightest.
        assert np.abs(now / now.max() - np.array(was) / max(was)).max() < 0.085


def test_highlights_roll_off_instead_of_clipping(tmp_path):
    """A ramp from black to 10,000 nits, in PQ's own steps."""
    ramp = np.repeat(np.linspace(64, 255, 160)[None, :, None].round().astype(np.uint8), 90, axis=0).repeat(3, axis=2)
    filters = (
        "scale=in_range=pc:out_color_matrix=bt2020:out_range=tv,format=yuv420p10le,"
        "setparams=colorspace=bt2020nc:color_primaries=bt2020:color_trc=smpte2084"
    )
    light = uploaded(made(tmp_path, "mp4", filters, HDR["pq"][2], pixels=ramp), tmp_path)[45].mean(axis=1)
    thousand_nits = 160 * (0.7518 * 255 - 64) / (255 - 64)
    assert (np.diff(np.convolve(light, np.ones(5) / 5, "valid")) > -0.6).all()
    assert 240 < light[int(thousand_nits)] < 252
    assert light[-6:].mean() > light[int(thousand_nits)] + 2


def test_unknown_marks_are_read_as_none(tmp_path):
    clip = made(tmp_path, *SAME_COLORS["unmarked_sd"])
    odd = remarked(clip, colour_primaries=3, transfer_characteristics=77, matrix_coefficients=99)
    assert {path: worst_error(read(odd, tmp_path)) <= TOLERANCE for path, read in PATHS.items()} == dict.fromkeys(
        PATHS, True
    )


def test_transparent_pictures_are_shown_over_black(tmp_path):
    half = "format=rgba,colorchannelmixer=aa=0.5,format=yuva444p10le"
    clip = made(tmp_path, "mov", half, ("-c:v", "prores_ks", "-profile:v", "4444"))
    wanted = np.array(PATCHES) / 2
    assert {path: worst_error(read(clip, tmp_path), wanted) <= TOLERANCE for path, read in PATHS.items()} == (
        dict.fromkeys(PATHS, True)
    )


def test_grey_pictures_keep_their_light(tmp_path):
    clip = made(tmp_path, "mkv", "format=gray", ("-c:v", "ffv1"))
    assert abs(measured(uploaded(clip, tmp_path))[3] - 230).max() <= TOLERANCE


def test_footage_that_was_converted_is_copied_into_the_film(tmp_path):
    clip = made(tmp_path, *HDR["pq"])
    film = footage_render(Footage(clip, SHAPE, PictureFit.BARS), tmp_path / "film.mp4", cancelled=lambda: False)
    whole, video = compose_clip(film, tmp_path)
    assert video.segments.encoded_frames == 0
    assert worst_error(of_film(whole), measured(of_film(film))) < 0.5
