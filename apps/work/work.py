"""A piece of generating work between wish and job: the frozen request, who does it, what it will cost."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db import transaction

from apps.accounts.models import User
from apps.assets.models import Asset
from apps.core.errors import BudgetExceeded
from apps.jobs import money
from apps.jobs.kinds import Kind, Queue
from apps.jobs.models import Job
from apps.jobs.services import Idempotency, NewJob, job_create
from apps.providers.base import Quote
from apps.work.choice import Choice
from apps.work.frozen import FrozenRequest
from apps.work.inputs import request_described


@dataclass(frozen=True)
class Work:
    """Nothing is written yet. `extra` joins the job's parameters, for whoever receives the result."""

    kind: Kind
    frozen: FrozenRequest
    choice: Choice
    quote: Quote
    extra: Mapping[str, Any]


@dataclass(frozen=True)
class Spending:
    """What the caller says about money: the project's question threshold, a yes to it, and a limit of its own."""

    confirm_above: Decimal | None = None
    confirmed: bool = False
    max_cost: Decimal | None = None


def work_prepare(
    *, by: User, kind: Kind, frozen: FrozenRequest, choice: Choice, extra: Mapping[str, Any] | None = None
) -> Work:
    """Quote the request. Raises InputError when the provider cannot express it."""
    ids = [source.asset_id for source in frozen.inputs.values() if source.asset_id]
    assets = {asset.pk: asset for asset in Asset.objects.filter(owner=by, pk__in=ids)}
    quote = choice.provider.quote(request_described(frozen, assets))
    return Work(kind=kind, frozen=frozen, choice=choice, quote=quote, extra=dict(extra or {}))


def spending_check(amount: Decimal, spending: Spending) -> None:
    """Raise before anything is written where the amount passes the caller's limit or needs a yes."""
    if spending.max_cost is not None and amount > spending.max_cost:
        raise BudgetExceeded(f"This costs ${amount:.2f}, more than the ${spending.max_cost:.2f} allowed for it.")
    money.cost_confirm(amount=amount, confirm_above=spending.confirm_above, confirmed=spending.confirmed)


def work_start(
    *,
    by: User,
    work: Work,
    project_id: UUID | None = None,
    scene_id: UUID | None = None,
    dedupe_key: str = "",
    idempotency: Idempotency | None = None,
) -> Job:
    """Make the job; call it inside the use case's transaction. A remote provider's work does not take a
    place among the renderers."""
    config, provider = work.choice.config, work.choice.provider
    return job_create(
        by=by,
        new=NewJob(
            kind=work.kind,
            parameters={"frozen": work.frozen.parameters(), **work.extra},
            queue="" if provider.local else Queue.IO,
            provider=provider.name,
            project_id=project_id,
            scene_id=scene_id,
            dedupe_key=dedupe_key,
            flavor=config.flavor,
            config_hash=config.hash,
            quote=work.quote,
        ),
        idempotency=idempotency,
    )


def work_run(*, by: User, work: Work, spending: Spending, idempotency: Idempotency | None = None) -> Job:
    """A stand-alone job, in a transaction of its own."""
    spending_check(work.quote.amount, spending)
    with transaction.atomic():
        return work_start(by=by, work=work, idempotency=idempotency)
