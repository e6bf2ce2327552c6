"""Reads: which models there are for a piece of work, and whether one may be paid for."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from django.db.models import Max, QuerySet
from django.utils import timezone

from apps.catalog.models import CheckResult, ModelCheck
from apps.core.errors import InputError
from apps.core.json import JsonObject
from apps.flavors.registry import ResolvedConfig, capability_settings
from apps.providers.base import Provider
from apps.providers.capabilities import Capability
from apps.providers.offers import ModelOffer
from apps.providers.registry import provider_get, providers_for
from apps.providers.sections import ModelState


def model_offers(capability: Capability, *, flavor: str = "") -> list[ModelOffer]:
    """Return every model for the capability, of all providers, as the last check found them."""
    settings = capability_settings(flavor, capability).values
    return [one.offer for one in offers_checked(capability, settings)]


# The last checks, by capability, provider and model.
Checks = Mapping[tuple[str, str, str], ModelCheck]


def last_checks() -> Checks:
    """Return all of them, with one query."""
    return {(check.capability, check.provider, check.model): check for check in ModelCheck.objects.all()}


@dataclass(frozen=True)
class CheckedOffer:
    """A model, and why it can't be used by the last check: `gone`, or sentences on what its provider would refuse."""

    offer: ModelOffer
    gone: bool = False
    problems: tuple[str, ...] = ()

    @property
    def usable(self) -> bool:
        return not (self.gone or self.problems)


def offers_checked(
    capability: Capability,
    settings: JsonObject,
    providers: Sequence[Provider] | None = None,
    *,
    checks: Checks | None = None,
) -> list[CheckedOffer]:
    """Return every model in these settings, of all providers or those given. One query without `checks`."""
    known = last_checks() if checks is None else checks
    kind = _checked_as(capability)
    today = timezone.localdate()
    return [
        _offer_checked(offer, known.get((kind, offer.provider, offer.model)))
        for provider in (providers_for(capability) if providers is None else providers)
        for offer in provider.models(capability, settings, today=today)
    ]


def _offer_checked(offer: ModelOffer, check: ModelCheck | None) -> CheckedOffer:
    offer = _checked(offer, check)
    broken = check is not None and check.result == CheckResult.BROKEN
    problems = tuple(str(one["message"]) for one in check.findings) if broken and check else ()
    return CheckedOffer(offer, gone=offer.state is ModelState.RETIRED, problems=problems)


def models_usable(provider: Provider, capability: Capability, config: ResolvedConfig) -> list[str]:
    """Return the provider's models that are neither gone nor known to refuse requests, the one in use first."""
    return [one.offer.model for one in offers_checked(capability, config.values, [provider]) if one.usable]


def model_refuse_retired(provider: Provider, capability: Capability, config: ResolvedConfig) -> None:
    """Raise InputError if the model in use is known to be gone: by the last check, or else by its own dates."""
    model = provider.model_used(capability, config.values)
    check = _checks(capability).filter(provider=provider.name, model=model).first() if model else None
    if check is not None:
        if check.result == CheckResult.GONE:
            raise retired_error(check)
        return
    offer = next(iter(provider.models(capability, config.values, today=timezone.localdate())))
    if offer.state is ModelState.RETIRED:
        raise _retired(provider.title, model, offer.successor)


def model_gone_checks(provider: str, model: str) -> QuerySet[ModelCheck]:
    """Return the checks that found the model gone, if it was."""
    return ModelCheck.objects.filter(provider=provider, model=model, result=CheckResult.GONE)


def retired_error(check: ModelCheck) -> InputError:
    """Return the error for work on a model that is gone, with the model to use instead in its evidence."""
    return _retired(provider_get(check.provider).title, check.model, check.successor)


def _retired(title: str, model: str, successor: str) -> InputError:
    instead = f"Use {successor} instead" if successor else "Choose another model"
    return InputError(
        f"{title} no longer runs {model}. {instead}; nothing was sent or paid.",
        code="model_retired",
        errors={"model": [instead]},
        evidence={"model": model, "successor": successor},
    )


def models_in_trouble() -> QuerySet[ModelCheck]:
    """Return the checked models that can't be used, for the Operator page and banners."""
    return ModelCheck.objects.exclude(result=CheckResult.WORKS)


def models_checked_at() -> datetime | None:
    """Return when a provider was last asked about its models."""
    newest: datetime | None = ModelCheck.objects.aggregate(newest=Max("checked_at"))["newest"]
    return newest


def _checks(capability: Capability) -> QuerySet[ModelCheck]:
    return ModelCheck.objects.filter(capability=_checked_as(capability))


def _checked_as(capability: Capability) -> Capability:
    """Return the capability under which its models are checked: both kinds of lip-sync share theirs."""
    return Capability.LIPSYNC if capability is Capability.SEGMENTED_LIPSYNC else capability


def _checked(offer: ModelOffer, check: ModelCheck | None) -> ModelOffer:
    if check is None:
        return offer
    if check.result == CheckResult.GONE:
        return replace(offer, state=ModelState.RETIRED, successor=check.successor or offer.successor)
    if offer.state is ModelState.UNCHECKED or (offer.state is ModelState.RETIRED and check.result == CheckResult.WORKS):
        state = ModelState.RETIRING if offer.retires else ModelState.CURRENT
        return replace(offer, state=state, checked=check.checked_at.date())
    return replace(offer, checked=check.checked_at.date())
