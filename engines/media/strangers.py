"""Describing untrusted files: uploads, links, and results from providers."""

from dataclasses import asdict
from fractions import Fraction
from pathlib import Path
from typing import Any

from engines.media.confined import confined
from engines.media.probe import MediaFacts, probe_media

# The slowest legitimate file, an hour of mp3 without an index, takes two seconds.
_LIMIT_SECONDS = 60.0


def probe_stranger(path: Path) -> MediaFacts:
    """Run `probe_media` in a confined child. Also raises MediaToolError for using too much memory or time."""
    facts = confined(facts_json, str(path.resolve()), seconds=_LIMIT_SECONDS)
    return MediaFacts(**{**facts, "fps": Fraction(facts["fps"]) if facts["fps"] else None})


def facts_json(path: str) -> dict[str, Any]:
    """Return the facts as JSON (runs in the child)."""
    facts = probe_media(Path(path))
    return {**asdict(facts), "fps": str(facts.fps) if facts.fps else None}
