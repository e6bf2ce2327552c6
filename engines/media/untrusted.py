"""Describing untrusted files: uploads, links, and results from providers."""

from pathlib import Path
from typing import Any

from engines.media.confined import confined
from engines.media.facts import MediaFacts
from engines.media.probe import probe_media

# The slowest legitimate file, an hour of mp3 without an index, takes two seconds.
_LIMIT_SECONDS = 60.0


def probe_untrusted(path: Path) -> MediaFacts:
    """Run `probe_media` in a confined child. Also raises MediaToolError for using too much memory or time."""
    return MediaFacts.from_json(confined(facts_json, str(path.resolve()), seconds=_LIMIT_SECONDS))


def facts_json(path: str) -> dict[str, Any]:
    """Return the facts as JSON (runs in the child)."""
    return probe_media(Path(path)).as_json()
