"""Regenerating a scene's clip for its current words: first a new picture if the old one was drawn for other words,
then the clip."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from uuid import UUID

import structlog
from django.db import transaction

from apps.accounts.models import User
from apps.core.errors import ConflictError, StudioError
from apps.jobs import money
from apps.jobs.kinds import Kind
from apps.jobs.models import Job
from apps.jobs.priorities import work_of
from apps.jobs.services import NewJob, job_create_failed
from apps.jobs.states import State
from apps.projects.models import Project
from apps.projects.selectors import project_lock
from apps.scenes.coming import clip_to_follow
from apps.scenes.images import CHOOSE_IMAGE
from apps.scenes.making import (
    AskedImage,
    GenerationSpec,
    image_work,
    project_spending,
    scene_video_generate,
    scene_work_start,
    scenes_video_works,
    video_works,
    words_noted,
)
from apps.scenes.models import Scene
from apps.scenes.selectors import scene_get
from apps.scenes.services import scene_update
from apps.work.choice import chooser
from apps.work.parameters import ImageParameters
from apps.work.work import Spending, Work, spending_check

log = structlog.get_logger(__name__)

# How far back the sweep looks for pictures whose final message was lost.
FOLLOW_WITHIN = timedelta(hours=1)


def picture_is_outdated(scene: Scene) -> bool:
    """Return whether the scene's picture was drawn for other words than the current ones. A picture that the user chose
    after changing the words counts as current."""
    told = scene.image.metadata if scene.image is not None else {}
    drawn_for = told.get("request", {}).get("prompt")
    if drawn_for is None or drawn_for == words_noted(scene.prompt, told.get("redo_note", "")):
        return False
    key = str(scene.pk)
    for change in scene.project.changes.filter(undone=False, after__has_key=key):
        before, after = change.before.get(key) or {}, change.after.get(key) or {}
        if before.get("prompt") != after.get("prompt"):
            return True
        if before.get("image_id") != after.get("image_id") and change.label.startswith(CHOOSE_IMAGE):
            return False
    return True


def scenes_remake_works(
    *, by: User, project_id: UUID, sequences: Sequence[int], redraw: bool | None = None
) -> list[tuple[Scene, Work]]:
    """Return the work to generate and pay for, each scene's steps in order. `redraw`: whether to draw the picture
    anew; None: if it was drawn for other words. Where clips need an approval, a new picture has to be looked at first.

    Raises NotFound for an unknown number."""
    works: list[tuple[Scene, Work]] = []
    choose = chooser()
    for scene, video in scenes_video_works(by=by, project_id=project_id, sequences=sequences, spec=GenerationSpec()):
        goes_on = not scene.project.needs_approval
        draws = picture_is_outdated(scene) if redraw is None else redraw
        if draws:
            asked = AskedImage(then_video=goes_on)
            works.append((scene, image_work(by=by, scene=scene, spec=GenerationSpec(), asked=asked, choose=choose)))
        if goes_on or not draws:
            works.append((scene, video))
    return works


def scenes_remake(
    *, by: User, project_id: UUID, sequences: Sequence[int], spending: Spending, redraw: bool | None = None
) -> list[Job]:
    """Start each scene's first step, all or none; confirmation and caps apply to the total of all steps.

    Raises ConflictError while another job is working on one of them.
    """
    with transaction.atomic():
        project = project_lock(by=by, project_id=project_id)
        works = scenes_remake_works(by=by, project_id=project_id, sequences=sequences, redraw=redraw)
        total = sum((work.quote.amount for _, work in works), Decimal(0))
        spending_check(total, project_spending(project, spending))
        money.cost_check_fits(owner_id=project.owner_id, project_id=project.pk, amount=total)
        # The first step of each scene; the clip follows once its picture exists.
        firsts = {scene.pk: (scene, work) for scene, work in reversed(works)}
        # In their order: a scene that continues from another one waits for it.
        chosen = sorted(firsts.values(), key=lambda first: first[0].sequence or 0)
        with work_of(len(chosen)):
            return [scene_work_start(by=by, scene=scene, work=work) for scene, work in chosen]


@dataclass(frozen=True)
class SceneWords:
    """A scene's text as its form has it. `expected_version`: of the scene that the person saw."""

    expected_version: int
    prompt: str
    negative_prompt: str
    lipsync: bool


def scene_remake(
    *,
    by: User,
    project_id: UUID,
    sequence: int,
    spending: Spending,
    words: SceneWords | None = None,
    takes: int = 1,
    redraw: bool | None = None,
) -> Job:
    """Save `words` and regenerate one scene: both or nothing. Several takes share its picture. `redraw` as in
    `scenes_remake_works`.

    Raises ConflictError for several takes of a scene whose picture must be drawn anew first.
    """
    with transaction.atomic():
        if words:
            scene_update(by=by, project_id=project_id, sequence=sequence, **asdict(words))
        if takes > 1:
            if redraw is not False and picture_is_outdated(scene_get(by=by, project_id=project_id, sequence=sequence)):
                raise ConflictError(
                    "Its picture was drawn for other words. Generate one clip first, which draws it anew.",
                    code="picture_outdated",
                )
            spec = GenerationSpec(takes=takes)
            return scene_video_generate(by=by, project_id=project_id, sequence=sequence, spec=spec, spending=spending)
        (job,) = scenes_remake(by=by, project_id=project_id, sequences=[sequence], spending=spending, redraw=redraw)
        return job


def clip_follow(job: Job) -> None:
    """Start the clip that was to follow a picture, unless something else happened to the scene since."""
    asked = ImageParameters.find(job) if job.kind == Kind.IMAGE and job.state == State.SUCCEEDED else None
    if asked is None or not asked.then_video:
        return
    with transaction.atomic():
        project = Project.objects.select_for_update(of=("self",)).filter(pk__in=[job.project_id]).first()
        place = Scene.objects.filter(pk__in=[job.scene_id], job=job, deleted_at=None).values_list("sequence", flat=True)
        number = place.first()
        if project is None or number is None:
            return
        scene = scene_get(by=project.owner, project_id=project.pk, sequence=number)
        if clip_to_follow(scene) is None:
            return
        spec = GenerationSpec(provider=asked.clip_by.provider, model=asked.clip_by.model)
        try:
            with transaction.atomic():
                (work,) = video_works(by=project.owner, scene=scene, spec=spec)
                scene_work_start(by=project.owner, scene=scene, work=work)
        except StudioError as error:
            log.warning("clip_not_followed", scene_id=str(scene.pk), reason=error.message)
            new = NewJob(kind=Kind.VIDEO, project_id=project.pk, scene_id=scene.pk)
            message = f"The new picture is ready, but its clip couldn't be started. {error.message}"
            scene.job = job_create_failed(by=project.owner, new=new, message=message)
            scene.save(update_fields=["job", "updated_at"])


def clips_follow_missed(*, now: datetime) -> None:
    """Start clips after pictures whose final message was lost (called by the sweep)."""
    waiting = Job.objects.filter(
        kind=Kind.IMAGE,
        state=State.SUCCEEDED,
        finished_at__gte=now - FOLLOW_WITHIN,
        pk__in=Scene.objects.filter(deleted_at=None, job__kind=Kind.IMAGE).values("job"),
        parameters__then_video=True,
    )
    for job in waiting:
        clip_follow(job)
