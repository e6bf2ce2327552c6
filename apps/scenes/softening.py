"""Softening a prompt that a content check refused: a language model rewrites it, quoted like any other work."""

from functools import partial
from uuid import UUID

from django.db import transaction

from apps.accounts.models import User
from apps.core.errors import InputError
from apps.jobs.execution import Done, JobRun, Outcome
from apps.jobs.idempotency import Idempotency
from apps.jobs.kinds import Kind
from apps.jobs.models import Job
from apps.projects.models import Project
from apps.projects.selectors import project_lock
from apps.providers.base import ProviderResult
from apps.providers.capabilities import Capability
from apps.providers.registry import providers_for
from apps.scenes.history import recorded
from apps.scenes.making import project_spending
from apps.scenes.models import Scene
from apps.scenes.picks import project_pick
from apps.scenes.results import SoftenedResult
from apps.scenes.selectors import scene_get
from apps.work.choice import Picked, provider_choose
from apps.work.frozen import FrozenRequest, ScenesValues
from apps.work.handlers import generation_run
from apps.work.parameters import SoftenParameters
from apps.work.work import Spending, Work, spending_check, work_prepare, work_start

IDEA = (
    "Rewrite this one shot so that a strict content filter accepts it. Keep who and what is seen, the place, the "
    "light, the camera and the mood; leave out or reword whatever may be taken as violent, sexual, medical or a real "
    "person, and answer with the one rewritten shot. The shot: {prompt}"
)


def soften_work(*, by: User, scene: Scene) -> Work:
    """Return the quoted work. Raises InputError without a language model, or without a prompt."""
    if not scene.prompt.strip():
        raise InputError(f"Scene {scene.sequence} has no prompt to soften.", errors={"prompt": ["may not be empty"]})
    choice = provider_choose(Capability.SCENES, flavor=scene.project.flavor, picks=(_pick(scene.project),))
    values = ScenesValues(
        idea=IDEA.format(prompt=scene.prompt),
        character_description=scene.project.character_description,
        number_of_scenes=1,
        settings=dict(choice.config.values),
    )
    parameters = SoftenParameters(frozen=FrozenRequest.of(values), scene_id=scene.pk, prompt=scene.prompt)
    return work_prepare(by=by, kind=Kind.SOFTEN, parameters=parameters, choice=choice)


def scene_soften(
    *, by: User, project_id: UUID, sequence: int, spending: Spending, idempotency: Idempotency | None = None
) -> Job:
    """Start rewriting the scene's prompt. Raises ConflictError while that is in progress."""
    with transaction.atomic():
        project_lock(by=by, project_id=project_id)
        scene = scene_get(by=by, project_id=project_id, sequence=sequence)
        work = soften_work(by=by, scene=scene)
        spending_check(work.quote.amount, project_spending(scene.project, spending))
        key = f"soften:{scene.pk}"
        return work_start(by=by, work=work, project_id=project_id, dedupe_key=key, idempotency=idempotency)


def can_soften(project: Project) -> bool:
    """Return whether there is a language model to ask."""
    try:
        _pick(project)
    except InputError:
        return False
    return True


def soften_run(run: JobRun) -> Outcome:
    return generation_run(run, _receive)


def _pick(project: Project) -> Picked:
    """Return the project's writer, or the first that is set up: the built-in one can't rewrite."""
    able = [one for one in providers_for(Capability.SCENES) if not one.built_in and one.configured()]
    picked = project_pick(project, Capability.SCENES)
    if picked.provider in {one.name for one in able} or (picked.model and not picked.provider):
        return picked
    if not able:
        raise InputError("Connect a language model first: it rewrites the prompt.", code="not_configured")
    return Picked(able[0].name)


def _receive(run: JobRun, result: ProviderResult) -> Done:
    return Done(save=partial(_save, run, result.scenes[0].description.strip()))


def _save(run: JobRun, prompt: str) -> SoftenedResult:
    """Replace the prompt, unless the scene is gone or somebody has changed its words since."""
    asked = run.read(SoftenParameters)
    project = Project.objects.select_for_update().filter(pk__in=[run.job.project_id]).first()
    scene = Scene.objects.filter(pk=asked.scene_id, project=project, deleted_at=None).first()
    used = project is not None and scene is not None and scene.prompt == asked.prompt and bool(prompt) and not run.late
    if used and project is not None and scene is not None:
        with recorded(project, f"softened the words of scene {scene.sequence}"):
            scene.prompt = prompt
            scene.version += 1
            scene.save(update_fields=["prompt", "version", "updated_at"])
    return SoftenedResult(scene_id=asked.scene_id, prompt=prompt, used=used)
