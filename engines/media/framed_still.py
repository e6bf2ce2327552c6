"""One picture in another shape, as `framing.py` shows footage."""

from dataclasses import replace

from PIL import Image, ImageEnhance, ImageFilter, ImageOps

from engines.media.crop_path import Key
from engines.media.framing import PictureFit

_CENTER = Key(0.0, 0.5, 0.5)
# A stretch of two percent is invisible; bars of a few pixels are not.
_SAME_SHAPE = 0.02
# As the blurred background of footage: an eighth of the size, darkened by 0.12 of the range.
_BLUR_SHARE, _BLUR_SIGMA, _DARKER = 8, 6, 0.76

Part = tuple[float, float, float, float]


def framed_still(
    picture: Image.Image,
    size: tuple[int, int],
    fit: PictureFit,
    *,
    view: Key = _CENTER,
    content: Part | None = None,
) -> Image.Image:
    """Return the picture in a size of any shape. `view` is what stays in view when it is cropped; `content` the part of
    the picture that isn't black bars (left, top, width and height as shares), which is all that another shape shows."""
    picture = picture.convert("RGB")
    if content is not None and not _same_shape(picture, size):
        picture, view = _without_bars(picture, content, view)
    if _same_shape(picture, size):
        return picture.resize(size, Image.Resampling.LANCZOS)
    if fit.crops:
        return picture.resize(size, Image.Resampling.LANCZOS, box=_view_box(picture, size, view))
    inside = ImageOps.contain(picture, size, Image.Resampling.LANCZOS)
    shown = Image.new("RGB", size) if fit is PictureFit.BARS else _blurred(picture, size)
    shown.paste(inside, ((size[0] - inside.width) // 2, (size[1] - inside.height) // 2))
    return shown


def _same_shape(picture: Image.Image, size: tuple[int, int]) -> bool:
    return abs(picture.width / picture.height / (size[0] / size[1]) - 1) < _SAME_SHAPE


def _without_bars(picture: Image.Image, content: Part, view: Key) -> tuple[Image.Image, Key]:
    left, top, width, height = content
    right, bottom = left + width, top + height
    box = [round(share * side) for share, side in zip((left, top, right, bottom), picture.size * 2, strict=True)]
    moved = replace(view, x=(view.x - left) / width, y=(view.y - top) / height)
    return picture.crop((box[0], box[1], max(box[2], box[0] + 1), max(box[3], box[1] + 1))), moved


def _view_box(picture: Image.Image, size: tuple[int, int], view: Key) -> Part:
    shape = size[0] / size[1]
    wide = min(picture.width, picture.height * shape) / view.zoom
    high = min(picture.height, picture.width / shape) / view.zoom
    left = min(max(0.0, view.x * picture.width - wide / 2), picture.width - wide)
    top = min(max(0.0, view.y * picture.height - high / 2), picture.height - high)
    return left, top, left + wide, top + high


def _blurred(picture: Image.Image, size: tuple[int, int]) -> Image.Image:
    small = ImageOps.fit(picture, (max(2, size[0] // _BLUR_SHARE), max(2, size[1] // _BLUR_SHARE)))
    dark = ImageEnhance.Brightness(small.filter(ImageFilter.GaussianBlur(_BLUR_SIGMA))).enhance(_DARKER)
    return dark.resize(size, Image.Resampling.BILINEAR)
