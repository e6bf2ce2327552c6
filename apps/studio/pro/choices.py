"""What the Pro editor offers: providers, with their models, options and sync modes."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from apps.flavors.registry import capability_settings
from apps.providers.base import Provider
from apps.providers.capabilities import Capability
from apps.providers.registry import default_provider, order_rules, providers_for


@dataclass(frozen=True)
class ProviderChoice:
    """`rules` names the set of models and modes that apply; providers without their own share another's."""

    provider: Provider
    rules: str
    selected: bool


@dataclass(frozen=True)
class ModelChoice:
    name: str
    options: Collection[str]
    rules: str


@dataclass(frozen=True)
class ModeChoice:
    """`rules` lists every service that has the mode; `selected`: it is the first one's default."""

    name: str
    words: str
    rules: Sequence[str]
    selected: bool


@dataclass(frozen=True)
class ProChoices:
    providers: Sequence[ProviderChoice]
    models: Sequence[ModelChoice]
    modes: Sequence[ModeChoice]


def pro_choices() -> ProChoices:
    """Return all choices; the page shows those of the chosen provider."""
    providers = providers_for(Capability.SEGMENTED_LIPSYNC)
    settings = capability_settings("", Capability.SEGMENTED_LIPSYNC).values
    selected = _selected(providers)
    rules = {type(found).__name__: found for found in map(order_rules, providers)}
    first = order_rules(selected)
    words = {mode: text for one in rules.values() for mode, text in one.sync_modes.items()}
    return ProChoices(
        providers=[ProviderChoice(one, type(order_rules(one)).__name__, one is selected) for one in providers],
        models=[
            ModelChoice(model, options, name)
            for name, one in rules.items()
            for model, options in one.order_models(settings).items()
        ],
        modes=[
            ModeChoice(
                mode, text, [name for name, one in rules.items() if mode in one.sync_modes],
                selected=mode == first.default_sync_mode,
            )
            for mode, text in words.items()
        ],
    )  # fmt: skip


def _selected(providers: Sequence[Provider]) -> Provider:
    """Return the default provider if it is configured, else the first configured one."""
    default = default_provider(Capability.SEGMENTED_LIPSYNC)
    return default if default.configured() else next(one for one in providers if one.configured())
