"""What a project costs: estimated, reserved and spent dollars, and seconds bought versus seconds used."""

from dataclasses import dataclass
from decimal import Decimal
from uuid import UUID

from django.db.models import Sum

from apps.accounts.models import User
from apps.core.errors import StudioError
from apps.jobs.excess import open_excesses
from apps.jobs.kinds import Kind
from apps.jobs.selectors import project_money
from apps.production.generate_all import generate_all_works
from apps.projects.models import Project
from apps.scenes.selectors import scenes_of

CLIPS = {Kind.VIDEO, Kind.LIPSYNC}


@dataclass(frozen=True)
class Estimate:
    """What generating everything that is missing would cost now, in US dollars; None if unknown, with the reason in
    `problem`. `pictures` is the share of what comes before the clips."""

    amount: Decimal | None
    problem: str = ""
    pictures: Decimal | None = None


@dataclass(frozen=True)
class Excess:
    """What a provider charged beyond a reservation, until a person settles it."""

    job_id: UUID
    provider: str
    amount: Decimal


@dataclass(frozen=True)
class Account:
    """US dollars and seconds, so far."""

    budget: Decimal | None
    reserved: Decimal
    spent: Decimal
    bought_seconds: float
    used_seconds: float
    excesses: tuple[Excess, ...] = ()

    @property
    def left(self) -> Decimal | None:
        """Return what is left of the budget; None without one."""
        return None if self.budget is None else self.budget - self.spent - self.reserved


def project_estimate(*, by: User, project: Project) -> Estimate:
    """Estimate the missing work. Prepares the request of every missing piece, so it is slow on a large project."""
    try:
        works = generate_all_works(by=by, project=project)
    except StudioError as error:
        return Estimate(None, error.message)
    pictures = sum((work.quote.amount for work in works if work.kind not in CLIPS), Decimal(0))
    return Estimate(sum((work.quote.amount for work in works), Decimal(0)), pictures=pictures)


def project_account(project: Project) -> Account:
    account = project_money(project.pk)
    paid = scenes_of(project).filter(current_clip__cost__gt=0)
    used = paid.aggregate(seconds=Sum("duration"))["seconds"]
    return Account(
        budget=project.budget,
        reserved=Decimal(account["reserved"]),
        spent=Decimal(account["spent"]),
        bought_seconds=float(account["bought_seconds"]),
        used_seconds=float(used or 0),
        excesses=tuple(
            Excess(entry.job_id, entry.provider, entry.amount)
            for entry in open_excesses().filter(project_id=project.pk)
        ),
    )
