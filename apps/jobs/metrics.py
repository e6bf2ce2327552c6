"""Metrics of jobs, providers and spending for Prometheus, read from the database when it scrapes.

Everything covers the whole history: a scrape, or a restart, never loses a job between two.
"""

from collections.abc import Iterator, Sequence
from datetime import timedelta
from typing import Any

from django.db.models import Count, DurationField, ExpressionWrapper, F, FloatField, Min, Q, QuerySet, Sum
from django.db.models.fields.json import KeyTextTransform
from django.db.models.functions import Cast, Coalesce
from django.utils import timezone
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily, Metric
from prometheus_client.registry import Collector

from apps.jobs.kinds import Kind, Queue
from apps.jobs.models import FINISHED_STATES, PAUSED, Job, LedgerEntry, LedgerKind, RemoteRun, SpendingAccount
from apps.jobs.states import State

# From a picture on this machine to a long video from a busy provider.
_SECONDS = (1, 5, 15, 60, 180, 600, 1800, 3600, 7200)


class JobCollector(Collector):
    def collect(self) -> Iterator[Metric]:
        yield from _outcomes()
        yield from _providers()
        yield from _queues()
        yield from _money()
        yield from _composing()


def _outcomes() -> Iterator[Metric]:
    finished = CounterMetricFamily("mvsite_jobs_finished", "Finished jobs.", labels=["kind", "provider", "outcome"])
    ended = Job.objects.filter(state__in=FINISHED_STATES, imported_at=None)
    for group in ended.values("kind", "provider", "state").annotate(jobs=Count("pk")).order_by():
        finished.add_metric([group["kind"], group["provider"], group["state"]], group["jobs"])
    yield finished
    yield _histogram(
        "mvsite_job_seconds",
        "Time of successful jobs from the first worker's start to the end.",
        ended.filter(state=State.SUCCEEDED, started_at__isnull=False),
        start="started_at",
        labels=("kind", "provider"),
    )


def _providers() -> Iterator[Metric]:
    runs = RemoteRun.objects.filter(job__imported_at=None)
    requests = CounterMetricFamily(
        "mvsite_provider_requests",
        "Requests to providers, by what is known of them.",
        labels=["provider", "capability", "status"],
    )
    for group in runs.values("provider", "capability", "status").annotate(runs=Count("pk")).order_by():
        requests.add_metric([group["provider"], group["capability"], group["status"]], group["runs"])
    yield requests
    yield _histogram(
        "mvsite_provider_seconds",
        "Time from sending a request to a provider to its end.",
        runs.filter(finished_at__isnull=False, sending_at__isnull=False),
        start="sending_at",
        labels=("provider", "capability"),
    )


def _histogram(name: str, words: str, rows: QuerySet[Any], *, start: str, labels: Sequence[str]) -> Metric:
    """Return how long the rows took from `start` to `finished_at`, counted by the database."""
    took = ExpressionWrapper(F("finished_at") - F(start), output_field=DurationField())
    limits = {f"to_{limit}": Count("pk", filter=Q(took__lte=timedelta(seconds=limit))) for limit in _SECONDS}
    metric = HistogramMetricFamily(name, words, labels=labels)
    groups = rows.annotate(took=took).values(*labels).annotate(all=Count("pk"), total=Sum("took"), **limits)
    for group in groups.order_by():
        buckets = [(str(float(limit)), group[f"to_{limit}"]) for limit in _SECONDS]
        metric.add_metric(
            [group[label] for label in labels], [*buckets, ("+Inf", group["all"])], group["total"].total_seconds()
        )
    return metric


def _queues() -> Iterator[Metric]:
    depth = GaugeMetricFamily("mvsite_queue_jobs", "Unfinished jobs.", labels=["queue", "state"])
    oldest = GaugeMetricFamily(
        "mvsite_queue_oldest_seconds", "How long the first job in line has been due.", labels=["queue"]
    )
    now = timezone.now()
    unfinished = Job.objects.exclude(state__in=FINISHED_STATES)
    for group in unfinished.values("queue", "state").annotate(jobs=Count("pk")).order_by():
        depth.add_metric([group["queue"], group["state"]], group["jobs"])
    # A paused job waits for a person, so that its age is no alarm.
    unpaused = Job.objects.filter(state=State.QUEUED).exclude(progress_message__startswith=PAUSED)
    due = unpaused.annotate(due=Coalesce("run_after", "created_at"))
    first = dict(due.values_list("queue").annotate(first=Min("due")).order_by())
    for queue in Queue.values:
        oldest.add_metric([queue], max(0.0, (now - first[queue]).total_seconds()) if queue in first else 0)
    return iter((depth, oldest))


def _money() -> Iterator[Metric]:
    spent = CounterMetricFamily("mvsite_spent_dollars", "Dollars spent, by provider.", labels=["provider"])
    paid = LedgerEntry.objects.filter(kind__in=[LedgerKind.SETTLE, LedgerKind.ACCEPT])
    for group in paid.values("provider").annotate(amount=Sum("amount")).order_by():
        spent.add_metric([group["provider"]], float(group["amount"]))
    yield spent
    reserved = SpendingAccount.objects.filter(scope__startswith="user:").aggregate(amount=Sum("reserved"))["amount"]
    yield GaugeMetricFamily("mvsite_reserved_dollars", "Dollars reserved for unfinished work.", float(reserved or 0))


def _composing() -> Iterator[Metric]:
    """Speed is the quotient of their rates: seconds of video per second of work."""
    seconds = Cast(KeyTextTransform("duration_seconds", KeyTextTransform("proof", "result")), FloatField())
    composed = Job.objects.filter(
        kind__in=[Kind.COMPOSE, Kind.STITCH],
        state=State.SUCCEEDED,
        imported_at=None,
        started_at__isnull=False,
        result__proof__duration_seconds__isnull=False,
    ).aggregate(video=Sum(seconds), work=Sum(F("finished_at") - F("started_at"), output_field=DurationField()))
    work = composed["work"].total_seconds() if composed["work"] else 0
    yield CounterMetricFamily("mvsite_composed_video_seconds", "Seconds of composed video.", composed["video"] or 0)
    yield CounterMetricFamily("mvsite_composing_work_seconds", "Seconds of work on them.", work)
