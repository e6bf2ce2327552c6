"""What a project costs: estimated, reserved, spent, and seconds bought against seconds used."""

from dataclasses import dataclass
from decimal import Decimal

from django.db.models import Sum

from apps.accounts.models import User
from apps.core.errors import StudioError
from apps.jobs.selectors import project_money
from apps.projects.models import Project
from apps.scenes.selectors import scenes_of
from apps.studio.generate_all import generate_all_works


@dataclass(frozen=True)
class MoneyView:
    """US dollars and seconds. `estimated` is what everything that is missing would cost now, None with the reason in
    `estimate_problem` where it cannot be said."""

    budget: Decimal | None
    estimated: Decimal | None
    estimate_problem: str
    reserved: Decimal
    spent: Decimal
    bought_seconds: float
    used_seconds: float


def project_money_view(*, by: User, project: Project) -> MoneyView:
    estimated, problem = None, ""
    try:
        works = generate_all_works(by=by, project=project)
        estimated = sum((work.quote.amount for work in works), Decimal(0))
    except StudioError as error:
        problem = error.message
    account = project_money(project.pk)
    paid = scenes_of(project).filter(current_clip__cost__gt=0)
    used = paid.aggregate(seconds=Sum("duration"))["seconds"]
    return MoneyView(
        budget=project.budget,
        estimated=estimated,
        estimate_problem=problem,
        reserved=Decimal(account["reserved"]),
        spent=Decimal(account["spent"]),
        bought_seconds=float(account["bought_seconds"]),
        used_seconds=float(used or 0),
    )
