"""What Prometheus reads about jobs, providers and money."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.utils import timezone
from prometheus_client.parser import text_string_to_metric_families

from apps.jobs.models import LedgerEntry, RemoteRun, SpendingAccount
from tests.factories import make_job

pytestmark = pytest.mark.django_db


@pytest.fixture
def scraped(client, staff):
    """Scrape, and return the samples by name and the values of their labels, in any order."""

    def scrape():
        client.force_login(staff)
        response = client.get("/metrics", headers={"Accept": "text/plain;version=0.0.4"})
        assert response.status_code == 200
        families = text_string_to_metric_families(response.content.decode())
        samples = [sample for family in families for sample in family.samples]
        return {(sample.name, frozenset(sample.labels.values())): sample.value for sample in samples}

    return scrape


def at(name, *labels):
    return name, frozenset(labels)


def finished(user, seconds, **fields):
    now = timezone.now()
    return make_job(
        user, **{"state": "succeeded", **fields}, started_at=now - timedelta(seconds=seconds), finished_at=now
    )


def test_empty_installation_has_metrics(scraped):
    samples = scraped()
    assert samples[at("mvsite_queue_oldest_seconds", "media")] == 0
    assert samples[at("mvsite_composed_video_seconds_total")] == 0


def test_jobs_are_counted_by_kind_provider_and_outcome(scraped, user):
    finished(user, 3)
    finished(user, 20)
    finished(user, 20, state="failed", provider="replicate")
    finished(user, 20, kind="trim", provider="", imported_at=timezone.now())  # done elsewhere
    samples = scraped()
    assert samples[at("mvsite_jobs_finished_total", "video", "draft", "succeeded")] == 2
    assert samples[at("mvsite_jobs_finished_total", "video", "replicate", "failed")] == 1
    assert not [name for name, labels in samples if "trim" in labels]
    buckets = [
        samples[at("mvsite_job_seconds_bucket", "video", "draft", limit)] for limit in ("1.0", "5.0", "60.0", "+Inf")
    ]
    assert buckets == [0, 1, 2, 2]
    assert samples[at("mvsite_job_seconds_sum", "video", "draft")] == pytest.approx(23)


def test_requests_to_providers_are_timed_by_capability(scraped, user):
    now = timezone.now()
    for number, (status, seconds) in enumerate([("collected", 40), ("failed", 2), ("unknown", None)]):
        end = None if seconds is None else now
        RemoteRun.objects.create(
            job=make_job(user), attempt=1, provider="replicate", capability="video", status=status, key=str(number),
            payload={}, submitting_at=now, sending_at=now - timedelta(seconds=seconds or 0), finished_at=end,
        )  # fmt: skip
    samples = scraped()
    statuses = ("collected", "failed", "unknown")
    assert [samples[at("mvsite_provider_requests_total", "replicate", "video", one)] for one in statuses] == [1, 1, 1]
    assert samples[at("mvsite_provider_seconds_count", "replicate", "video")] == 2
    assert samples[at("mvsite_provider_seconds_sum", "replicate", "video")] == pytest.approx(42)


def test_queue_is_as_old_as_its_first_due_job(scraped, user):
    make_job(user, run_after=timezone.now() + timedelta(hours=1))
    assert scraped()[at("mvsite_queue_oldest_seconds", "media")] == 0
    make_job(user, run_after=timezone.now() - timedelta(seconds=90))
    make_job(user, state="running")
    samples = scraped()
    assert samples[at("mvsite_queue_jobs", "media", "queued")] == 2
    assert samples[at("mvsite_queue_jobs", "media", "running")] == 1
    assert 90 <= samples[at("mvsite_queue_oldest_seconds", "media")] < 100


def test_money_is_what_was_settled_and_accepted(scraped, user):
    job = make_job(user)
    amounts = {"reserve": "2", "settle": "1.5", "excess": "4", "accept": "3", "dismiss": "1"}
    for attempt, (kind, amount) in enumerate(amounts.items(), start=1):
        LedgerEntry.objects.create(job=job, attempt=attempt, kind=kind, amount=Decimal(amount), provider="replicate")
    for scope, reserved in ((f"user:{user.pk}", 2), ("project:x", 2), ("day:x", 2)):
        SpendingAccount.objects.create(scope=scope, reserved=reserved)
    samples = scraped()
    assert samples[at("mvsite_spent_dollars_total", "replicate")] == 4.5
    assert samples[at("mvsite_reserved_dollars")] == 2


def test_composing_speed_is_video_over_work(scraped, user):
    finished(user, 5, kind="compose", provider="", result={"proof": {"duration_seconds": 60.5}})
    finished(user, 7, kind="stitch", provider="", result={"proof": {"duration_seconds": 10}})
    finished(user, 7, kind="stitch", provider="", result={})  # from an earlier release
    samples = scraped()
    assert samples[at("mvsite_composed_video_seconds_total")] == 70.5
    assert samples[at("mvsite_composing_work_seconds_total")] == pytest.approx(12)
