"""Ask providers whether they still run the models that the flavors offer, and remember what they said."""

import datetime
from collections.abc import Iterable
from dataclasses import asdict, dataclass

import structlog
from django.db import transaction
from django.utils import timezone

from apps.catalog.models import CheckResult, ModelCheck
from apps.catalog.uses import OfferedModel, offered_models
from apps.core.errors import ProviderError
from apps.providers.base import RemoteProvider
from apps.providers.offers import ModelReport
from apps.providers.registry import PROVIDERS, provider_get

log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class ProviderCheck:
    """The result for one provider: its models, or why they could not be checked."""

    provider: str
    checks: tuple[ModelCheck, ...] = ()
    skipped: str = ""

    @property
    def works(self) -> bool:
        """Whether every model that was checked can be used."""
        return all(check.result == CheckResult.WORKS for check in self.checks)


def models_check(provider_name: str = "") -> list[ProviderCheck]:
    """Check every remote provider, or one. Stores the results; a provider that can't be asked keeps its old ones.

    Raises InputError for an unknown provider.
    """
    asked = [provider_get(provider_name)] if provider_name else list(PROVIDERS.values())
    today = timezone.localdate()
    return [_provider_check(one, today) for one in asked if isinstance(one, RemoteProvider)]


def _provider_check(provider: RemoteProvider, today: datetime.date) -> ProviderCheck:
    if not provider.configured():
        return ProviderCheck(provider.name, skipped=provider.missing_configuration())
    offered = offered_models(provider, today=today)
    try:
        reports = provider.check_models([one.use for one in offered], today=today)
    except ProviderError as error:
        log.warning("models_check_failed", provider=provider.name, reason=error.message)
        return ProviderCheck(provider.name, skipped=error.message)
    if reports is None:
        return ProviderCheck(provider.name, skipped=f"{provider.title} has no list of its models.")
    return ProviderCheck(provider.name, tuple(_stored(provider.name, offered, reports)))


def _stored(provider: str, offered: list[OfferedModel], reports: Iterable[ModelReport]) -> list[ModelCheck]:
    """Replace the provider's rows by these results. A model described twice keeps the worse result."""
    now = timezone.now()
    rows: dict[tuple[str, str], ModelCheck] = {}
    for one, report in zip(offered, reports, strict=True):
        row = _row(provider, one, report, now)
        known = rows.get((row.capability, row.model))
        if known is None or _SEVERITY.index(row.result) > _SEVERITY.index(known.result):
            rows[row.capability, row.model] = row
        if row.result != CheckResult.WORKS:
            log.warning("model_unusable", provider=provider, model=row.model, result=row.result, findings=row.findings)
    with transaction.atomic():
        ModelCheck.objects.filter(provider=provider).delete()
        return ModelCheck.objects.bulk_create(rows.values())


_SEVERITY: list[str] = [CheckResult.WORKS, CheckResult.BROKEN, CheckResult.GONE]


def _row(provider: str, one: OfferedModel, report: ModelReport, now: datetime.datetime) -> ModelCheck:
    result = CheckResult.GONE if report.gone else CheckResult.WORKS if report.works else CheckResult.BROKEN
    return ModelCheck(
        provider=provider,
        capability=one.use.capability,
        model=one.use.model,
        result=result,
        findings=[asdict(finding) for finding in report.findings],
        successor=report.successor,
        flavors=list(one.flavors),
        checked_at=now,
    )
