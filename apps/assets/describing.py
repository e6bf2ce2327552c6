"""The stored description of an asset's file."""

from dataclasses import asdict, replace
from fractions import Fraction
from pathlib import Path
from typing import Any, Literal, cast

from apps.assets.models import Asset
from engines.media.facts import MediaFacts
from engines.media.probe import probe_media

_COLUMNS = (
    *("container", "duration_seconds", "width", "height", "rotation", "frames", "variable_frame_rate"),
    *("video_codec", "pixel_format", "audio_codec", "audio_channels", "sample_rate"),
)


def fact_fields(facts: MediaFacts) -> dict[str, Any]:
    """Return the description as fields of an asset's row; the most used facts have columns of their own."""
    fields = asdict(facts)
    columns = {name: fields[name] for name in _COLUMNS}
    return {**columns, "fps": str(facts.fps) if facts.fps else "", "description": facts.as_json()}


def asset_facts(asset: Asset) -> MediaFacts:
    """Return the description made when the file was received; of an older row, as much as its columns say."""
    try:
        facts = MediaFacts.from_json(asset.description or {})
    except ValueError:
        return _from_columns(asset)
    # A song's analysis may have corrected the length.
    return replace(facts, duration_seconds=asset.duration_seconds)


def asset_described(asset: Asset, path: Path) -> MediaFacts:
    """Return the description, made now from the file at `path` if the row has none of this version. In a worker only.

    Raises InputError or MediaToolError for a file that can't be read."""
    try:
        MediaFacts.from_json(asset.description or {})
    except ValueError:
        fields = fact_fields(probe_media(path))
        if asset.kind == "audio":
            del fields["duration_seconds"]
        for name, value in fields.items():
            setattr(asset, name, value)
        Asset.objects.filter(pk=asset.pk).update(**fields)
    return asset_facts(asset)


def _from_columns(asset: Asset) -> MediaFacts:
    return MediaFacts(
        kind=cast(Literal["audio", "video", "image"], asset.kind),
        size_bytes=asset.size_bytes,
        fps=Fraction(asset.fps) if asset.fps else None,
        **{name: getattr(asset, name) for name in _COLUMNS},
    )
