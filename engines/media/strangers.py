"""Describing files that came from outside: uploads, links, and what a provider sends."""

from dataclasses import asdict
from fractions import Fraction
from pathlib import Path
from typing import Any

from engines.media.confined import confined
from engines.media.probe import MediaFacts, probe_media

# The slowest of honest ones, an hour of mp3 without an index, is counted in two seconds.
_LIMIT_SECONDS = 60.0


def probe_stranger(path: Path) -> MediaFacts:
    """`probe_media` in a confined child. Raises MediaToolError for what takes too much memory or time, as well."""
    facts = confined(facts_json, str(path.resolve()), seconds=_LIMIT_SECONDS)
    return MediaFacts(**{**facts, "fps": Fraction(facts["fps"]) if facts["fps"] else None})


def facts_json(path: str) -> dict[str, Any]:
    """What the child answers."""
    facts = probe_media(Path(path))
    return {**asdict(facts), "fps": str(facts.fps) if facts.fps else None}
