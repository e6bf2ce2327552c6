"""The job that judges takes: it waits for those that are still being made, shows frames of them to the judge, and keeps
the verdicts with the clips."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from decimal import Decimal
from functools import partial
from pathlib import Path
from uuid import UUID

import structlog
from django.db import transaction

from apps.core.errors import InputError
from apps.jobs import services
from apps.jobs.execution import Done, HandedOff, JobRun, Outcome
from apps.jobs.kinds import Kind
from apps.jobs.models import Job
from apps.jobs.parameters import parameters_replace
from apps.jobs.states import LIVE, Code, State
from apps.projects.models import Project
from apps.providers.base import ProviderResult, TakeVerdict
from apps.providers.request_types import JudgeRequest, MediaInput, Subject, Take
from apps.scenes.clip_use import clip_point
from apps.scenes.judging import judge_frozen
from apps.scenes.models import Clip, Scene
from apps.scenes.results import JudgedResult
from apps.scenes.verdicts import Verdict
from apps.work.handlers import request_produce
from apps.work.inputs import request_opened
from apps.work.parameters import JudgeParameters
from engines.media.pictures import upright_srgb
from engines.media.stills import still

# The end of each take wakes the judge; this only helps if that message was lost.
RECHECK_SECONDS = 60.0
# A judge counts fingers at this size, and a server takes dozens of such pictures.
LONGEST_SIDE, LONGEST_SIDE_OF_MANY, MANY_TAKES = 768, 512, 4

log = structlog.get_logger(__name__)


def judge_run(run: JobRun) -> Outcome:
    asked = run.read(JudgeParameters)
    if asked.waits_for and not asked.clip_ids and _await(run, asked):
        return HandedOff()
    asked = run.read(JudgeParameters)
    if asked.choose_best and len(asked.clip_ids) == 1:
        # The only one that could be made is the best without a word, and nothing is paid for.
        return Done(save=partial(_save, run, (), ""), cost=Decimal(0))
    made = request_produce(run, partial(_opened, run))
    if isinstance(made, HandedOff):
        return made
    return replace(_receive(run, made), cost=made.cost)


def judges_wake(take: Job) -> None:
    """Let the judge who waits for this take go on, once all the takes have ended."""
    if take.project_id is None or take.state in LIVE:
        return
    with transaction.atomic():
        waiting = Job.objects.select_for_update().filter(
            kind=Kind.JUDGE, state=State.QUEUED, project_id=take.project_id
        )
        for job in waiting:
            asked = JudgeParameters.find(job)
            if asked is not None and take.pk in asked.waits_for and not _live(asked.waits_for):
                services.job_wake(job)


def _live(jobs: Sequence[UUID]) -> bool:
    return Job.objects.filter(pk__in=jobs, state__in=LIVE).exists()


def _await(run: JobRun, asked: JudgeParameters) -> bool:
    """Reschedule the job while takes are being made, and return whether it was. Otherwise freeze which were made.

    Raises InputError if none was."""
    if _live(asked.waits_for):
        services.job_reschedule(
            run.claim,
            code=Code.WAITING_FOR_PLACE,
            message="Waiting for the takes",
            delay_seconds=RECHECK_SECONDS,
            counts=False,
        )
        return True
    scene = Scene.objects.select_related("project", "current_clip__asset").filter(pk=asked.scene_id).first()
    found = Clip.objects.filter(job__in=asked.waits_for, scene=scene, usable=True).select_related("asset")
    clips = sorted(found, key=lambda clip: asked.waits_for.index(clip.job_id or asked.waits_for[0]))
    if scene is None or not clips:
        raise InputError("None of the takes could be made, so there is nothing to judge. Make takes again.")
    settings = asked.frozen.values.settings
    frozen = judge_frozen(scene, clips, settings=settings)
    known = {"frozen": frozen, "clip_ids": tuple(clip.pk for clip in clips)}
    parameters_replace(run.job, asked.model_copy(update=known))
    return False


@contextmanager
def _opened(run: JobRun) -> Iterator[JudgeRequest]:
    """Yield the request with what the judge looks at: frames of the takes, and the subjects' pictures, both small."""
    with request_opened(run) as request:
        if not isinstance(request, JudgeRequest):
            raise InputError("This job doesn't say what to judge. Start it again.")
        side = LONGEST_SIDE if len(request.takes) < MANY_TAKES else LONGEST_SIDE_OF_MANY
        takes = tuple(
            replace(take, frames=_frames(run, number, take, request.frames_each, side))
            for number, take in enumerate(request.takes, start=1)
        )
        subjects = tuple(_shrunk(run, number, one, side) for number, one in enumerate(request.subjects, start=1))
        yield replace(request, takes=takes, subjects=subjects)


def _frames(run: JobRun, number: int, take: Take, count: int, side: int) -> tuple[MediaInput, ...]:
    if take.video is None:
        return ()
    length = take.end_seconds - take.start_seconds
    frames = []
    for index in range(count):
        run.check()
        path = run.scratch / f"take_{number}_{index + 1}.jpg"
        path.write_bytes(still(take.video.path, take.start_seconds + length * (index + 0.5) / count, width=side))
        frames.append(MediaInput(path, "image/jpeg"))
    return tuple(frames)


def _shrunk(run: JobRun, number: int, subject: Subject, side: int) -> Subject:
    if subject.picture is None:
        return subject
    path: Path = run.scratch / f"picture_{number}.jpg"
    image = upright_srgb(subject.picture.path)
    image.thumbnail((side, side))
    image.save(path, format="JPEG", quality=85)
    return replace(subject, picture=MediaInput(path, "image/jpeg", width=image.width, height=image.height))


def _receive(run: JobRun, result: ProviderResult) -> Done:
    return Done(save=partial(_save, run, result.verdicts, str(result.facts.get("model", ""))))


def _save(run: JobRun, said: Sequence[TakeVerdict], model: str) -> JudgedResult:
    """Keep the verdicts and, if that was asked for, make the best take current."""
    asked = run.read(JudgeParameters)
    Project.objects.select_for_update().filter(pk__in=[run.job.project_id]).first()
    clips = {clip.pk: clip for clip in Clip.objects.filter(pk__in=asked.clip_ids).select_related("asset")}
    verdicts = [Verdict.of(one, model=model) for one in said]
    judged = [(clips[pk], verdict) for pk, verdict in zip(asked.clip_ids, verdicts, strict=False) if pk in clips]
    for clip, verdict in judged:
        clip.verdict = verdict.told()
        clip.save(update_fields=["verdict"])
    best = max(judged, key=lambda one: one[1].rank)[0] if judged else next(iter(clips.values()), None)
    chosen = asked.choose_best and best is not None and not run.late and _choose(asked, best)
    return JudgedResult(
        scene_id=asked.scene_id,
        clip_ids=list(asked.clip_ids),
        best_clip_id=best.pk if best is not None and asked.choose_best else None,
        used=bool(chosen),
    )


def _choose(asked: JudgeParameters, best: Clip) -> bool:
    """Make the best take current, unless a person chose another clip meanwhile or rejected it."""
    scene = Scene.objects.filter(pk=asked.scene_id, deleted_at=None).first()
    if scene is None or best.rejected:
        return False
    # The first take became current by itself.
    first = Clip.objects.filter(job_id=asked.waits_for[0], scene=scene).values_list("pk", flat=True).first()
    if scene.current_clip_id not in {asked.current_id, first, best.pk}:
        return False
    if scene.current_clip_id != best.pk:
        clip_point(scene, best)
        scene.version += 1
        scene.save(update_fields=["current_clip", "clip_in", "clip_out", "version", "updated_at"])
    log.info("take_chosen", scene_id=str(scene.pk), clip_id=str(best.pk))
    return True
