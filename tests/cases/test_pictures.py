"""Pictures as people have them, from upload to what is sent to providers."""

import io

import numpy as np
import pillow_heif
import pytest
from PIL import Image, ImageCms

from apps.assets.media_types import media_type
from apps.core.errors import InputError
from engines.media.pictures import can_be_sent, upright_srgb, write_sendable
from engines.media.probe import probe_media
from engines.media.untrusted import probe_untrusted

RED, BLUE = (200, 40, 40), (50, 60, 200)


def picture(width=120, height=80):
    """Red with a blue quarter at the top left, so that each way up differs."""
    image = Image.new("RGB", (width, height), RED)
    image.paste(BLUE, (0, 0, width // 2, height // 4))
    return image


def saved(folder, name, image=None, **options):
    path = folder / name
    (image or picture()).save(path, **options)
    return path


def heic(folder):
    return saved(folder, "phone.heic", quality=95)


def phone_with_two_pictures(folder):
    return saved(folder, "mpo.jpg", format="MPO", save_all=True, append_images=[picture(60, 40)], quality=95)


def printed(folder):
    return saved(folder, "print.jpg", picture().convert("CMYK"), quality=95)


def animated(folder, suffix):
    return saved(folder, f"moving.{suffix}", save_all=True, append_images=[Image.new("RGB", (120, 80))], duration=100)


FILES = {
    "heic": (heic, ("image/heic", ".heic"), False),
    "avif": (lambda folder: saved(folder, "a.avif", quality=95), ("image/avif", ".avif"), False),
    "mpo": (phone_with_two_pictures, ("image/jpeg", ".jpg"), True),
    "cmyk": (printed, ("image/jpeg", ".jpg"), False),
    "tiff": (lambda folder: saved(folder, "scan.tif"), ("image/tiff", ".tif"), False),
    "bmp": (lambda folder: saved(folder, "old.bmp"), ("image/bmp", ".bmp"), False),
    "png": (lambda folder: saved(folder, "drawn.png"), ("image/png", ".png"), True),
    "gif": (lambda folder: animated(folder, "gif"), ("image/gif", ".gif"), False),
    "webp": (lambda folder: animated(folder, "webp"), ("image/webp", ".webp"), False),
    "apng": (lambda folder: animated(folder, "png"), ("image/png", ".png"), False),
}


@pytest.mark.parametrize("name", FILES)
def test_a_picture_is_stored_as_what_it_is_and_sent_as_what_providers_take(tmp_path, name):
    make, stored_as, sent_unchanged = FILES[name]
    path = make(tmp_path)
    facts = probe_untrusted(path)
    assert (facts.kind, facts.width, facts.height) == ("image", 120, 80)
    assert media_type(facts) == stored_as
    assert can_be_sent(path) == sent_unchanged
    sent = write_sendable(path, tmp_path / "sent.jpg")
    assert can_be_sent(sent)
    # Ink has fewer colors than light, and GIF has 256.
    assert colors(sent) == pytest.approx(np.array([BLUE, RED]), abs=8)


def colors(path):
    pixels = np.asarray(Image.open(path).convert("RGB")).astype(float)
    height, width = pixels.shape[:2]
    return np.array([pixels[height // 8, width // 4], pixels[height // 2, width // 2]])


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("suffix", ["jpg", "webp"])
def test_every_orientation_is_shown_upright(tmp_path, orientation, suffix):
    exif = Image.Exif()
    exif[0x0112] = orientation
    path = saved(tmp_path, f"turned.{suffix}", stored_for(orientation), exif=exif, quality=95)
    facts = probe_media(path)
    assert (facts.width, facts.height) == (120, 80)
    assert can_be_sent(path) == (orientation == 1)
    assert colors(write_sendable(path, tmp_path / "sent.jpg")) == pytest.approx(np.array([BLUE, RED]), abs=6)


def stored_for(orientation):
    """Return what a camera stores, so that the orientation shows `picture()`."""
    back = {2: 0, 3: 3, 4: 1, 5: 5, 6: 2, 7: 6, 8: 4}
    return picture() if orientation == 1 else picture().transpose(Image.Transpose(back[orientation]))


def test_wide_colors_become_those_of_srgb(tmp_path):
    """A profile that swaps red and blue shows whether it is used."""
    srgb = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    swapped = srgb.replace(b"rXYZ", b"tmp1").replace(b"bXYZ", b"rXYZ").replace(b"tmp1", b"bXYZ")
    swapped = swapped.replace(b"s\0R\0G\0B", b"o\0d\0d\0!").replace(b"sRGB", b"odd!")
    path = saved(tmp_path, "odd.png", icc_profile=swapped)
    assert not can_be_sent(path)
    sent = write_sendable(path, tmp_path / "sent.jpg")
    assert colors(sent) == pytest.approx(np.array([BLUE[::-1], RED[::-1]]), abs=6)
    assert can_be_sent(saved(tmp_path, "plain.png", icc_profile=srgb))
    assert can_be_sent(saved(tmp_path, "broken.png", icc_profile=b"no profile"))


def test_sixteen_bits_keep_their_light(tmp_path):
    ramp = np.linspace(0, 65535, 120).round().astype(np.uint16)[None, :].repeat(80, axis=0)
    Image.fromarray(ramp).save(tmp_path / "deep.png")
    assert probe_media(tmp_path / "deep.png").kind == "image"
    seen = np.asarray(upright_srgb(tmp_path / "deep.png"))[40, :, 0]
    assert seen[[0, 60, 119]].tolist() == pytest.approx([0, 128, 255], abs=2)


def test_transparent_parts_are_white(tmp_path):
    image = Image.new("RGBA", (40, 40), (*RED, 0))
    path = saved(tmp_path, "cut_out.png", image)
    assert np.asarray(upright_srgb(path)).min() == 255


def test_a_hundred_megapixels_are_opened_and_made_smaller(tmp_path):
    path = saved(tmp_path, "huge.jpg", Image.new("L", (12_000, 9_000), 90), quality=50)
    facts = probe_untrusted(path)
    assert (facts.width, facts.height) == (12_000, 9_000)
    assert not can_be_sent(path)
    with Image.open(write_sendable(path, tmp_path / "sent.jpg")) as sent:
        assert sent.size == (4096, 3072)


@pytest.mark.parametrize(
    ("start", "words"),
    [
        (b"\0\0\0\x18ftypheic\0\0\0\0mif1heic", "HEIC"),
        (b"\0\0\0\x18ftypmsf1\0\0\0\0msf1hevc", "HEIC"),
        (b"\0\0\0\x18ftypavis\0\0\0\0avismsf1", "AVIF"),
        (b"II*\0\x08\0\0\0\0\0", "TIFF"),
        (b"\0\0\0\x18ftypcrx \0\0\0\1crx isom", "raw"),
        (b"8BPS\0\1", "Photoshop"),
        (b"<?xml version='1.0'?><svg xmlns='http://www.w3.org/2000/svg'>", "SVG"),
        (b"\xff\x0a", "JPEG XL"),
        (b"%PDF-1.7", "PDF"),
    ],
)
def test_a_picture_that_cannot_be_opened_is_refused_by_its_name(tmp_path, start, words):
    path = tmp_path / "odd"
    path.write_bytes(start + bytes(200))
    with pytest.raises(InputError, match=f"{words} picture") as refused:
        probe_media(path)
    assert "JPEG or PNG" in refused.value.message


def test_a_raw_photo_is_not_taken_for_its_preview(tmp_path):
    path = saved(tmp_path, "photo.dng", format="TIFF", tiffinfo={50706: b"\1\4\0\0"})
    with pytest.raises(InputError, match="raw picture"):
        probe_media(path)


def test_a_damaged_heic_is_refused_and_never_a_video(tmp_path):
    held = io.BytesIO()
    pillow_heif.from_pillow(picture(400, 300)).save(held, quality=90)
    path = tmp_path / "cut.heic"
    path.write_bytes(held.getvalue()[: len(held.getvalue()) // 2])
    with pytest.raises(Exception, match=r"damaged|HEIC"):
        probe_media(path)
