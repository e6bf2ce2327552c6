"""The providers of this installation, by name."""

from collections.abc import Iterable

from apps.core.errors import InputError
from apps.providers.base import Capability, Provider
from apps.providers.chat.provider import Chat
from apps.providers.comfyui.provider import ComfyUi
from apps.providers.draft.provider import DraftProvider
from apps.providers.replicate.provider import Replicate
from apps.providers.sync_so.provider import SyncSo

# One line per provider; see ADDING_A_PROVIDER.md.
_INSTANCES: Iterable[Provider] = (
    DraftProvider(),
    Chat(),
    Replicate(),
    SyncSo(),
    ComfyUi(),
)
PROVIDERS: dict[str, Provider] = {provider.name: provider for provider in _INSTANCES}


def provider_get(name: str) -> Provider:
    """The provider of that name. Raises InputError that lists the known ones."""
    try:
        return PROVIDERS[name]
    except KeyError as error:
        known = ", ".join(sorted(PROVIDERS))
        message = f"There is no provider {name!r}. Use one of: {known}."
        raise InputError(message, errors={"provider": [message]}) from error


def providers_for(capability: Capability) -> list[Provider]:
    """Every provider that has the capability, configured or not, in the order of the table."""
    return [provider for provider in PROVIDERS.values() if capability in provider.capabilities]
