"""Small JPEGs of pictures that browsers can't show."""

from base64 import b64decode, b64encode
from io import BytesIO
from pathlib import Path

from engines.media.confined import confined
from engines.media.facts import MediaFacts
from engines.media.pictures import upright_srgb

# The width of a large screen; a picture of a phone stays below 1 MB.
_LONGEST_SIDE = 2048
# A picture of 67 megapixels takes five seconds on a slow machine.
_LIMIT_SECONDS = 60.0


def write_preview(path: Path, into: Path) -> MediaFacts:
    """Write the picture to `into` as a JPEG in sRGB, upright, at most 2048 pixels long; transparent parts are white.

    The picture is decoded in a confined child. Raises InputError or MediaToolError if it can't be."""
    text, width, height = confined(preview_text, str(path.resolve()), seconds=_LIMIT_SECONDS)
    size = into.write_bytes(b64decode(text))
    return MediaFacts(kind="image", container="jpeg", size_bytes=size, width=width, height=height, frames=1)


def preview_text(path: str) -> tuple[str, int, int]:
    """Return the JPEG in Base64, its width and height (runs in the child, which can't write files)."""
    image = upright_srgb(Path(path))
    image.thumbnail((_LONGEST_SIDE, _LONGEST_SIDE))
    held = BytesIO()
    image.save(held, format="JPEG", quality=88, optimize=True)
    return b64encode(held.getvalue()).decode(), image.width, image.height
