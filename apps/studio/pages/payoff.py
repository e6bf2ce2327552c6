"""What pays off: keep rates, costs, failures and waits of the user's own clips, as tables with bars."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from apps.accounts.acting import acting_user
from apps.accounts.keeping import login_required_keeping
from apps.production.payoff import MOST_JOBS, Attempt, Payoff, attempts_read, payoff_of, payoffs
from apps.providers.registry import provider_label

PERIODS = (("30", "30 days"), ("90", "90 days"), ("365", "a year"), ("", "all time"))


@dataclass(frozen=True)
class Row:
    """A group and what it came to. The bars are percentages: of all clips, and of the dearest second in the table."""

    name: str
    payoff: Payoff
    kept_bar: float | None
    cost_bar: float | None


@dataclass(frozen=True)
class Table:
    title: str
    rows: Sequence[Row]


def _model(one: Attempt) -> str:
    return f"{one.model or provider_label(one.provider)}{f' ({one.work})' if one.work != 'clip' else ''}"


TABLES: tuple[tuple[str, Callable[[Attempt], str]], ...] = (
    ("Model", _model),
    ("Flavor", lambda one: one.flavor),
    ("Kind of shot", lambda one: one.shot),
)


@login_required_keeping
@require_safe
def payoff(request: HttpRequest) -> HttpResponse:
    """`days`: one of PERIODS; anything else means all time."""
    days = request.GET.get("days", "90")
    days = days if days in dict(PERIODS) else ""
    attempts = attempts_read(acting_user(request), days=int(days) if days else None)
    context = {
        "tables": [_table(title, attempts, key) for title, key in TABLES] if attempts else [],
        "total": payoff_of(attempts),
        "periods": PERIODS,
        "days": days,
        "most": MOST_JOBS if len(attempts) >= MOST_JOBS else 0,
    }
    return render(request, "studio/payoff.html", context)


def _table(title: str, attempts: Sequence[Attempt], key: Callable[[Attempt], str]) -> Table:
    found = payoffs(attempts, key)
    dearest = max((one.cost_per_kept_second or 0 for _, one in found), default=0)
    return Table(
        title,
        [
            Row(
                name=str(name),
                payoff=one,
                kept_bar=None if one.keep_rate is None else round(100 * one.keep_rate, 1),
                cost_bar=None
                if one.cost_per_kept_second is None or not dearest
                else round(float(100 * one.cost_per_kept_second / dearest), 1),
            )
            for name, one in found
        ],
    )
