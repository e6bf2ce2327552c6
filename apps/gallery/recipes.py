"""What a flavor's picture is drawn from: those of its values that the draft sees."""

from collections.abc import Callable, Mapping
from typing import Any

from apps.core.json import JsonObject
from apps.flavors.registry import config_hash, registry
from apps.providers.registry import built_in_provider

# Another version draws every picture anew: raise it when the film below or the painter changes visibly.
VERSION = 2

Values = Callable[[str], Mapping[str, Any]]


def flavor_values(flavor: str, changed: Mapping[str, JsonObject] | None = None) -> Values:
    """Return a reader of the flavor's values by config type, where `changed` has some that aren't saved."""
    resolved = registry.snapshot().resolved
    return lambda config_type: (changed or {}).get(config_type) or resolved[flavor, config_type].values


def recipe_of(values: Values) -> tuple[str, JsonObject]:
    """Return the recipe's hash and the values it is drawn from."""
    name = built_in_provider().name

    def own(config: Mapping[str, Any]) -> JsonObject:
        return {name: config["providers"][name]}

    prompts, parameters = values("scene_prompts"), values("parameters")
    drawn: JsonObject = {
        "version": VERSION,
        "scenes": {
            "providers": own(parameters),
            "scene_prompts": {"grammar": prompts["grammar"], "negative_description": ""},
        },
        "image": {"providers": own(values("image_params"))},
        "video": {"providers": own(values("video_params"))},
    }
    return config_hash(drawn), drawn
