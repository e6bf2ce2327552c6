"""The providers of this installation, by name: every folder beside this module is one."""

import importlib
import pkgutil
from collections.abc import Iterator

import apps.providers
from apps.core.errors import InputError
from apps.providers.base import Capability, Provider
from apps.providers.orders import OrderRules


def _discovered() -> Iterator[Provider]:
    for folder in pkgutil.iter_modules(apps.providers.__path__):
        if folder.ispkg:
            module = importlib.import_module(f"apps.providers.{folder.name}.provider")
            provider: Provider = module.PROVIDER
            if provider.name != folder.name:
                raise ImportError(
                    f"The provider {provider.name!r} lies in the folder {folder.name!r}. Name both alike."
                )
            yield provider


# The built-in one first, so that lists start with what works without setting anything up.
PROVIDERS: dict[str, Provider] = {
    provider.name: provider for provider in sorted(_discovered(), key=lambda one: (not one.built_in, one.name))
}


def provider_get(name: str) -> Provider:
    """The provider of that name. Raises InputError that lists the known ones."""
    try:
        return PROVIDERS[name]
    except KeyError as error:
        known = ", ".join(sorted(PROVIDERS))
        message = f"There is no provider {name!r}. Use one of: {known}."
        raise InputError(message, errors={"provider": [message]}) from error


def providers_for(capability: Capability) -> list[Provider]:
    """Every provider that has the capability, configured or not, the built-in one first."""
    return [provider for provider in PROVIDERS.values() if capability in provider.capabilities]


def default_provider(capability: Capability) -> Provider:
    """The one that declares itself the default for the capability, configured or not."""
    return next(provider for provider in PROVIDERS.values() if capability in provider.default_for)


def order_rules(provider: Provider) -> OrderRules:
    """The provider's own rules for segmented lip-sync, else those of the default one, so that what was tried for
    free can be sent there as it stands."""
    if isinstance(provider, OrderRules):
        return provider
    capability = Capability.SEGMENTED_LIPSYNC
    return next(one for one in PROVIDERS.values() if isinstance(one, OrderRules) and capability in one.default_for)


def built_in_provider() -> Provider:
    """The one that is part of the studio, for work that no service is asked for."""
    return next(provider for provider in PROVIDERS.values() if provider.built_in)


def is_built_in(name: str) -> bool:
    """Whether that provider is part of the studio. A name that is not known any more is not."""
    provider = PROVIDERS.get(name)
    return provider is not None and provider.built_in


def provider_label(name: str) -> str:
    """What pages call the provider; the name itself where the provider is gone, and "" for none."""
    provider = PROVIDERS.get(name)
    return (provider.label or provider.title) if provider else name
