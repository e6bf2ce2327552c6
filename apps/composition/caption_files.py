"""A video's words as files beside it, and pictures of how its captions will look."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache

from PIL import Image

from apps.composition.captions import CaptionWords, caption_words, captions_check
from apps.composition.hook import heard, hook_range
from apps.composition.models import Output
from apps.composition.options import Captions, CaptionTrack, OptionChanges
from apps.composition.planning import video_options
from apps.composition.stills.film import FilmFrame, film_frame
from apps.core.errors import InputError
from apps.core.json import JsonObject
from apps.projects.models import Project
from apps.scenes.scene_frames import scene_spans, song_range
from apps.scenes.selectors import scenes_of
from apps.songs.lyrics.files import FORMS
from engines.composing.caption_still import caption_still, font_sample
from engines.lyrics.caption_look import CaptionLook, CaptionStyle
from engines.lyrics.fonts import faces, families_for, family_named
from engines.lyrics.model import Line, LyricsFormat
from engines.lyrics.styling import styled
from engines.media.formats import picture_size

# Pages show the previews small; a short side of this many pixels is sharp enough on dense screens.
_PREVIEW_SIDE = 400
_SAMPLE_CHARACTERS = 32
_PLAIN = (38, 44, 54)
_NO_WORDS = (
    "There are no words with times. Give the song lyrics on its page and time their lines, or upload timed lyrics."
)


@dataclass(frozen=True)
class FontChoice:
    """A family that has the words' letters, with words to show it by."""

    name: str
    sample: str


def caption_file(project: Project, form: str, output: Output | None = None) -> tuple[str, str]:
    """Return (text, content type) of the words as `srt`, `vtt`, `lrc` or `ass`, timed to the video or one of its
    outputs. Raises InputError without words that have times."""
    lines = caption_words(project).within(*_part(project, output))
    if not lines:
        raise InputError(_NO_WORDS, code="no_timed_lines")
    shape = picture_size(*_format(project, output))
    return caption_sidecar(lines, form, video_options(project, output).captions, shape), FORMS[form].content_type


def caption_sidecar(lines: Sequence[Line], form: str, captions: Captions, shape: tuple[int, int]) -> str:
    """Return lines as a file for players and editors. ASS looks like the captions that are burned in."""
    if form != LyricsFormat.ASS:
        return FORMS[form].write(lines)
    chosen = captions.style is not CaptionStyle.NONE
    return styled(lines, captions.look if chosen else CaptionLook(), *shape, portable=True)


def font_choices(project: Project) -> list[FontChoice]:
    """Return the families that cover the project's words, the usual ones first."""
    words = caption_words(project)
    return [FontChoice(face.name, _sample(words, face.has)) for face in families_for(words.text)] if words.lines else []


@lru_cache(maxsize=128)
def font_picture(name: str, sample: str) -> bytes:
    """Return a font's sample as a PNG. Raises InputError for an unknown font."""
    return font_sample(family_named(name), sample, CaptionLook().letters.weight)


def preview_picture(
    project: Project, captions: JsonObject, *, output: Output | None = None, aspect_ratio: str = "", framing: str = ""
) -> bytes:
    """Return a frame of the film with captions as they will be burned in, as a JPEG: in the shape and framing of an
    output, or of the project's video unless others are given. `captions` are changes of what it has. Without words, or
    where captions are none, it is just the frame. Raises InputError (`missing_glyphs`)."""
    shown = output or project
    changes = OptionChanges.model_validate({"captions": captions} | ({"fit": framing} if framing else {}))
    options = video_options(project, output, changes)
    words = caption_words(project)
    lines = words.within(*_part(project, output))
    line = max(lines, key=lambda one: min(len(one.text), 28), default=None)
    moment = (line.start + (line.end - line.start) * 0.55) / 1000 if line else 0.0
    sides = picture_size(aspect_ratio or shown.aspect_ratio)
    width, height = (2 * round(side * _PREVIEW_SIDE / min(sides) / 2) for side in sides)
    text = ""
    if line and options.captions.style is not CaptionStyle.NONE:
        captions_check(words, options.captions.changed({"track": CaptionTrack.BURNED}))
        text = styled([line], options.captions.look, width, height, language=words.language)
    frame = film_frame(project, moment + _starts_at(project, output)) or FilmFrame(Image.new("RGB", (64, 64), _PLAIN))
    return caption_still(frame.framed((width, height), options), text, moment)


def _part(project: Project, output: Output | None) -> tuple[Fraction, Fraction]:
    """Return the seconds of the song's file that a video shows."""
    spans = scene_spans(project, list(scenes_of(project)))
    used = song_range(project)
    if not spans or used is None:
        return (Fraction(str(used[0])), Fraction(str(used[1]))) if used else (Fraction(0), Fraction(0))
    frames = spans[-1].end_frame
    is_hook = output is not None and output.hook_seconds is not None
    return heard(project, *(hook_range(project, output, frames) if output and is_hook else (0, frames)))


def _starts_at(project: Project, output: Output | None) -> float:
    """Return where an output starts in the film."""
    if output is None or output.hook_seconds is None:
        return 0.0
    frames = scene_spans(project, list(scenes_of(project)))[-1].end_frame
    return float(hook_range(project, output, frames)[0] / Fraction(project.fps))


def _format(project: Project, output: Output | None) -> tuple[str, str]:
    shown = output or project
    return shown.aspect_ratio, shown.resolution


def _sample(words: CaptionWords, has: Callable[[str], bool]) -> str:
    """Return the beginning of the first line that the font draws best."""
    rows = [row for line in words.lines[:200] for row in line.text.split("\n")]
    usual = next(iter(faces().values()))

    def shown(row: str) -> tuple[int, int]:
        """Letters that only fonts of their script have tell more about it."""
        drawn = [character for character in row if has(character)]
        return sum(not usual.has(character) for character in drawn), min(len(drawn), _SAMPLE_CHARACTERS)

    row = max(rows, key=shown)
    return "".join(character for character in row if character.isspace() or has(character))[:_SAMPLE_CHARACTERS]
