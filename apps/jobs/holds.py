"""The automatic pause: after three equal failures in a row, the next jobs of that kind would only fail as well.

Equal means the same owner, kind, provider, code and words. What is about the input, such as a content refusal, doesn't
count: the next scene has another input.
"""

import re
from datetime import timedelta
from functools import partial

import structlog
from django.db import transaction
from django.utils import timezone

from apps.jobs.labels import kind_label
from apps.jobs.models import PAUSED, Job, Pause
from apps.jobs.pauses import WHERE_TO_RESUME, Scope
from apps.jobs.pausing import pause_write, pauses_show
from apps.jobs.states import Code, State
from apps.providers.registry import provider_get

log = structlog.get_logger(__name__)

IN_A_ROW = 3
# Older failures say nothing about today.
RECENT = timedelta(days=1)
# Never about one job's input …
ABOUT_THE_PLACE = {
    Code.PROVIDER_FAILED, Code.PROVIDER_UNREACHABLE, Code.DEADLINE, Code.DISK_FULL, Code.INTERNAL_ERROR,
}  # fmt: skip
# … and, of the provider's refusals, those that are about the account or the model.
ABOUT_THE_ACCOUNT = {"key_refused", "no_credit", "unknown"}
LONGEST_QUOTE = 130


def hold_if_repeated(job: Job) -> None:
    """Pause the owner's jobs of this kind at this provider if this one's failure, just written, is the third equal one
    in a row since they last resumed. Needs an open transaction."""
    if not job.provider or not _counts(job):
        return
    scope = Scope(job.owner_id, kind=job.kind)
    before = Pause.objects.filter(owner=job.owner_id, project_id=None, kind=job.kind, provider=job.provider).first()
    if before is not None and before.lifted_at is None:
        return
    since = timezone.now() - RECENT
    resumed_at = max(since, before.lifted_at or since) if before else since
    ended = Job.objects.filter(
        owner=job.owner_id, kind=job.kind, provider=job.provider, imported_at=None, created_at__gte=since
    ).filter(state__in=[State.SUCCEEDED, State.FAILED], finished_at__gt=resumed_at)
    last = ended.exclude(pk=job.pk).order_by("-finished_at")[: IN_A_ROW - 1]
    failures = [(state, code, _words(error)) for state, code, error in last.values_list("state", "code", "error")]
    if failures != [(State.FAILED, job.code, _words(job.error))] * (IN_A_ROW - 1):
        return
    pause_write(scope, reason=_reason(job), provider=job.provider, automatic=True)
    # Afterwards and apart, because it locks other jobs.
    transaction.on_commit(partial(_show, scope))
    log.warning("jobs_held", owner_id=job.owner_id, kind=job.kind, provider=job.provider, code=job.code)


def _show(scope: Scope) -> None:
    with transaction.atomic():
        pauses_show(scope.jobs)


def _counts(job: Job) -> bool:
    if job.code == Code.PROVIDER_REJECTED:
        return job.error_evidence.get("provider_code") in ABOUT_THE_ACCOUNT
    return job.code in ABOUT_THE_PLACE


def _words(error: str) -> str:
    """Return the message without what differs from job to job: numbers and ids."""
    return re.sub(r"[0-9a-f]*\d[0-9a-f-]*", "", error)


def _reason(job: Job) -> str:
    said = job.error if len(job.error) <= LONGEST_QUOTE else f"{job.error[:LONGEST_QUOTE].rstrip()}…"
    title = provider_get(job.provider).title
    return (
        f"{PAUSED}: {IN_A_ROW} “{kind_label(job.kind)}” jobs in a row failed at {title} in the same way: {said} "
        f"Once that is fixed, resume them {WHERE_TO_RESUME}."
    )
