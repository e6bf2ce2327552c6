"""Chooses provider and model: the call's, or else the scene's, the project's or the flavor's."""

from collections.abc import Mapping, Set
from dataclasses import dataclass, replace
from functools import cache
from typing import Protocol

from pydantic import ValidationError

from apps.catalog.selectors import model_refuse_retired, models_usable
from apps.core.errors import InputError
from apps.core.json import JsonObject
from apps.core.strict import NAMED_FIELDS
from apps.flavors.files import merge, reason_of
from apps.flavors.registry import ResolvedConfig, capability_settings, config_hash
from apps.flavors.schema import CONFIG_TYPES
from apps.providers.base import Provider
from apps.providers.capabilities import Capability
from apps.providers.registry import providers_for

# In place of a clip's model: the flavor's model whose lengths waste least, decided per piece of work (`work_prepare`).
AUTO = "auto"
# What a project chooses providers and models for.
CHOSEN_FOR = (Capability.SCENES, Capability.IMAGE, Capability.VIDEO, Capability.LIPSYNC)


@dataclass(frozen=True)
class Picked:
    """What someone picked for a piece of work: a provider, one of its models, both, or nothing."""

    provider: str = ""
    model: str = ""

    def __bool__(self) -> bool:
        return bool(self.provider or self.model)


@dataclass(frozen=True)
class Choice:
    """The chosen provider, and the resolved configuration for its request.

    With AUTO, `candidates` holds the configuration for each model that can be chosen, and `config` is the first one's.
    """

    provider: Provider
    config: ResolvedConfig
    candidates: tuple[ResolvedConfig, ...] = ()


class Chooser(Protocol):
    """`provider_choose`, or one that remembers: see `chooser`."""

    def __call__(self, capability: Capability, *, flavor: str, picks: tuple[Picked, ...] = ()) -> Choice: ...


def chooser() -> Chooser:
    """Return a `provider_choose` for one call's many pieces of work, which resolves each combination once."""
    return cache(provider_choose)


def picked_for(capability: Capability, *, providers: Mapping[str, str], models: Mapping[str, str]) -> Picked:
    """Return what a project or a scene has stored for the capability."""
    key = Capability.LIPSYNC if capability is Capability.SEGMENTED_LIPSYNC else capability
    return Picked(providers.get(key, ""), models.get(key, ""))


def provider_choose(capability: Capability, *, flavor: str, picks: tuple[Picked, ...] = ()) -> Choice:
    """Choose the provider and the model: those of the first of the `picks` that says anything, else the flavor's.

    A model without a provider chooses the provider that offers it. Raises InputError if the provider is unknown, lacks
    the capability or is not configured, or if the model is unknown or known to be gone.
    """
    config = capability_settings(flavor, capability)
    picked = next((pick for pick in picks if pick), Picked())
    provider = _provider(capability, picked, config)
    if not provider.configured():
        raise InputError(provider.missing_configuration(), code="not_configured", errors={"provider": ["not set up"]})
    if picked.model == AUTO:
        return _automatic(provider, capability, config)
    if picked.model:
        config = _with_model(provider, capability, config, picked.model)
    model_refuse_retired(provider, capability, config)
    return Choice(provider=provider, config=config)


def _with_model(provider: Provider, capability: Capability, config: ResolvedConfig, model: str) -> ResolvedConfig:
    values = provider.with_model(capability, config.values, model)
    return replace(config, values=values, hash=config_hash(values))


def _automatic(provider: Provider, capability: Capability, config: ResolvedConfig) -> Choice:
    """Return all of the provider's models that can be used, the flavor's first."""
    _refuse_automatic(capability)
    usable = models_usable(provider, capability, config)
    if not usable:
        raise InputError(
            f"None of this flavor's models of {provider.title} can be used now. Choose another provider.",
            code="model_retired",
            errors={"model": ["none can be used"]},
        )
    candidates = tuple(_with_model(provider, capability, config, model) for model in usable)
    return Choice(provider=provider, config=candidates[0], candidates=candidates)


def _refuse_automatic(capability: Capability) -> None:
    if capability is not Capability.VIDEO:
        raise InputError(
            f"The model {AUTO!r} is for clips, which have a length. Name a model.",
            code="unknown_model",
            errors={"model": [f"{AUTO!r} is for clips only"]},
        )


def _provider(capability: Capability, picked: Picked, config: ResolvedConfig) -> Provider:
    able = {provider.name: provider for provider in providers_for(capability)}
    name = picked.provider or str(config.values["provider"])
    if picked.model not in {"", AUTO} and not picked.provider:
        return _provider_of_model(capability, picked.model, config, able)
    if name not in able:
        raise InputError(
            f"The provider {name!r} can't do this. Choose one of: {', '.join(able)}.",
            code="unknown_provider",
            errors={"provider": [f"one of {', '.join(able)}"]},
        )
    return able[name]


def _provider_of_model(
    capability: Capability, model: str, config: ResolvedConfig, able: Mapping[str, Provider]
) -> Provider:
    """Return the provider that offers the model, one that is set up if there are several."""
    offering = [one for one in able.values() if one.lists_model(capability, config.values, model)]
    if not offering:
        raise InputError(
            f"No provider has a model {model[:100]!r} for this. GET /api/mv/models lists them.",
            code="unknown_model",
            errors={"model": ["not one of this flavor's models"]},
        )
    return next((one for one in offering if one.configured()), offering[0])


def models_checked(chosen: Mapping[str, str], *, flavor: str) -> dict[str, str]:
    """Return the chosen models by capability, without empty ones. Raises InputError for one that nobody offers."""
    found = {name: model for name, model in chosen.items() if model}
    for name, model in found.items():
        capability = Capability(name)
        if model == AUTO:
            _refuse_automatic(capability)
            continue
        config = capability_settings(flavor, capability)
        _provider_of_model(capability, model, config, {one.name: one for one in providers_for(capability)})
    return found


def providers_checked(chosen: Mapping[str, str]) -> dict[str, str]:
    """Return the chosen providers by capability, without empty ones. Raises InputError for one that can't do it."""
    for name, provider in chosen.items():
        if name not in CHOSEN_FOR:
            raise InputError(
                f"Unknown provider choice {name!r}.", errors={"providers": [f"keys are {', '.join(CHOSEN_FOR)}"]}
            )
        able = [one.name for one in providers_for(Capability(name))]
        if provider and provider not in able:
            raise InputError(
                f"The provider {provider!r} cannot make {name}. Choose one of: {', '.join(able)}.",
                errors={"providers": [f"{name}: one of {', '.join(able)}"]},
            )
    return {name: provider for name, provider in chosen.items() if provider}


def choices_matched(
    providers: Mapping[str, str], models: Mapping[str, str], *, flavor: str, given: Set[str]
) -> tuple[dict[str, str], dict[str, str]]:
    """Return providers and models by capability, without stored ones that don't fit what was just `given`.

    `given` holds `providers`, `chosen_models`, or both. A new model outweighs a stored provider that lacks it, and a
    new provider a stored model. Raises InputError if both are new.
    """
    kept_providers, kept_models = dict(providers), dict(models)
    for name in given and providers.keys() & models.keys():
        try:
            _refuse_foreign(Capability(name), providers[name], models[name], flavor=flavor)
        except InputError:
            if given >= {"providers", "chosen_models"}:
                raise
            del (kept_providers if "chosen_models" in given else kept_models)[name]
    return kept_providers, kept_models


def _refuse_foreign(capability: Capability, provider_name: str, model: str, *, flavor: str) -> None:
    """Raise InputError if the provider doesn't offer the model."""
    config = capability_settings(flavor, capability)
    provider = next(one for one in providers_for(capability) if one.name == provider_name)
    if model != AUTO:
        provider.with_model(capability, config.values, model)
    elif not provider.offered_names(capability, config.values):
        raise InputError(
            f"{provider.title} has no models to choose from. Choose another provider, or leave the model out.",
            code="unknown_model",
            errors={"models": [f"{capability}: {provider_name} has none"]},
        )


def choice_overridden(choice: Choice, overrides: JsonObject) -> Choice:
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
