"""Which models the flavors offer, by provider."""

import datetime
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from apps.flavors.registry import capability_settings, flavor_names
from apps.providers.base import ModelUse, Provider
from apps.providers.capabilities import Capability
from apps.providers.offers import ModelOffer

# Segmented lip-sync uses the models of lip-sync.
CHECKED = tuple(one for one in Capability if one is not Capability.SEGMENTED_LIPSYNC)


@dataclass(frozen=True)
class OfferedModel:
    """A model, and the flavors that list it. The settings are those of the first one."""

    use: ModelUse
    offer: ModelOffer
    flavors: tuple[str, ...]


def offered_models(provider: Provider, *, today: datetime.date) -> list[OfferedModel]:
    """Return every model of the provider in any flavor. Flavors that describe a model differently count as one each."""
    found: dict[tuple[str, str, str], OfferedModel] = {}
    for flavor in flavor_names():
        for offered in _of_flavor(provider, flavor, today):
            key = (offered.use.capability, offered.use.model, _description(provider, offered))
            known = found.get(key)
            found[key] = OfferedModel(offered.use, offered.offer, (*(known.flavors if known else ()), flavor))
    return list(found.values())


def _of_flavor(provider: Provider, flavor: str, today: datetime.date) -> Iterator[OfferedModel]:
    for capability in CHECKED:
        if capability not in provider.capabilities:
            continue
        settings = capability_settings(flavor, capability).values
        for offer in provider.models(capability, settings, today=today):
            chosen = provider.with_model(capability, settings, offer.model)
            yield OfferedModel(ModelUse(capability, offer.model, chosen), offer, (flavor,))


def _description(provider: Provider, offered: OfferedModel) -> str:
    section: Mapping[str, Any] = offered.use.settings["providers"].get(provider.name, {})
    tables = (section.get("models", {}), section.get("former_models", {}))
    return repr([table.get(offered.use.model) for table in tables if isinstance(table, Mapping)])
