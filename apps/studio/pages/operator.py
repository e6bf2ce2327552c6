"""The operator's page: queues, workers, providers and storage."""

import shutil
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

import redis
from celery import current_app
from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.db.models import Count, Min, Q, Sum
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe
from kombu.exceptions import OperationalError

from apps.accounts.acting import acting_user
from apps.assets.models import Asset
from apps.catalog.selectors import models_checked_at, models_in_trouble
from apps.jobs.excess import open_excesses
from apps.jobs.kinds import Queue
from apps.jobs.models import PAUSED, Job
from apps.jobs.pauses import Scope, active_pauses
from apps.jobs.pausing import jobs_pause, jobs_resume
from apps.jobs.states import LIVE, State
from apps.providers.registry import PROVIDERS

FAILURES_SINCE = timedelta(days=1)
# Workers respond to a ping within milliseconds; one that is loading a song may take longer.
PING_SECONDS = 1.0


@login_required
@require_safe
def operator(request: HttpRequest) -> HttpResponse:
    _refuse_others(request)
    disk = shutil.disk_usage(settings.DATA_DIR)
    files = Asset.objects.aggregate(count=Count("pk"), size=Sum("size_bytes"))
    context = {
        "queues": _queues(),
        "paused": active_pauses().filter(owner=None).first(),
        "paused_by_users": active_pauses().exclude(owner=None).count(),
        "providers": [(provider, provider.missing_configuration()) for provider in PROVIDERS.values()],
        "models_in_trouble": models_in_trouble(),
        "models_checked_at": models_checked_at(),
        "failures": _failures(),
        "excesses": open_excesses().select_related("job")[:20],
        "needs_attention": Job.objects.filter(state=State.NEEDS_ATTENTION).count(),
        "bucket": settings.STORAGE_BUCKET,
        "files": files,
        "disk": disk,
        "disk_percent": round(100 * (1 - disk.free / disk.total)),
    }
    return render(request, "studio/operator.html", context)


@login_required
@require_POST
def operator_pause(request: HttpRequest) -> HttpResponse:
    """Keep everybody's queued jobs from starting."""
    _refuse_others(request)
    jobs_pause(scope=Scope(None))
    return redirect("studio:operator")


@login_required
@require_POST
def operator_resume(request: HttpRequest) -> HttpResponse:
    _refuse_others(request)
    jobs_resume(scope=Scope(None))
    return redirect("studio:operator")


@login_required
@require_safe
def operator_workers(request: HttpRequest) -> HttpResponse:
    """List workers. Loaded after the page, since waiting for a missing worker takes a second."""
    _refuse_others(request)
    try:
        # Uses its own connection: a pooled one keeps waiting for late replies, and blocks a fork of this process.
        with current_app.connection_for_write() as broker:
            replies = current_app.control.inspect(timeout=PING_SECONDS, connection=broker).active_queues() or {}
    except (redis.RedisError, OperationalError, OSError):
        replies = {}
    # Hide the worker's queue for its own disk.
    known = set(Queue.values)
    workers = [
        (name, sorted(queue["name"] for queue in queues if queue["name"] in known))
        for name, queues in sorted(replies.items())
    ]
    return render(request, "studio/operator_workers.html", {"workers": workers})


def _refuse_others(request: HttpRequest) -> None:
    if not acting_user(request).is_staff:
        raise PermissionDenied("Only staff may see this page.")


def _queues() -> Sequence[Mapping[str, Any]]:
    """Return for each queue how many jobs are in each live state, and how long the first one has waited."""
    counts = {f"in_{state}": Count("pk", filter=Q(state=state)) for state in sorted(LIVE)}
    oldest = Min("created_at", filter=Q(state=State.QUEUED) & ~Q(progress_message__startswith=PAUSED))
    rows = Job.objects.filter(state__in=LIVE).values("queue").annotate(**counts, oldest=oldest)
    found: dict[str, Mapping[str, Any]] = {row["queue"]: row for row in rows}
    return [found.get(queue, {"queue": queue}) for queue in Queue.values if queue != Queue.HOUSEKEEPING]


def _failures() -> Sequence[Mapping[str, Any]]:
    since = timezone.now() - FAILURES_SINCE
    rows = Job.objects.filter(state=State.FAILED, finished_at__gte=since).values("provider", "code")
    return list(rows.annotate(count=Count("pk")).order_by("-count")[:20])
