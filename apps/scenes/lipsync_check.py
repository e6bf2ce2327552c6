"""Pre-flight checks of paid lip-syncs: what suggests that they won't work."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from uuid import UUID

from apps.accounts.models import User
from apps.catalog.selectors import model_offers
from apps.providers.capabilities import Capability
from apps.providers.offers import ModelOffer
from apps.providers.sections import ModelState
from apps.scenes.lipsync import scenes_lipsync_works
from apps.scenes.lipsync_inputs import LipsyncSpec
from apps.scenes.models import Scene
from apps.scenes.preflight import (
    CopingModel,
    LipsyncCheck,
    Preflight,
    preflight_await,
    preflight_of,
    preflight_start,
)
from apps.work.work import Work

PaidWork = tuple[Scene, Work]


@dataclass(frozen=True)
class Doubt:
    """A scene whose paid lip-sync is unlikely to work, and why."""

    scene: Scene
    found: LipsyncCheck

    @property
    def coping(self) -> list[CopingModel]:
        """Return the models that cope with all that was found wrong with the face, if it is something they can."""
        needs = [set(self.found.models_for(finding)) for finding in self.found.findings if finding.problem]
        able = set.intersection(*needs) if needs else set()
        return sorted(able, key=lambda model: (model.price is None, model.price or 0))


@dataclass(frozen=True)
class Findings:
    """Of the scenes with a paid lip-sync: the doubtful ones, the unchecked ones, and the total number."""

    doubts: list[Doubt]
    unseen: list[Scene]
    count: int

    @property
    def seen_count(self) -> int:
        return self.count - len(self.unseen)


def scenes_findings(
    *,
    by: User,
    project_id: UUID,
    sequences: Sequence[int],
    spec: LipsyncSpec,
    start: bool,
    wait_seconds: float = 0,
) -> Findings:
    """Return what is known about the scenes with a paid lip-sync. `start` queues checks of what is unknown, and
    `wait_seconds` waits for them. Raises InputError if a lip-sync can't be requested at all."""
    works = scenes_lipsync_works(by=by, project_id=project_id, sequences=sequences, spec=spec)
    paid = [(scene, work) for scene, work in works if work.quote.amount > 0]
    asked = [work for _, work in paid]
    preflight = preflight_start(by=by, works=asked) if start else preflight_of(by=by, works=asked)
    return _findings(paid, preflight_await(preflight, by=by, works=asked, seconds=wait_seconds))


def _findings(paid: Sequence[PaidWork], preflight: Preflight) -> Findings:
    checks = [(scene, work_check(preflight, work)) for scene, work in paid]
    doubts = [Doubt(scene, found) for scene, found in checks if found is not None and not found.usable]
    return Findings(doubts, unseen=[scene for scene, found in checks if found is None], count=len(checks))


def work_check(preflight: Preflight, work: Work) -> LipsyncCheck | None:
    """Return what is known about a lip-sync, with the models that cope with its problems; None while it is unknown."""
    frozen = work.frozen
    able = work.choice.provider.abilities(Capability.LIPSYNC, work.choice.config.values)
    found = preflight.check(frozen, copes_with=able.copes_with)
    if found is None or not any(finding.problem for finding in found.findings):
        return found
    audio = frozen.inputs["audio"]
    seconds = (audio.end_seconds - (audio.start_seconds or 0.0)) if audio.end_seconds is not None else None
    return replace(found, advice=_advice(work.choice.config.flavor, seconds))


def _advice(flavor: str, seconds: float | None) -> dict[str, tuple[CopingModel, ...]]:
    """Return the models that can be used, by the kind of finding that they cope with."""
    offers = [
        offer for offer in model_offers(Capability.LIPSYNC, flavor=flavor) if offer.state is not ModelState.RETIRED
    ]
    kinds = {kind for offer in offers for kind in offer.abilities.copes_with}
    return {
        kind: tuple(_coping(offer, seconds) for offer in offers if kind in offer.abilities.copes_with) for kind in kinds
    }


def _coping(offer: ModelOffer, seconds: float | None) -> CopingModel:
    priced = offer.price is not None and offer.price.unit == "second" and seconds is not None
    price = (offer.price.usd * Decimal(str(seconds))).quantize(Decimal("0.0001")) if priced and offer.price else None
    return CopingModel(offer.provider, offer.model, offer.title, price)
