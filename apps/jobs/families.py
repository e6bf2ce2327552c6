"""Jobs that wait for other jobs: a parent creates its children in one transaction and waits without a worker.

What wakes, fails or cancels them comes after the commit of what caused it, so that no two of them are ever locked by
one transaction in different orders. Each such message may be lost: the sweep does the same from the rows alone.
"""

from collections.abc import Sequence
from contextlib import nullcontext, suppress
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

import structlog
from django.db import transaction
from django.db.models import Exists, OuterRef
from django.utils import timezone

from apps.core.errors import ConflictError
from apps.core.json import JsonObject
from apps.jobs import dispatch, services
from apps.jobs.claims import Claim
from apps.jobs.kinds import PIECES, Kind
from apps.jobs.labels import children_words
from apps.jobs.models import Awaited, Job
from apps.jobs.parameters import JobParameters
from apps.jobs.priorities import INTERACTIVE, batch_work
from apps.jobs.services import NewJob
from apps.jobs.states import ACTIVE, FINISHED, LIVE, Code, State

log = structlog.get_logger(__name__)

# A message that no worker took for this long may be lost.
SILENT_WAITING_SECONDS = 30.0
# How much of a parent's bar its children fill; joining takes the rest.
CHILDREN_PERCENT = 85.0
# One may end between being refused as a duplicate and being looked up.
_TRIES = 3


@dataclass(frozen=True)
class Piece:
    """A piece of a parent's work. Pieces of one owner with the same `key` are the same work: parents share the job.
    `weight` is its size, of any unit."""

    kind: Kind
    key: str
    parameters: JobParameters
    weight: int


def parent_wait(parent: Job, claim: Claim, pieces: Sequence[Piece]) -> None:
    """Create a child for each piece (all of one kind), or join in waiting for one that exists: RUNNING → WAITING.

    Raises WorkCancelled, and creates nothing, if the claim no longer holds.
    """
    hurried = nullcontext() if parent.priority >= INTERACTIVE else batch_work()
    with transaction.atomic(durable=True), hurried:
        # In the order of their keys, so that two parents that share children can't wait for each other's locks.
        found = [(_child(parent, piece), piece) for piece in sorted(pieces, key=lambda piece: piece.key)]
        Awaited.objects.filter(parent=parent).delete()
        Awaited.objects.bulk_create(Awaited(parent=parent, child=child, weight=piece.weight) for child, piece in found)
        message = children_words(pieces[0].kind, ended=0, all_of_them=len(found))
        services.job_wait(claim, code=Code.WAITING_FOR_CHILDREN, message=message)
    log.info("job_waits_for_children", job_id=str(parent.pk), children=len(found))


def _child(parent: Job, piece: Piece) -> Job:
    # Never another owner's: its progress, failure or cancel would tell that they have the same clip.
    key = f"{piece.kind}:{parent.owner_id}:{piece.key}"
    for _ in range(_TRIES):
        # Locked, so that it can't end, or be dropped, before this parent is seen waiting for it.
        active = Job.objects.select_for_update().filter(dedupe_key=key, state__in=ACTIVE).first()
        if active is not None:
            return active
        new = NewJob(kind=piece.kind, parameters=piece.parameters, parent=parent, dedupe_key=key)
        with suppress(ConflictError):
            return services.job_create(by=parent.owner, new=new)
    raise ConflictError("Other jobs do the same work at the moment. Try again.", code="already_running")


def parent_goes_on_waiting(parent: Job, claim: Claim) -> bool:
    """Return whether children of a job claimed from WAITING still work; then it waits again. A late message may claim
    it early, or the claim itself may be the late one."""
    if claim.came_from != State.WAITING or not _live_children(parent.pk):
        return False
    services.job_wait(claim, code=Code.WAITING_FOR_CHILDREN, message=parent.progress_message)
    # One may have ended in between and found nobody waiting.
    _parent_look(parent.pk)
    return True


def child_ended(child_id: UUID) -> None:
    """Tell those who wait for it: the last one wakes its parent, a failed one fails it."""
    for parent_id in Awaited.objects.filter(child_id=child_id).values_list("parent_id", flat=True):
        _parent_look(parent_id)


def _live_children(parent_id: UUID) -> bool:
    return Awaited.objects.filter(parent_id=parent_id, child__state__in=LIVE).exists()


def _parent_look(parent_id: UUID) -> None:
    """Under the parent's lock: fail it with its child, wake it after the last one, or show how far they are."""
    with transaction.atomic(durable=True):
        parent = Job.objects.select_for_update().filter(pk=parent_id, state=State.WAITING).first()
        if parent is None:
            return
        rows = list(Awaited.objects.filter(parent=parent).select_related("child").defer("child__parameters"))
        failed = next((row.child for row in rows if row.child.state == State.FAILED), None)
        if failed is not None:
            evidence: JsonObject = {**failed.error_evidence, "child": str(failed.pk)}
            services.job_move_waiting(
                parent, to=State.FAILED, code=Code(failed.code), message=failed.error, evidence=evidence
            )
        elif any(row.child.state in LIVE for row in rows):
            _progress_show(parent, rows)
        elif _is_silent(parent):
            dispatch.job_dispatch(parent, claim_from=State.WAITING)
            log.info("parent_woken", job_id=str(parent.pk))


def _is_silent(parent: Job) -> bool:
    silent_since = timezone.now() - timedelta(seconds=SILENT_WAITING_SECONDS)
    return parent.dispatched_at is None or parent.dispatched_at < silent_since


def _progress_show(parent: Job, rows: Sequence[Awaited]) -> None:
    total = sum(row.weight for row in rows)
    done = sum(row.weight * (100.0 if row.child.state in FINISHED else row.child.progress_percentage) for row in rows)
    ended = sum(row.child.state in FINISHED for row in rows)
    percentage = max(parent.progress_percentage, CHILDREN_PERCENT * done / (100 * total))
    message = children_words(rows[0].child.kind, ended=ended, all_of_them=len(rows))
    if (round(percentage, 1), message) != (round(parent.progress_percentage, 1), parent.progress_message):
        Job.objects.filter(pk=parent.pk).update(progress_percentage=percentage, progress_message=message)


def parent_ended(parent_id: UUID) -> None:
    """Cancel what nobody else waits for."""
    for child_id in Awaited.objects.filter(parent_id=parent_id, child__state__in=LIVE).values_list(
        "child_id", flat=True
    ):
        _child_drop(child_id)


def _child_drop(child_id: UUID) -> None:
    with transaction.atomic(durable=True):
        child = services.job_lock(child_id)
        wanted = Awaited.objects.filter(child=child, parent__state__in=LIVE).exists()
        if child.state in LIVE and not wanted:
            services.job_move_waiting(
                child, to=State.CANCELLED, code=Code.NOT_NEEDED, message="nothing waits for it any more"
            )


def parents_look() -> int:
    """Show how far the children of each waiting parent are, and make up for lost messages. Returns how many wait."""
    waiting = Job.objects.filter(Exists(Awaited.objects.filter(parent=OuterRef("pk"))), state=State.WAITING).order_by()
    parents = list(waiting.values_list("pk", flat=True))
    for parent_id in parents:
        _parent_look(parent_id)
    return len(parents)


def children_drop_unwanted() -> int:
    """Cancel pieces of work that no live job waits for. Returns how many there were."""
    wanted = Awaited.objects.filter(child=OuterRef("pk"), parent__state__in=LIVE)
    unwanted = list(Job.objects.filter(~Exists(wanted), kind__in=PIECES, state__in=LIVE).values_list("pk", flat=True))
    for child_id in unwanted:
        _child_drop(child_id)
    return len(unwanted)
