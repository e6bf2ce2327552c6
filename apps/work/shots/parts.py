"""The jobs of a shot that is made in parts: one for each part, which pays for it alone, and the shot's own, which waits
for them and joins them.

Every part is a paid job like any other, with its own request, key, reservation and attempts. It starts once the part
before it exists. A failed part fails the shot; a retry of the shot repeats only what failed, so what was paid is kept.
"""

from typing import cast
from uuid import UUID

from django.db import transaction

from apps.accounts.models import User
from apps.jobs import services
from apps.jobs.kinds import Kind, Queue
from apps.jobs.models import Job
from apps.jobs.parameters import parameters_replace
from apps.jobs.services import NewJob, job_create
from apps.jobs.states import LIVE, State
from apps.providers.base import Quote
from apps.work.frozen import FrozenRequest, VideoValues
from apps.work.parameters import Chain, PartParameters, VideoParameters


def parts_create(*, by: User, shot: Job, quotes: tuple[Quote, ...]) -> None:
    """Create the jobs of the parts, each with its reservation. Call it in the transaction that creates the shot's job.

    Does nothing if they exist: the shot's job is that of an earlier request with the same key. Raises BudgetExceeded.
    """
    asked = VideoParameters.read(shot)
    chain = asked.chain
    if chain is None or chain.jobs:
        return
    jobs: list[UUID] = []
    for number, quote in enumerate(quotes):
        parameters = PartParameters(
            frozen=_part_frozen(asked.frozen, chain, number),
            shot_id=shot.pk,
            number=number + 1,
            count=len(quotes),
            previous_id=jobs[-1] if jobs else None,
        )
        new = NewJob(
            kind=Kind.VIDEO_PART,
            parameters=parameters,
            queue=Queue.IO,
            provider=shot.provider,
            project_id=shot.project_id,
            flavor=shot.flavor,
            config_hash=shot.config_hash,
            quote=quote,
        )
        jobs.append(job_create(by=by, new=new).pk)
    parameters_replace(shot, asked.model_copy(update={"chain": chain.model_copy(update={"jobs": tuple(jobs)})}))


def part_ended(job: Job) -> None:
    """Wake the shot and the parts after this one."""
    asked = PartParameters.find(job)
    shot = Job.objects.filter(pk=asked.shot_id).first() if asked else None
    chain = _chain_of(shot)
    if shot is None or chain is None:
        return
    with transaction.atomic():
        for waiting in Job.objects.select_for_update().filter(pk__in=[shot.pk, *chain.jobs], state=State.QUEUED):
            services.job_wake(waiting)


def shot_ended(job: Job) -> None:
    """Cancel what is left of a cancelled shot. A part that needs a decision stays."""
    chain = _chain_of(job)
    if chain is None or job.state != State.CANCELLED:
        return
    for part in parts_of(chain):
        if part.state in LIVE:
            services.job_cancel(by=job.owner, job_id=part.pk)


def parts_of(chain: Chain) -> list[Job]:
    """Return the jobs of the parts, in order."""
    found = Job.objects.in_bulk(chain.jobs)
    return [found[pk] for pk in chain.jobs if pk in found]


def has_paid_parts(job: Job | None) -> bool:
    """Return whether the job is a shot of which some parts are made and paid, so that a retry continues with them."""
    chain = _chain_of(job)
    return chain is not None and Job.objects.filter(pk__in=chain.jobs, state=State.SUCCEEDED).exists()


def _chain_of(job: Job | None) -> Chain | None:
    asked = VideoParameters.find(job) if job is not None and job.kind == Kind.VIDEO else None
    return asked.chain if asked else None


def _part_frozen(whole: FrozenRequest, chain: Chain, number: int) -> FrozenRequest:
    """Return the frozen request of one part; see `planning.part_request`."""
    values = cast(VideoValues, whole.values)
    first, last = number == 0, number == len(chain.seconds) - 1
    changed = values.model_copy(
        update={
            "duration_seconds": chain.seconds[number],
            "frames": None,
            "energy": (),
            "beat_seconds": (),
            "seed": values.seed + number,
        }
    )
    left_out = {name for name, kept in (("image", first), ("last_image", last)) if not kept}
    inputs = {name: source for name, source in whole.inputs.items() if name not in left_out}
    return whole.model_copy(update={"values": changed, "inputs": inputs})
