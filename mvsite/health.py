"""`/healthz`: this process is responding. `/readyz`: everything that a job needs is available."""

import shutil
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import redis
import structlog
from django.conf import settings
from django.db import DatabaseError, InterfaceError, connection
from django.http import HttpRequest, JsonResponse
from django.http.response import HttpResponseBase

from apps.core.errors import MediaToolError
from apps.core.heartbeat import BEAT, heartbeats
from engines.media.ffmpeg import ffmpeg_path
from mvsite.version import commit

log = structlog.get_logger(__name__)

QUEUES = ("io", "media", "housekeeping")
# With less than this, a single render or upload could fill the disk.
DISK_FREE_MINIMUM_BYTES = 1024**3


@dataclass
class Readiness:
    """`checks` are for programs, `problems` are sentences for people. The studio is ready if there are no problems."""

    checks: dict[str, Any] = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)
    stale_workers: list[dict[str, str]] = field(default_factory=list)


class HealthMiddleware:
    """Responds to the two probes before sessions, hosts and redirects are checked."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response
        # Read now, while the process starts, instead of at the first probe: see version.commit.
        commit()

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if request.path == "/healthz":
            return JsonResponse({"status": "ok", "commit": commit()})
        if request.path == "/readyz":
            return _ready_response()
        return self.get_response(request)


def readiness_check() -> Readiness:
    """Check everything, so that one problem doesn't hide another."""
    report = Readiness()
    _database_check(report)
    _processes_check(report)
    _disk_check(report)
    _ffmpeg_check(report)
    return report


def _ready_response() -> JsonResponse:
    report = readiness_check()
    body = {
        "status": "unavailable" if report.problems else "ok",
        "commit": commit(),
        "problems": report.problems,
        "checks": report.checks,
        "stale_workers": report.stale_workers,
    }
    response = JsonResponse(body, status=503 if report.problems else 200)
    # Django would log each of these as an error, and probes come every few seconds.
    response._has_been_logged = True  # type: ignore[attr-defined]
    return response


def _database_check(report: Readiness) -> None:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except (DatabaseError, InterfaceError) as error:
        # The reason only goes to the log, because it may contain hosts and users.
        log.warning("readiness_database_failed", reason=str(error))
        report.problems.append("The database isn't responding.")
    report.checks["database"] = not report.problems


def _processes_check(report: Readiness) -> None:
    try:
        alive = heartbeats()
    except redis.RedisError as error:
        log.warning("readiness_broker_failed", reason=str(error))
        report.checks["broker"] = False
        report.problems.append("The broker (Redis) isn't responding.")
        return
    report.checks["broker"] = True
    report.checks["workers"] = counts = {queue: sum(queue in beat.queues for beat in alive) for queue in QUEUES}
    report.checks["beat"] = any(beat.name == BEAT for beat in alive)
    report.problems += [f"No worker is running for the queue {queue}." for queue, count in counts.items() if count == 0]
    if not report.checks["beat"]:
        report.problems.append("Beat isn't running, so providers aren't polled and lost jobs aren't recovered.")
    report.stale_workers = [{"name": beat.name, "commit": beat.commit} for beat in alive if beat.commit != commit()]
    if report.stale_workers:
        log.warning("stale_workers", commit=commit(), workers=report.stale_workers)


def _disk_check(report: Readiness) -> None:
    free = shutil.disk_usage(settings.DATA_DIR).free
    report.checks["disk_free_bytes"] = free
    if free < DISK_FREE_MINIMUM_BYTES:
        report.problems.append(
            f"Only {free // 1024**2} MB are free on the disk of {settings.DATA_DIR.name}/. Free some space."
        )


def _ffmpeg_check(report: Readiness) -> None:
    try:
        report.checks["ffmpeg"] = bool(ffmpeg_path())
    except MediaToolError as error:
        report.checks["ffmpeg"] = False
        report.problems.append(error.message)
