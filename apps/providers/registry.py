"""The providers of this installation, by name: every folder next to this module is one."""

import importlib
import pkgutil
from collections.abc import Iterator

import apps.providers
from apps.core.errors import InputError
from apps.providers.base import Provider
from apps.providers.capabilities import Capability
from apps.providers.orders import OrderRules


def _discovered() -> Iterator[Provider]:
    for folder in pkgutil.iter_modules(apps.providers.__path__):
        if folder.ispkg:
            module = importlib.import_module(f"apps.providers.{folder.name}.provider")
            provider: Provider = module.PROVIDER
            if provider.name != folder.name:
                raise ImportError(
                    f"The provider {provider.name!r} is in the folder {folder.name!r}. Give both the same name."
                )
            yield provider


# The built-in one first, so that lists start with what works without any setup.
PROVIDERS: dict[str, Provider] = {
    provider.name: provider for provider in sorted(_discovered(), key=lambda one: (not one.built_in, one.name))
}


def provider_get(name: str) -> Provider:
    """Return the provider of that name. Raises InputError with the known names."""
    try:
        return PROVIDERS[name]
    except KeyError as error:
        known = ", ".join(sorted(PROVIDERS))
        message = f"There is no provider {name!r}. Use one of: {known}."
        raise InputError(message, errors={"provider": [message]}) from error


def providers_for(capability: Capability) -> list[Provider]:
    """Return every provider with the capability, configured or not, the built-in one first."""
    return [provider for provider in PROVIDERS.values() if capability in provider.capabilities]


def default_provider(capability: Capability) -> Provider:
    """Return the provider that declares itself the default for the capability, configured or not."""
    return next(provider for provider in PROVIDERS.values() if capability in provider.default_for)


def order_rules(provider: Provider) -> OrderRules:
    """Return the provider's rules for segmented lip-sync, else those of the default one, so that an order tried out
    for free can be sent there unchanged."""
    if isinstance(provider, OrderRules):
        return provider
    capability = Capability.SEGMENTED_LIPSYNC
    return next(one for one in PROVIDERS.values() if isinstance(one, OrderRules) and capability in one.default_for)


def built_in_provider() -> Provider:
    """Return the provider that is part of the studio, for work without any service."""
    return next(provider for provider in PROVIDERS.values() if provider.built_in)


def is_built_in(name: str) -> bool:
    """Whether that provider is part of the studio. False for a name that is no longer known."""
    provider = PROVIDERS.get(name)
    return provider is not None and provider.built_in


def provider_label(name: str) -> str:
    """Return the provider's name on pages; `name` itself if the provider no longer exists, and "" for none."""
    provider = PROVIDERS.get(name)
    return (provider.label or provider.title) if provider else name
