"""The built-in provider: everything on the CPU of the worker, with no key and no cost. `making.py` does the work."""

from decimal import Decimal

from apps.providers.base import Capability, LocalProvider, ProviderRequest, Quote
from apps.providers.draft.sections import DraftClips, DraftImages, DraftLipsync, DraftScenes


class DraftProvider(LocalProvider):
    """Writes scenes, draws storyboard frames, films them, moves lips. Same request, same bytes."""

    name = "draft"
    title = "The draft engine"
    label = "Draft"
    capabilities = frozenset(Capability)
    built_in = True
    sections = {
        Capability.SCENES: DraftScenes,
        Capability.IMAGE: DraftImages,
        Capability.VIDEO: DraftClips,
        Capability.LIPSYNC: DraftLipsync,
    }
    maker = "apps.providers.draft.making.make"

    def configured(self) -> bool:
        return True

    def missing_configuration(self) -> str:
        return ""

    def quote(self, request: ProviderRequest) -> Quote:
        return Quote(amount=Decimal(0), basis="free draft", estimated=False)


PROVIDER = DraftProvider()
