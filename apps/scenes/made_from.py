"""What a scene's picture and clip were made from, and by whom, read from the parameters that they keep."""

from apps.assets.models import Asset
from apps.core.json import JsonObject
from apps.providers.registry import is_built_in
from apps.scenes.models import Clip, Scene


def has_older_words(scene: Scene) -> bool:
    """Return whether the clip was generated for other words than the scene has now. The user's own footage wasn't made
    from words."""
    words = clip_words(scene.current_clip) if scene.current_clip is not None else None
    return words is not None and words.strip() != scene.prompt.strip()


def clip_words(clip: Clip) -> str | None:
    """Return the words that the clip was generated for; None if it wasn't."""
    made = clip_made_from(clip)
    return str(made["request"]["prompt"]) if made else None


def clip_is_draft(clip: Clip) -> bool:
    """Return whether the clip, or what it comes from, was drawn by the studio itself."""
    return is_built_in(str(clip_made_from(clip).get("provider", "")))


def picture_is_draft(image: Asset) -> bool:
    return is_built_in(str(image.metadata.get("provider", "")))


def clip_made_from(clip: Clip) -> JsonObject:
    """Return the parameters of the clip that this one is, or comes from, as it was generated; empty without one."""
    found: Clip | None = clip
    while found is not None:
        if "prompt" in found.parameters.get("request", {}):
            made: JsonObject = found.parameters
            return made
        found = found.parent
    return {}
