"""Prepares generation work before it becomes a job: the frozen request, the provider, and the quote."""

from dataclasses import dataclass, replace
from decimal import Decimal
from uuid import UUID

from django.db import transaction

from apps.accounts.models import User
from apps.assets.models import Asset
from apps.core.errors import BudgetExceeded
from apps.jobs import money
from apps.jobs.idempotency import Idempotency
from apps.jobs.kinds import Kind, Queue
from apps.jobs.models import Job
from apps.jobs.services import NewJob, job_create
from apps.providers.base import Quote
from apps.providers.request_types import ProviderRequest
from apps.work.choice import Choice
from apps.work.frozen import FrozenRequest
from apps.work.inputs import request_described
from apps.work.model_quotes import least_wasteful
from apps.work.parameters import Chain, WorkParameters
from apps.work.shots.parts import parts_create
from apps.work.shots.planning import shot_quote


@dataclass(frozen=True)
class Work:
    """Prepared work, not yet written to the database. `note`: what its model can't do of what was asked, as a sentence;
    whoever asks for the price is told."""

    kind: Kind
    parameters: WorkParameters
    choice: Choice
    quote: Quote
    request: ProviderRequest
    parts: tuple[Quote, ...] = ()  # of a shot that is made in parts
    note: str = ""

    @property
    def frozen(self) -> FrozenRequest:
        return self.parameters.frozen


@dataclass(frozen=True)
class Spending:
    """What a call may spend: the project's confirmation threshold, whether it was confirmed, and the call's maximum."""

    confirm_above: Decimal | None = None
    confirmed: bool = False
    max_cost: Decimal | None = None


def work_prepare(*, by: User, kind: Kind, parameters: WorkParameters, choice: Choice) -> Work:
    """Quote the request, and choose its model where that is automatic. Raises InputError if the provider can't express
    it."""
    frozen = parameters.frozen
    ids = [source.asset_id for source in frozen.inputs.values() if source.asset_id]
    assets = {asset.pk: asset for asset in Asset.objects.filter(owner=by, pk__in=ids)}
    request = request_described(frozen, assets)
    if choice.candidates:
        config = least_wasteful(choice.provider, choice.candidates, request)
        choice, request = Choice(choice.provider, config), replace(request, settings=config.values)
        parameters = parameters.model_copy(update={"frozen": frozen.with_settings(config.values)})
    found = shot_quote(choice.provider, request)
    if found.parts:
        parameters = parameters.model_copy(update={"chain": Chain(seconds=found.seconds)})
    return Work(kind, parameters, choice, found.quote, request, found.parts)


def spending_check(amount: Decimal, spending: Spending) -> None:
    """Raise BudgetExceeded if the amount is above the call's maximum or needs confirming."""
    if spending.max_cost is not None and amount > spending.max_cost:
        raise BudgetExceeded(f"This costs ${amount:.2f}, which is more than your limit of ${spending.max_cost:.2f}.")
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
    """Create the job. Call it inside the use case's transaction."""
    # A remote provider's work goes to the I/O queue, so that it doesn't occupy a renderer. Joining parts does.
    config, provider = work.choice.config, work.choice.provider
    job = job_create(
        by=by,
        new=NewJob(
            kind=work.kind,
            parameters=work.parameters,
            queue="" if provider.local or work.parts else Queue.IO,
            provider=provider.name,
            project_id=project_id,
            scene_id=scene_id,
            dedupe_key=dedupe_key,
            flavor=config.flavor,
            config_hash=config.hash,
            quote=work.quote,
            reserves=not work.parts,
        ),
        idempotency=idempotency,
    )
    if work.parts:
        parts_create(by=by, shot=job, quotes=work.parts)
    return job


def work_run(*, by: User, work: Work, spending: Spending, idempotency: Idempotency | None = None) -> Job:
    """Create a stand-alone job in its own transaction."""
    spending_check(work.quote.amount, spending)
    with transaction.atomic():
        return work_start(by=by, work=work, idempotency=idempotency)
