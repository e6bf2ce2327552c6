"""What workers do for a shot that is made in parts: make one part, or wait for all of them and join them."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from decimal import Decimal
from functools import partial
from typing import cast

from apps.assets.models import Asset
from apps.core.errors import InputError, ProviderError, StudioError
from apps.jobs import services
from apps.jobs.execution import Done, HandedOff, JobRun, Outcome
from apps.jobs.models import Job, JobEvent, RemoteRun, RunStatus
from apps.jobs.parameters import parameters_replace
from apps.jobs.states import LIVE, Code, State
from apps.providers.base import ProducedFile, ProviderResult
from apps.providers.moderation import CONTENT_REFUSED
from apps.providers.request_types import ProviderRequest, VideoRequest
from apps.work.handlers import Receiver, request_produce
from apps.work.inputs import request_opened
from apps.work.parameters import Chain, PartParameters, VideoParameters
from apps.work.receiving import video_receive
from apps.work.results import VideoResult
from apps.work.shots.joining import last_frame, parts_joined
from apps.work.shots.parts import parts_of

# The end of a part wakes whoever waits for it; this is for lost messages.
RECHECK_SECONDS = 60.0
BROKEN = frozenset({State.FAILED, State.CANCELLED, State.NEEDS_ATTENTION})


def shot_run(run: JobRun, chain: Chain, receive: Receiver) -> Outcome:
    """Wait for the parts, then join them. Raises InputError if one of them failed."""
    if run.attempt > chain.restarted_at_attempt:
        chain = _restart(run, chain)
    parts = parts_of(chain)
    made = sum(part.state == State.SUCCEEDED for part in parts)
    for number, part in enumerate(parts, start=1):
        if part.state in BROKEN:
            raise _part_failed(part, number, len(parts))
    if made < len(parts):
        message = f"Making part {made + 1} of {len(parts)}"
        run.progress(90 * made / len(parts), message)
        services.job_requeue(
            run.claim, code=Code.WAITING_FOR_PLACE, message=message, delay_seconds=RECHECK_SECONDS, counts=False
        )
        return HandedOff()
    output = parts_joined(run, [_video_of(part) for part in parts])
    cost = sum((part.cost for part in parts), Decimal(0))
    facts = {"parts": [str(part.pk) for part in parts]}
    if model := parts[0].result.get("metadata", {}).get("facts", {}).get("model"):
        facts["model"] = model
    # The parts have paid, so this job itself settles nothing.
    return receive(run, ProviderResult((ProducedFile(output, "video", "video/mp4"),), facts=facts, cost=cost))


def part_run(run: JobRun) -> Outcome:
    """Make one part, once the one before it exists."""
    asked = run.read(PartParameters)
    if _sends_nothing_yet(run):
        if (kept := _kept_late(run.job)) is not None:
            # An earlier attempt's result arrived after all, and is paid for.
            return Done(result=VideoResult.of(kept), cost=Decimal(0))
        shot = Job.objects.filter(pk=asked.shot_id).first()
        if shot is None or shot.state == State.CANCELLED:
            raise InputError("The shot that this is a part of was cancelled. Retry the shot.")
        before = Job.objects.filter(pk=asked.previous_id).first() if asked.previous_id else None
        if before is not None and before.state in LIVE:
            message = f"Waiting for part {asked.number - 1} of {asked.count}"
            services.job_requeue(
                run.claim, code=Code.WAITING_FOR_PLACE, message=message, delay_seconds=RECHECK_SECONDS, counts=False
            )
            return HandedOff()
        if asked.previous_id and (before is None or before.state != State.SUCCEEDED):
            raise InputError(f"Part {asked.number - 1} of {asked.count} is missing. Retry the shot.")
    made = request_produce(run, partial(_part_opened, run, asked))
    if isinstance(made, HandedOff):
        return made
    return replace(video_receive(run, made), cost=made.cost)


@contextmanager
def _part_opened(run: JobRun, asked: PartParameters) -> Iterator[ProviderRequest]:
    with request_opened(run) as request:
        if asked.previous_id is None:
            yield request
            return
        before = _video_of(Job.objects.get(pk=asked.previous_id))
        yield replace(cast(VideoRequest, request), image=last_frame(run, before))


def _restart(run: JobRun, chain: Chain) -> Chain:
    """Retry the failed parts, once for this attempt. Noted first: a crash then retries too few, never twice."""
    chain = chain.model_copy(update={"restarted_at_attempt": run.attempt})
    parameters_replace(run.job, run.read(VideoParameters).model_copy(update={"chain": chain}))
    for part in parts_of(chain):
        if part.state in {State.FAILED, State.CANCELLED}:
            services.job_retry(by=run.job.owner, job_id=part.pk)
    return chain


def _part_failed(part: Job, number: int, count: int) -> StudioError:
    kept = "The parts before it are kept and paid for. " if number > 1 else ""
    if part.state == State.NEEDS_ATTENTION:
        what = f"Part {number} of {count} needs your decision: open it in Jobs. {kept}Then retry this."
    else:
        reason = part.error or "It was cancelled."
        reason += "" if reason.endswith((".", "!", "?")) else "."
        what = f"Part {number} of {count} failed: {reason} {kept}A retry makes only what is missing."
    if part.code == Code.CONTENT_REFUSED:
        evidence = {"refused_inputs": part.error_evidence.get("refused_inputs", "")}
        return ProviderError(what, permanent=True, code=CONTENT_REFUSED, evidence=evidence)
    return InputError(what, code="part_failed", evidence={"part": str(part.pk), "part_code": part.code})


def _sends_nothing_yet(run: JobRun) -> bool:
    """Whether this attempt has not sent a paid request: then it may still wait, or not start at all."""
    if run.late:
        return False
    sent = RemoteRun.objects.filter(job=run.job, attempt=run.attempt).exclude(status=RunStatus.NOT_ACCEPTED)
    return not sent.exists()


def _kept_late(part: Job) -> Asset | None:
    """Return the clip of an earlier attempt that arrived after the attempt had ended."""
    events = JobEvent.objects.filter(job=part, code=Code.LATE_RESULT_KEPT).order_by("-pk")
    ids = [event.facts.get("video_id") for event in events]
    return Asset.objects.filter(pk__in=[pk for pk in ids if pk]).first()


def _video_of(part: Job) -> Asset:
    video = Asset.objects.filter(pk=part.result.get("video_id")).first()
    if video is None:
        raise InputError("A part of this shot was deleted. Start the shot again.")
    return video
