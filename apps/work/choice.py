"""Chooses the provider: the call's, or else the project's, or else the flavor's."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from pydantic import ValidationError

from apps.core.errors import InputError
from apps.flavors.files import merge, reason_of
from apps.flavors.registry import ResolvedConfig, capability_settings, config_hash
from apps.flavors.schema import CONFIG_TYPES
from apps.providers.base import Capability, Provider
from apps.providers.registry import provider_get, providers_for
from apps.work.strict import NAMED_FIELDS


@dataclass(frozen=True)
class Choice:
    """The chosen provider, and the resolved configuration for its request."""

    provider: Provider
    config: ResolvedConfig


def provider_choose(
    capability: Capability, *, flavor: str, asked: str = "", project_choice: Mapping[str, str] | None = None
) -> Choice:
    """Choose the provider. Raises InputError if it is unknown, lacks the capability or is not configured."""
    config = capability_settings(flavor, capability)
    name = asked or (project_choice or {}).get(capability, "") or str(config.values["provider"])
    able = [provider.name for provider in providers_for(capability)]
    if name not in able:
        raise InputError(
            f"The provider {name!r} can't do this. Choose one of: {', '.join(able)}.",
            code="unknown_provider",
            errors={"provider": [f"one of {', '.join(able)}"]},
        )
    provider = provider_get(name)
    if not provider.configured():
        raise InputError(provider.missing_configuration(), code="not_configured", errors={"provider": ["not set up"]})
    return Choice(provider=provider, config=config)


def choice_overridden(choice: Choice, overrides: Mapping[str, Any]) -> Choice:
    """Override the flavor's values with those of one call. Raises InputError for a value that isn't valid."""
    if not overrides:
        return choice
    config = choice.config
    schema = CONFIG_TYPES[config.config_type]
    own = {key: value for key, value in config.values.items() if key in schema.model_fields}
    try:
        valid = schema.model_validate(merge(own, overrides)).model_dump(mode="json")
    except ValidationError as error:
        found = error.errors(include_url=False, include_input=False, include_context=False)
        problems = [f"{'.'.join(map(str, one['loc']))[:100]}: {reason_of(one)}" for one in found[:NAMED_FIELDS]]
        if len(found) > NAMED_FIELDS:
            problems.append(f"{len(found) - NAMED_FIELDS:,} more values aren't valid.")
        raise InputError(f"The overrides aren't valid: {problems[0]}", errors={"overrides": problems}) from error
    values = {**config.values, **valid}
    return replace(choice, config=replace(config, values=values, hash=config_hash(values)))
