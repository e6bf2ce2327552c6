"""What the Pro editor offers: providers, with their models, options and sync modes."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from apps.catalog.selectors import CheckedOffer, offers_checked
from apps.flavors.registry import shown_settings
from apps.providers.base import Provider
from apps.providers.capabilities import Capability
from apps.providers.registry import default_provider, order_rules, providers_for
from apps.studio.choosing.wording import price_words


@dataclass(frozen=True)
class ProviderChoice:
    """`rules` names the set of models and modes that apply; providers without their own share another's."""

    provider: Provider
    rules: str
    selected: bool


@dataclass(frozen=True)
class ModelChoice:
    """`words`: the model's price, whether it is the cheapest or the flavor's default, or why it can't be used."""

    name: str
    options: Collection[str]
    rules: str
    words: str
    usable: bool


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
    settings = shown_settings("", Capability.SEGMENTED_LIPSYNC).values
    selected = _selected(providers)
    rules = {type(found).__name__: found for found in map(order_rules, providers)}
    first = order_rules(selected)
    offers = {one.offer.model: one for one in offers_checked(Capability.SEGMENTED_LIPSYNC, settings)}
    words = {mode: text for one in rules.values() for mode, text in one.sync_modes.items()}
    return ProChoices(
        providers=[ProviderChoice(one, type(order_rules(one)).__name__, one is selected) for one in providers],
        models=[
            _model_choice(model, options, name, offers)
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


def _model_choice(model: str, options: Collection[str], rules: str, offers: Mapping[str, CheckedOffer]) -> ModelChoice:
    """`offers`: those of every provider by model; a provider's own default comes first."""
    found = offers.get(model)
    if found is None:
        return ModelChoice(model, options, rules, "", usable=True)
    priced = [one.offer.price.usd for one in offers.values() if one.offer.price is not None and one.usable]
    defaults = {next(one.offer.model for one in offers.values() if one.offer.provider == found.offer.provider)}
    price = found.offer.price
    marks = {
        price_words(None, found.offer): True,
        "cheapest": price is not None and price.usd == min(priced, default=None),
        "flavor's default": model in defaults,
    }
    told = [text for text, shown in marks.items() if text and shown]
    if not found.usable:
        told = ["no longer run" if found.gone else "not working"]
        told += [f"use {found.offer.successor}"] if found.offer.successor else []
    return ModelChoice(model, options, rules, ", ".join(told), usable=found.usable)


def _selected(providers: Sequence[Provider]) -> Provider:
    """Return the default provider if it is configured, else the first configured one."""
    default = default_provider(Capability.SEGMENTED_LIPSYNC)
    return default if default.configured() else next(one for one in providers if one.configured())
