"""Promise: one function is the only road to a paid submit, and it holds the budget check.

`tests/jobs/test_one_writer.py` proves that there is no other road.
"""

import ast
from decimal import Decimal
from pathlib import Path

import pytest
from django.conf import settings

from apps.core.errors import BudgetExceeded
from apps.jobs.models import LedgerEntry, SpendingAccount
from apps.jobs.money import cap_set, user_scope
from apps.jobs.states import State
from tests.jobs.remote.driving import drive, video_job

PAID = "POST .*predictions$"


def calls(path):
    """(function that calls, name that is called, keyword names) of a module."""
    tree = ast.parse(path.read_text())
    for function in ast.walk(tree):
        if isinstance(function, ast.FunctionDef):
            for node in ast.walk(function):
                if isinstance(node, ast.Call):
                    name = getattr(node.func, "attr", getattr(node.func, "id", ""))
                    yield function.name, name, {word.arg for word in node.keywords}, node.lineno


def test_a_submit_is_reached_only_after_the_intent_was_authorized():
    path = Path(settings.BASE_DIR, "apps/jobs/remote.py")
    callers = {function for function, name, _, _ in calls(path) if name == "_send"}
    lines = {name: line for function, name, _, line in calls(path) if function == "_submit"}

    # `_reconcile` sends again only what was authorized before, under its documented idempotency key.
    assert callers == {"_submit", "_reconcile"}
    assert lines["submit_authorize"] < lines["_send"]


@pytest.mark.django_db(transaction=True)
def test_without_a_reservation_nothing_is_sent(user, replicate):
    job = video_job(user)
    LedgerEntry.objects.filter(job=job).delete()

    drive(job)

    assert (job.state, job.code) == (State.FAILED, "budget_exceeded")
    assert replicate.count("POST") == 0


@pytest.mark.django_db(transaction=True)
def test_every_attempt_reserves_its_own_money_within_the_cap(user, replicate):
    cap_set(scope=user_scope(user.pk), cap=Decimal("0.70"))  # 4 s at $0.10 fit once
    drive(video_job(user))

    with pytest.raises(BudgetExceeded, match="would exceed your account's cap"):
        video_job(user)

    assert replicate.count(PAID) == 1
    assert str(SpendingAccount.objects.get(scope=user_scope(user.pk)).spent) == "0.4000"
