"""Pictures as people have them: from phones, cameras and drawing programs, in any colors and any way up."""

from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path

import numpy as np
import pillow_heif
from PIL import Image, ImageCms, ImageOps, UnidentifiedImageError
from PIL.TiffImagePlugin import TiffImageFile

from engines.errors import InputError, MediaToolError
from engines.media.limits import MOST_IMAGE_PIXELS, MOST_JPEG_PIXELS, check_size

FORMATS = ("PNG", "JPEG", "WEBP", "GIF", "BMP", "TIFF", "AVIF", "HEIF")
# What every provider takes (the shortest of their lists). An MPO is a JPEG with more pictures after the first.
_SENT_FORMATS = {"PNG", "JPEG", "MPO", "WEBP"}
_SENT_MODES = {"1", "L", "LA", "P", "RGB", "RGBA"}
# No model looks at more, and some refuse more.
_LONGEST_SENT_SIDE = 4096
_ORIENTATION = 0x0112
_SIDEWAYS = {5, 6, 7, 8}
# The brands of pictures in MP4's boxes (ISO/IEC 23008-12; `crx` is Canon's), which ffmpeg would take for videos.
_HEIC_BRANDS = (b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1")
_PICTURE_BRANDS = {**dict.fromkeys(_HEIC_BRANDS, "a HEIC"), b"avif": "an AVIF", b"avis": "an AVIF", b"crx ": "a raw"}
# The first bytes of pictures that are refused by name.
_OTHER_PICTURES = {
    **dict.fromkeys((b"II*\0", b"MM\0*", b"II+\0", b"MM\0+"), "a TIFF"),
    **dict.fromkeys((b"\0\0\0\x0cJXL ", b"\xff\x0a"), "a JPEG XL"),
    **dict.fromkeys((b"\0\0\0\x0cjP  ", b"\xff\x4f\xff\x51"), "a JPEG 2000"),
    **dict.fromkeys((b"IIRO", b"IIRS", b"IIU\0", b"FUJIFILMCCD-RAW"), "a raw"),
    **{b"8BPS": "a Photoshop", b"gimp xcf": "a GIMP", b"%PDF": "a PDF", b"%!PS": "an EPS"},
    **{b"\0\0\1\0": "an ICO", b"v/1\1": "an OpenEXR"},
}
_DNG_VERSION, _SUBFILE_TYPE = 50706, 254

pillow_heif.register_heif_opener(thumbnails=False)
# `check_size` is the limit: Pillow's own is lower, and a warning.
Image.MAX_IMAGE_PIXELS = None


@contextmanager
def picture_opened(path: Path) -> Iterator[Image.Image]:
    """Open a picture's header; the first picture of a file with several.

    Raises UnidentifiedImageError for anything else, InputError for one that is too large or of a kind that can't be
    read, MediaToolError for a damaged one.
    """
    try:
        with Image.open(path, formats=FORMATS) as image:
            is_jpeg = image.format in ("JPEG", "MPO")
            check_size(image.width, image.height, MOST_JPEG_PIXELS if is_jpeg else MOST_IMAGE_PIXELS)
            _refuse_raw(image)
            yield image
    except UnidentifiedImageError:
        _refuse_by_name(path)
        raise
    except (OSError, SyntaxError, ValueError, EOFError) as error:
        raise MediaToolError(
            "The picture is damaged and can't be opened.", code="damaged_media", evidence={"stderr": str(error)}
        ) from error


def _refuse_by_name(path: Path) -> None:
    with path.open("rb") as file:
        start = file.read(1024)
    if start[4:8] == b"ftyp" and start[8:12] in _PICTURE_BRANDS:
        name = _PICTURE_BRANDS[start[8:12]]
    else:
        name = next((name for mark, name in _OTHER_PICTURES.items() if start.startswith(mark)), "")
    if name or b"<svg" in start:
        raise _unreadable(name or "an SVG")


def _refuse_raw(image: Image.Image) -> None:
    """Refuse a camera's raw file in a TIFF, of which only the small preview would be seen."""
    if isinstance(image, TiffImageFile) and (_DNG_VERSION in image.tag_v2 or image.tag_v2.get(_SUBFILE_TYPE) == 1):
        raise _unreadable("a raw")


def _unreadable(name: str) -> InputError:
    message = f"This is {name} picture of a kind that can't be opened. Export it as JPEG or PNG."
    return InputError(message, code="unreadable_picture")


def shown_size(image: Image.Image) -> tuple[int, int]:
    """Return (width, height) upright."""
    size = image.size
    return (size[1], size[0]) if orientation_of(image) in _SIDEWAYS else size


def orientation_of(image: Image.Image) -> int:
    """Return the Exif orientation, 1 to 8."""
    found = image.getexif().get(_ORIENTATION, 1)
    return found if found in range(1, 9) else 1


def load(image: Image.Image) -> None:
    """Decode the whole picture; a JPEG larger than other pictures may be, at half its size or less."""
    if image.width * image.height > MOST_IMAGE_PIXELS:
        image.draft(None, (image.width // 2, image.height // 2))
    image.load()


def upright_srgb(path: Path) -> Image.Image:
    """Return the picture as RGB in sRGB, the way up that it is shown; transparent parts are white.

    Raises InputError, MediaToolError as `picture_opened` does."""
    try:
        with picture_opened(path) as image:
            load(image)
            return _without_alpha(_in_srgb(ImageOps.exif_transpose(image)))
    except UnidentifiedImageError as error:
        raise InputError("The image can't be read. Use a PNG, JPEG, WebP or HEIC file.", code="not_media") from error


def can_be_sent(path: Path) -> bool:
    """Return whether providers take the file as it is and see it as people do."""
    with picture_opened(path) as image:
        upright = orientation_of(image) == 1 and max(image.size) <= _LONGEST_SENT_SIDE
        one = getattr(image, "n_frames", 1) == 1 or image.format == "MPO"
        known = image.format in _SENT_FORMATS and image.mode in _SENT_MODES
        return upright and one and known and _profile(image) is None


def write_sendable(path: Path, into: Path) -> Path:
    """Write the picture to `into` as a JPEG in sRGB, upright and no larger than models look at."""
    image = upright_srgb(path)
    image.thumbnail((_LONGEST_SENT_SIDE, _LONGEST_SENT_SIDE))
    part = into.with_name(into.name + ".part")
    image.save(part, format="JPEG", quality=95, subsampling=0)
    part.replace(into)
    return into


def _profile(image: Image.Image) -> ImageCms.ImageCmsProfile | None:
    """Return the picture's color profile; None if it has none that can be read, or is in sRGB anyway."""
    told = image.info.get("icc_profile")
    if not told:
        return None
    try:
        profile = ImageCms.ImageCmsProfile(BytesIO(told))
        return None if "srgb" in ImageCms.getProfileDescription(profile).lower() else profile
    except (ImageCms.PyCMSError, OSError):
        return None


def _in_srgb(image: Image.Image) -> Image.Image:
    """Return the picture as RGB or RGBA in sRGB."""
    profile = _profile(image)
    if image.mode.startswith("I") or image.mode == "F":
        # Sixteen bits of gray, which Pillow would clip to eight.
        gray = np.asarray(image).astype(np.float64)
        scale = 255 / 65535 if image.mode != "F" else 255 / max(float(gray.max()), 1e-9)
        return Image.fromarray(np.clip(gray * scale, 0, 255).astype(np.uint8)).convert("RGB")
    if image.has_transparency_data and image.mode != "RGBA":
        image = image.convert("RGBA")
    elif image.mode not in ("RGB", "RGBA", "CMYK", "L"):
        image = image.convert("RGB")
    if profile is not None:
        mode = "RGBA" if image.mode == "RGBA" else "RGB"
        try:
            changed = ImageCms.profileToProfile(image, profile, ImageCms.createProfile("sRGB"), outputMode=mode)
        except ImageCms.PyCMSError:  # made for another kind of picture
            changed = None
        image = changed or image
    return image if image.mode in ("RGB", "RGBA") else image.convert("RGB")


def _without_alpha(image: Image.Image) -> Image.Image:
    if image.mode != "RGBA":
        return image
    white = Image.new("RGB", image.size, "white")
    white.paste(image, mask=image.getchannel("A"))
    return white
