"""A user's money: the caps, what is spent and reserved, and where it went."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.db.models import Q
from django.utils import timezone

from apps.accounts.models import User
from apps.jobs.models import SpendingAccount
from apps.jobs.money import daily_cap_scope, day_of, day_scope, days_scope, project_scope, user_scope
from apps.projects.models import Project
from apps.projects.selectors import projects_of

DAYS_SHOWN = 30
PROJECTS_SHOWN = 50


@dataclass(frozen=True)
class UserSpending:
    """The caps in US dollars (`daily` and `total`; None: no cap), and what they apply to."""

    daily: Decimal | None
    total: Decimal | None
    spent_today: Decimal
    spent: Decimal
    reserved: Decimal


@dataclass(frozen=True)
class SpentDay:
    """What was spent on a day of UTC, in US dollars."""

    day: date
    spent: Decimal


@dataclass(frozen=True)
class SpentProject:
    """What a project has spent, and what is reserved for its running jobs, in US dollars."""

    project: Project
    spent: Decimal
    reserved: Decimal


def user_spending(user: User) -> UserSpending:
    """Return the user's caps and totals. `spent_today`: since midnight UTC."""
    whole, daily, today = (
        SpendingAccount.objects.filter(scope=scope).first() or SpendingAccount(scope=scope)
        for scope in (user_scope(user.pk), daily_cap_scope(user.pk), day_scope(user.pk, timezone.now().date()))
    )
    return UserSpending(
        daily=daily.cap, total=whole.cap, spent_today=today.spent, spent=whole.spent, reserved=whole.reserved
    )


def spent_by_day(user: User) -> list[SpentDay]:
    """Return the last DAYS_SHOWN days on which something was spent, newest first."""
    accounts = SpendingAccount.objects.filter(scope__startswith=days_scope(user.pk), spent__gt=0)
    return [SpentDay(day_of(account.scope), account.spent) for account in accounts.order_by("-scope")[:DAYS_SHOWN]]


def spent_by_project(user: User) -> list[SpentProject]:
    """Return the PROJECTS_SHOWN projects that cost most, the dearest first."""
    projects = {project_scope(project.pk): project for project in projects_of(user)}
    accounts = SpendingAccount.objects.filter(Q(spent__gt=0) | Q(reserved__gt=0), scope__in=projects)
    return [
        SpentProject(projects[account.scope], account.spent, account.reserved)
        for account in accounts.order_by("-spent", "scope")[:PROJECTS_SHOWN]
    ]
