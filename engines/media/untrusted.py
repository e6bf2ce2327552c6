"""Describing untrusted files: uploads, links, and results from providers."""

from pathlib import Path
from typing import Any

from engines.media.commands import Command, media_file
from engines.media.confined import confined
from engines.media.facts import MediaFacts
from engines.media.probe import probe_media
from engines.media.runner import run

# The slowest legitimate file, an hour of mp3 without an index, takes two seconds.
_LIMIT_SECONDS = 60.0


def probe_untrusted(path: Path) -> MediaFacts:
    """Run `probe_media` in a confined child. Also raises MediaToolError for using too much memory or time, and for a
    video that ffmpeg can't open."""
    facts = MediaFacts.from_json(confined(facts_json, str(path.resolve()), seconds=_LIMIT_SECONDS))
    if facts.kind == "video":
        _check_opens(path, facts)
    return facts


def _check_opens(path: Path, facts: MediaFacts) -> None:
    """Take the first packet with ffmpeg: its release may refuse what the library's release opens."""
    picture = media_file(path.resolve()).track(facts.picture_track)
    run(Command([picture], {"c": "copy", "frames:v": 1}).to_nothing(), time_limit_seconds=_LIMIT_SECONDS)


def facts_json(path: str) -> dict[str, Any]:
    """Return the facts as JSON (runs in the child)."""
    return probe_media(Path(path)).as_json()
