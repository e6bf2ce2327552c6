"""Making stale scenes again, with those that go on from them: a chain is made again from its first stale scene on."""

from collections.abc import Sequence
from decimal import Decimal
from uuid import UUID

from django.db import transaction

from apps.accounts.models import User
from apps.core.errors import ConflictError, NotFound
from apps.core.text import listed
from apps.jobs import money
from apps.jobs.models import Job
from apps.projects.models import Project
from apps.projects.selectors import project_get, project_lock
from apps.scenes.clips import refuse_busy
from apps.scenes.entry import scenes_following
from apps.scenes.entry_stale import scenes_stale, started_from
from apps.scenes.making import (
    AskedImage,
    GenerationSpec,
    image_work,
    project_spending,
    scene_work_start,
    scenes_video_works,
)
from apps.scenes.models import Entry, Scene
from apps.scenes.selectors import scenes_of
from apps.work.choice import chooser
from apps.work.work import Spending, Work, spending_check


def scenes_to_redo(project: Project, scenes: Sequence[Scene], sequences: Sequence[int] | None = None) -> list[Scene]:
    """Return the stale scenes and those that will be once these are made again, in order; with `sequences`, only from
    these on. Raises NotFound for an unknown number."""
    if unknown := sorted(set(sequences or ()) - {scene.sequence for scene in scenes}):
        raise NotFound(f"There is no scene {unknown[0]} in this project.")
    following, stale = scenes_following(project, scenes), scenes_stale(project, scenes)
    redone: dict[UUID, Scene] = {}
    for scene in scenes:
        asked = scene.pk in stale and (sequences is None or scene.sequence in sequences)
        before = following[scene.pk].starts_from
        goes_on = before is not None and before.pk in redone and started_from(scene) is not None
        if asked or goes_on:
            redone[scene.pk] = scene
    return list(redone.values())


def scenes_redo_works(
    *, by: User, project_id: UUID, sequences: Sequence[int] | None = None
) -> list[tuple[Scene, Work]]:
    """Return the work to generate and pay for, in order. A scene that matches is drawn again before its clip."""
    project = project_get(by=by, project_id=project_id)
    chosen = scenes_to_redo(project, list(scenes_of(project)), sequences)
    numbers = [scene.sequence for scene in chosen if scene.sequence is not None]
    works: list[tuple[Scene, Work]] = []
    choose = chooser()
    for scene, video in scenes_video_works(by=by, project_id=project_id, sequences=numbers, spec=GenerationSpec()):
        if scene.entry == Entry.MATCH:
            asked = AskedImage(then_video=scene.current_clip_id is not None, keeps_approval=True)
            works.append((scene, image_work(by=by, scene=scene, spec=GenerationSpec(), asked=asked, choose=choose)))
        if scene.entry != Entry.MATCH or scene.current_clip_id is not None:
            works.append((scene, video))
    return works


def scenes_redo(
    *,
    by: User,
    project_id: UUID,
    spending: Spending,
    sequences: Sequence[int] | None = None,
    expected: int | None = None,
) -> list[Job]:
    """Start each stale scene's first step, all or none; those that go on from one wait for it. `expected`: how many
    scenes the person saw.

    Raises ConflictError if nothing is stale, if one of them is at work, or if they are others than expected;
    BudgetExceeded if the total needs confirmation or would exceed a cap."""
    with transaction.atomic():
        project = project_lock(by=by, project_id=project_id)
        works = scenes_redo_works(by=by, project_id=project_id, sequences=sequences)
        firsts = {scene.pk: (scene, work) for scene, work in reversed(works)}
        chosen = [firsts[pk] for pk in dict.fromkeys(scene.pk for scene, _ in works)]
        if not chosen:
            raise ConflictError(_nothing_stale(sequences), code="not_stale")
        if expected not in {None, len(chosen)}:
            raise ConflictError("Other shots are to be redone now. Look at them, then try again.", code="stale")
        for scene, _ in chosen:
            refuse_busy(scene)
        total = sum((work.quote.amount for _, work in works), Decimal(0))
        spending_check(total, project_spending(project, spending))
        money.cost_check_fits(owner_id=project.owner_id, project_id=project.pk, amount=total)
        return [scene_work_start(by=by, scene=scene, work=work) for scene, work in chosen]


def _nothing_stale(sequences: Sequence[int] | None) -> str:
    if not sequences:
        return "No scene is stale: every shot continues from what is shown before it. There is nothing to redo."
    asked = [str(one) for one in sorted(set(sequences))]
    which = f"Scene {asked[0]} isn't" if len(asked) == 1 else f"Scenes {listed(asked)} aren't"
    return f"{which} stale: there is nothing to redo."
