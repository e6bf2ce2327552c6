"""Caps hold under concurrency, and money is settled or released once."""

import threading
from decimal import Decimal
from uuid import uuid4

import pytest
from django.db import connection, transaction

from apps.core.errors import BudgetExceeded
from apps.jobs import money, services
from apps.jobs.excess import open_excesses
from apps.jobs.kinds import Kind
from apps.jobs.models import Job, LedgerEntry, SpendingAccount
from apps.jobs.selectors import project_money
from apps.jobs.services import NewJob
from apps.jobs.states import Code, State
from apps.providers.base import Quote

pytestmark = pytest.mark.django_db


def paid_job(user, amount="1.00", **facts):
    quote = Quote(amount=Decimal(amount), basis="1 image at $1.00, price of 2026-11-01", bought_seconds=8.0)
    with transaction.atomic():
        return services.job_create(by=user, new=NewJob(kind=Kind.IMAGE, quote=quote, **facts))


def account(scope) -> SpendingAccount:
    return SpendingAccount.objects.get(scope=scope)


@pytest.mark.django_db(transaction=True)
def test_exactly_ten_of_forty_threads_fit_under_the_cap(user):
    money.cap_set(scope=money.user_scope(user.pk), cap=Decimal("10.00"))
    barrier, outcomes = threading.Barrier(40), []

    def spend():
        barrier.wait()
        try:
            paid_job(user)
            outcomes.append("passed")
        except BudgetExceeded as refused:
            outcomes.append(refused.code)
        connection.close()

    threads = [threading.Thread(target=spend) for _ in range(40)]
    [thread.start() for thread in threads]
    [thread.join() for thread in threads]
    assert outcomes.count("passed") == 10
    assert outcomes.count("budget_exceeded") == 30
    assert account(money.user_scope(user.pk)).reserved == Decimal("10.00")
    assert Job.objects.count() == 10


def test_a_refused_job_leaves_nothing_behind(user):
    money.cap_set(scope=money.user_scope(user.pk), cap=Decimal("0.50"))
    with pytest.raises(BudgetExceeded) as refused:
        paid_job(user)
    assert "your account's cap of $0.50" in refused.value.message
    assert not Job.objects.exists()
    assert not LedgerEntry.objects.exists()


def test_the_daily_cap_counts_only_today(user):
    money.cap_set(scope=money.daily_cap_scope(user.pk), cap=Decimal("1.50"))
    paid_job(user)
    with pytest.raises(BudgetExceeded, match="today"):
        paid_job(user)


def test_success_settles_once(user):
    job = paid_job(user)
    claim = services.job_claim(job_id=job.pk, claim_from=State.QUEUED, worker="test")
    services.job_succeed(claim)
    job.refresh_from_db()
    money.cost_settle(job, attempt=1)
    money.cost_release(job, attempt=1)
    mine = account(money.user_scope(user.pk))
    assert (mine.reserved, mine.spent, job.cost) == (Decimal(0), Decimal("1.00"), Decimal("1.00"))


def test_a_failure_before_sending_releases_the_money(user):
    job = paid_job(user)
    claim = services.job_claim(job_id=job.pk, claim_from=State.QUEUED, worker="test")
    services.job_fail(claim, code=Code.PROVIDER_REJECTED, message="refused")
    mine = account(money.user_scope(user.pk))
    assert (mine.reserved, mine.spent) == (Decimal(0), Decimal(0))


def test_retry_reserves_again_and_is_refused_by_the_cap(user):
    money.cap_set(scope=money.user_scope(user.pk), cap=Decimal("1.00"))
    job = paid_job(user)
    services.job_cancel(by=user, job_id=job.pk)
    paid_job(user)
    with pytest.raises(BudgetExceeded):
        services.job_retry(by=user, job_id=job.pk)
    job.refresh_from_db()
    assert job.state == State.CANCELLED


@pytest.mark.django_db(transaction=True)
def test_a_retry_that_succeeds_counts_the_seconds_it_bought(user):
    project_id = uuid4()
    job = paid_job(user, project_id=project_id)
    services.job_cancel(by=user, job_id=job.pk)
    assert project_money(project_id)["bought_seconds"] == 0
    services.job_retry(by=user, job_id=job.pk)
    services.job_succeed(services.job_claim(job_id=job.pk, claim_from=State.QUEUED, worker="test"))
    assert project_money(project_id) == {"reserved": 0, "spent": Decimal(1), "bought_seconds": 8}


def test_a_cost_above_the_threshold_needs_confirmation():
    with pytest.raises(BudgetExceeded) as asked:
        money.cost_confirm(amount=Decimal(5), confirm_above=Decimal(2), confirmed=False)
    assert asked.value.code == "confirmation_required"
    money.cost_confirm(amount=Decimal(5), confirm_above=Decimal(2), confirmed=True)
    money.cost_confirm(amount=Decimal(1), confirm_above=Decimal(2), confirmed=False)


def settled(user, amount, *, reserved="1.00", **facts):
    job = paid_job(user, reserved, **facts)
    claim = services.job_claim(job_id=job.pk, claim_from=State.QUEUED, worker="test")
    services.job_succeed(claim, cost=Decimal(amount))
    job.refresh_from_db()
    return job


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("amount", ["NaN", "sNaN", "Infinity", "-Infinity", "-3"])
def test_an_invalid_amount_settles_as_reserved(user, amount):
    assert settled(user, amount).cost == Decimal(1)
    assert not open_excesses().exists()


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    ("reserved", "amount", "cost", "excess"),
    [
        ("1.00", "0", "0", None),
        ("1.00", "0.4", "0.4", None),
        ("1.00", "1.00004", "1", None),
        ("1.00", "8", "1", "7"),
        ("1.00", "1e30", "1", "9999998"),
        ("0", "0.5", "0", "0.5"),
    ],
)
def test_nothing_settles_above_its_reservation(user, reserved, amount, cost, excess):
    job = settled(user, amount, reserved=reserved)
    assert job.cost == Decimal(cost)
    assert list(open_excesses().values_list("amount", flat=True)) == ([Decimal(excess)] if excess else [])
    spent = SpendingAccount.objects.filter(scope=money.user_scope(user.pk)).values_list("spent", "reserved").first()
    assert spent in {(Decimal(cost), 0), None}


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(("decision", "spent"), [("count", 8), ("dismiss", 1)])
def test_a_person_decides_once_about_an_excess(user, client, decision, spent):
    project_id = uuid4()
    job = settled(user, "8", project_id=project_id)
    client.force_login(user)
    post = {"path": f"/api/jobs/{job.pk}/excess", "data": {"decision": decision}, "content_type": "application/json"}
    assert client.post(**post).status_code == 200
    again = client.post(**post)
    assert (again.status_code, again.json()["code"]) == (409, "nothing_to_confirm")
    job.refresh_from_db()
    assert (job.cost, project_money(project_id)["spent"]) == (spent, spent)


@pytest.mark.django_db(transaction=True)
def test_only_the_owner_decides_about_an_excess(user, other_user, client):
    job = settled(user, "8")
    client.force_login(other_user)
    response = client.post(f"/api/jobs/{job.pk}/excess", {"decision": "count"}, content_type="application/json")
    assert response.status_code == 404
    assert open_excesses().count() == 1
