"""What is done with a clip's file when it arrives, so that nobody waits for it later."""

from contextlib import ExitStack, suppress
from fractions import Fraction
from pathlib import Path

from apps.projects.models import Project
from apps.work.shots.joining import segment_cache
from engines.composing.cache import Session
from engines.composing.decoding import decode_ahead
from engines.composing.shot_plan import Source
from engines.media.formats import ClipFormat, clip_format
from engines.media.probe import media_facts


def project_format(project: Project) -> ClipFormat:
    """Return the format of the project's film."""
    return clip_format(project.aspect_ratio, project.resolution, Fraction(project.fps))


def clip_decode_ahead(project: Project, path: Path) -> None:
    """Decode a clip that the project's film can copy, which a composition would wait for otherwise."""
    # Notes alone fill no cache. Without them, on a full disk, the composition decodes it.
    with suppress(OSError):
        decode_ahead(
            Source(path, "", media_facts(path)), project_format(project), Session(segment_cache(), ExitStack())
        )
