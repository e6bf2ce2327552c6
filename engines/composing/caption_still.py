"""Pictures of captions before anything is composed: on a frame of the film, and as a sample of a font."""

from io import BytesIO
from pathlib import Path
from tempfile import TemporaryDirectory

from PIL import Image, ImageDraw, ImageFont

from engines.composing.recipes import captions_drawn
from engines.lyrics.burned import families_used
from engines.lyrics.fontfiles import font_file, font_files
from engines.lyrics.fonts import Face
from engines.media.commands import Command, pixels_file
from engines.media.filters import later
from engines.media.frames import as_seconds
from engines.media.runner import run

_LIMIT_SECONDS = 20.0
_SAMPLE_HEIGHT, _SAMPLE_WIDTH, _SAMPLE_SIZE = 44, 560, 26


def caption_still(picture: Image.Image, ass_text: str, seconds: float) -> bytes:
    """Return a picture of the video with the captions of that moment, as a JPEG. Its sides are even."""
    if not ass_text:
        return _jpeg(picture)
    with TemporaryDirectory(prefix="captions-") as name:
        folder = Path(name)
        words, source, drawn = folder / "words.ass", folder / "backdrop.rgb", folder / "drawn.rgb"
        words.write_text(ass_text, encoding="utf-8")
        font_files(families_used(ass_text), folder)
        source.write_bytes(picture.tobytes())
        pictures = pixels_file(source, width=picture.width, height=picture.height).pictures
        shown = captions_drawn(later(pictures, as_seconds(seconds)), words)
        command = Command([shown], {"frames:v": 1, "c:v": "rawvideo", "pix_fmt": "rgb24", "threads": 1})
        run(command.to_file(drawn, "rawvideo"), time_limit_seconds=_LIMIT_SECONDS)
        return _jpeg(Image.frombytes("RGB", picture.size, drawn.read_bytes()))


def font_sample(face: Face, text: str, weight: int) -> bytes:
    """Return the words in a font, white on nothing, as a PNG. They are cut where they get too long."""
    font = ImageFont.truetype(BytesIO(font_file(face, weight, text)), _SAMPLE_SIZE)
    image = Image.new("RGBA", (_SAMPLE_WIDTH, _SAMPLE_HEIGHT))
    ImageDraw.Draw(image).text((2, 4), text, font=font, fill=(255, 255, 255, 255))
    drawn = image.getbbox() or (0, 0, 2, 2)
    held = BytesIO()
    image.crop((0, 0, drawn[2] + 2, _SAMPLE_HEIGHT)).save(held, format="PNG", optimize=True)
    return held.getvalue()


def _jpeg(picture: Image.Image) -> bytes:
    held = BytesIO()
    picture.convert("RGB").save(held, format="JPEG", quality=82)
    return held.getvalue()
