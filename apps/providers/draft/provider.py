"""The built-in provider: everything runs on the worker's CPU, without a key and for free. See `making.py`."""

from decimal import Decimal

from apps.core.errors import InputError
from apps.providers.base import LocalProvider, Quote
from apps.providers.capabilities import Capability
from apps.providers.draft.sections import DraftClips, DraftImages, DraftLipsync, DraftScenes
from apps.providers.request_types import ProviderRequest, VideoRequest
from apps.providers.sections import ModelAbilities


class DraftProvider(LocalProvider):
    """Writes scenes, draws storyboard frames, films them, moves lips. The same request gives the same bytes."""

    name = "draft"
    title = "The draft engine"
    label = "Draft"
    purpose = "All of a film, rendered on this machine's processor, for free: to try out ideas before paying."
    built_in = True
    sections = {
        Capability.SCENES: DraftScenes,
        Capability.IMAGE: DraftImages,
        Capability.VIDEO: DraftClips,
        Capability.LIPSYNC: DraftLipsync,
    }
    capabilities = frozenset({*sections, Capability.SEGMENTED_LIPSYNC})
    own_abilities = {
        Capability.LIPSYNC: ModelAbilities(picks_face=True),
        Capability.VIDEO: ModelAbilities(first_frame=True),
    }
    maker = "apps.providers.draft.making.make"

    def configured(self) -> bool:
        return True

    def missing_configuration(self) -> str:
        return ""

    def quote(self, request: ProviderRequest) -> Quote:
        if isinstance(request, VideoRequest) and request.last_image is not None:
            raise InputError("The draft engine takes no last frame. Choose another provider.", code="input_unsupported")
        return Quote(amount=Decimal(0), basis="free draft", estimated=False)


PROVIDER = DraftProvider()
