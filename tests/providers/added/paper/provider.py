"""The smallest complete provider: it creates images and accepts Pro orders. `making.py` does the work."""

from dataclasses import replace
from decimal import Decimal

from django.conf import settings
from pydantic import Field

from apps.core.errors import InputError
from apps.providers.base import LocalProvider, Quote
from apps.providers.capabilities import Capability
from apps.providers.orders import OrderRules, SegmentProblem
from apps.providers.sections import Section


class PaperSection(Section):
    """The sheet's `color`. It has a default, so flavors don't have to set it."""

    color: str = Field(default="#fefefe", pattern=r"^#[0-9a-f]{6}$")


class Paper(OrderRules, LocalProvider):
    """See the module."""

    name = "paper"
    title = "The paper mill"
    label = "Paper"
    capabilities = frozenset({Capability.IMAGE, Capability.SEGMENTED_LIPSYNC})
    sections = {Capability.IMAGE: PaperSection}
    maker = "apps.providers.paper.making.make"
    default_model = "shadow"
    default_sync_mode = "stand"
    sync_modes = {"stand": "stand: hold still", "cut_off": "cut_off: end with the shorter"}

    def configured(self):
        return not self.missing_configuration()

    def missing_configuration(self):
        # The settings of the checkout that this folder is added to have it.
        return "" if settings.PAPER_SHEETS else "Set PAPER_SHEETS to draw on paper."  # type: ignore[misc]

    def quote(self, request):
        return Quote(Decimal("0.01"), "a sheet", estimated=False)

    def order_models(self, settings):
        return {"shadow": ["sync_mode"]}

    def order_options_check(self, request):
        if request.model != "shadow":
            raise InputError("Paper knows shadow only.", errors={"model": "unknown"})

    def order_problems(self, request, *, places):
        late = [place for place, one in zip(places, request.segments, strict=True) if one.start_seconds > 60]
        return [SegmentProblem(place, "startTime", "A shadow lasts a minute.") for place in late]

    def order_fitted(self, request):
        return replace(request, segments=tuple(sorted(request.segments, key=lambda one: one.start_seconds)))

    def order_payload(self, request, *, address_of):
        return {"puppet": address_of(request.video)}


PROVIDER = Paper()
