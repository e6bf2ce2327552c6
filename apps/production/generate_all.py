"""The one-button path: generate everything that is missing, then compose the video.

Nothing blocks and all state is in the database: `project_advance` reads the rows and starts whatever can start. It is
called when a job of the project ends, and by the sweep. An extra call is harmless, and a kill at any line loses
nothing.
"""

from collections.abc import Sequence
from decimal import Decimal
from uuid import UUID

import structlog
from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from apps.accounts.models import User
from apps.composition.services import project_compose, project_final_is_fresh
from apps.core.errors import ConflictError, InputError, StudioError
from apps.jobs import money
from apps.jobs.kinds import Kind
from apps.jobs.models import Job
from apps.jobs.selectors import live_jobs
from apps.jobs.services import job_cancel
from apps.jobs.states import ACTIVE, State
from apps.production.references import reference_key, reference_work
from apps.projects.models import Project
from apps.projects.selectors import project_get, project_lock, song_seconds
from apps.scenes.making import GenerationSpec, image_work, project_spending, scene_work_start, video_work
from apps.scenes.models import Scene
from apps.scenes.performance import (
    lipsync_is_missing,
    performance_start,
    performances_planned,
    project_performs,
    sung_spans,
)
from apps.scenes.scene_frames import SceneFrames, project_slots, scene_spans, slot_spans, usual_duration
from apps.scenes.selectors import SceneStatus, scene_awaits_choice, scene_error, scene_status, scenes_of
from apps.scenes.services import scenes_replan
from apps.scenes.writing import project_scenes_work, scenes_key
from apps.songs.models import AnalysisState
from apps.work.choice import chooser
from apps.work.shots.parts import has_paid_parts
from apps.work.work import Spending, Work, spending_check, work_start

log = structlog.get_logger(__name__)

# How many different reasons a project shows.
MOST_REASONS = 4
FAILED = {State.FAILED, State.CANCELLED, State.NEEDS_ATTENTION}


def generate_all_works(*, by: User, project: Project) -> list[Work]:
    """Return everything that is missing, with quotes. Unwritten scenes are priced as if each used the idea as its
    prompt, and as if each one over singing were a performance."""
    works: list[Work] = []
    choose = chooser()
    scenes = _scenes(project)
    performs = project_performs(project)
    if _reference_is_missing(project, scenes):
        works.append(reference_work(project))
    if not scenes:
        works.append(project_scenes_work(by=by, project=project))
        scene = Scene(project=project, sequence=1, prompt=project.idea)
        image = image_work(by=by, scene=scene, spec=GenerationSpec())
        spans = slot_spans(project, project_slots(project, project.number_of_scenes))
        videos = [video_work(by=by, scene=scene, spec=GenerationSpec(), span=span, choose=choose) for span in spans]
        performed = sung_spans(project, spans) if performs else []
        lips = performances_planned(by=by, project=project, spans=performed)
        return [*works, *[image] * len(spans), *videos, *lips]
    performed = []
    for scene, span in zip(scenes, scene_spans(project, scenes), strict=True):
        if scene.current_clip_id is None and not scene_awaits_choice(scene):
            if scene.image_id is None:
                works.append(image_work(by=by, scene=scene, spec=GenerationSpec(), choose=choose))
            works.append(video_work(by=by, scene=scene, spec=GenerationSpec(), span=span, choose=choose))
        if performs and ((scene.lipsync and scene.current_clip_id is None) or lipsync_is_missing(scene)):
            performed.append(span)
    return [*works, *performances_planned(by=by, project=project, spans=performed)]


def _reference_is_missing(project: Project, scenes: Sequence[Scene]) -> bool:
    """Return whether a described character still has to be drawn; that comes before images that must match it."""
    wanted = not scenes or any(scene.image_id is None and scene.current_clip_id is None for scene in scenes)
    return wanted and project.character_reference_id is None and bool(project.character_description.strip())


def _scenes(project: Project) -> list[Scene]:
    """Return the live scenes with their clips, sharing one project object, so that each table is read once."""
    scenes = list(scenes_of(project).prefetch_related("clips"))
    for scene in scenes:
        scene.project = project
    return scenes


def generate_all_start(*, by: User, project_id: UUID, spending: Spending) -> Project:
    """Switch the path on. Failed work is retried; existing results are kept.

    Raises BudgetExceeded when the total needs confirmation or would exceed a cap, InputError for a project that can't
    be generated.
    """
    project = project_get(by=by, project_id=project_id)
    if not project.generating:
        total = sum((work.quote.amount for work in generate_all_works(by=by, project=project)), Decimal(0))
        spending_check(total, project_spending(project, spending))
        money.cost_check_fits(owner_id=project.owner_id, project_id=project.pk, amount=total)
    with transaction.atomic():
        project = project_lock(by=by, project_id=project_id)
        if not project.generating:
            project.generating, project.generating_since, project.problem = True, timezone.now(), ""
            project.save(update_fields=["generating", "generating_since", "problem", "updated_at"])
            _forget_failures(project)
    log.info("generate_all_started", project_id=str(project_id))
    project_advance(project_id)
    return project_get(by=by, project_id=project_id)


def generate_all_cancel(*, by: User, project_id: UUID) -> Project:
    """Switch the path off and cancel running jobs. Finished results stay."""
    project = project_get(by=by, project_id=project_id)
    Project.objects.filter(pk=project.pk).update(generating=False)
    for job_id in live_jobs(project.pk).values_list("pk", flat=True):
        try:
            job_cancel(by=by, job_id=job_id)
        except ConflictError:
            log.info("job_ended_before_cancel", job_id=str(job_id))
    log.info("generate_all_stopped", project_id=str(project_id))
    return project_get(by=by, project_id=project_id)


def project_advance(project_id: UUID) -> None:
    """Start whatever can start now; switch the path off when everything is done or nothing more can be."""
    try:
        with transaction.atomic():
            project = Project.objects.select_for_update(of=("self",)).filter(pk=project_id, generating=True).first()
            if project is not None:
                _advance(project)
    except StudioError as error:
        # Work that can't start stops the path with its message; this round was rolled back.
        log.warning("generate_all_problem", project_id=str(project_id), reason=error.message)
        Project.objects.filter(pk=project_id, generating=True).update(generating=False, problem=error.message)


def projects_advance_all() -> None:
    """Advance every project whose path is on, in case a message was lost (called by the sweep)."""
    for project_id in Project.objects.filter(generating=True).values_list("pk", flat=True):
        project_advance(project_id)


def _advance(project: Project) -> None:
    if project.song is not None and not _song_ready(project):
        return
    scenes = _scenes(project)
    drawing = _reference_is_missing(project, scenes) and _reference_awaited(project)
    if not scenes:
        _write_scenes(project)
        return
    if _off_the_song(project, scenes) and scenes_replan(project=project):
        scenes = _scenes(project)
    busy, failed = _make_missing(project, scenes, drawing=drawing)
    if busy:
        return
    if failed:
        _stop(project, _failure_sentence(failed, len(scenes)))
    else:
        _compose(project)


def _off_the_song(project: Project, scenes: Sequence[Scene]) -> bool:
    """Return whether the scenes' lengths don't add up to the song's. If they do, the user's cuts are left alone."""
    total = song_seconds(project)
    return total is not None and sum((usual_duration(project, scene) for scene in scenes), Decimal(0)) != total


def _song_ready(project: Project) -> bool:
    song = project.song
    if song is None or song.analysis_state == AnalysisState.DONE:
        return True
    if song.analysis_state == AnalysisState.WAITING:
        return False
    if song_seconds(project) is None:
        raise InputError(f"The song couldn't be read: {song.analysis_error}")
    # Without a beat grid the cuts are evenly spaced, which beats having no video.
    return True


def _write_scenes(project: Project) -> None:
    last = _last_job(project, Kind.SCENES)
    if last is not None and last.state in FAILED:
        _stop(project, f"The scenes couldn't be written: {last.error or 'it was cancelled.'}")
    elif last is None or not last.is_live:
        work = project_scenes_work(by=project.owner, project=project)
        work_start(by=project.owner, work=work, project_id=project.pk, dedupe_key=scenes_key(project.pk))


def _reference_awaited(project: Project) -> bool:
    """Return whether images have to wait for the character's picture, starting it if necessary. Raises InputError if it
    couldn't be created."""
    last = _last_job(project, Kind.CHARACTER_REFERENCE)
    if last is None:
        key = reference_key(project.pk)
        work_start(by=project.owner, work=reference_work(project), project_id=project.pk, dedupe_key=key)
        return True
    if last.state in FAILED:
        raise InputError(f"The character reference couldn't be created: {last.error or 'it was cancelled.'}")
    # A picture that the user removed while the path was on is not drawn again.
    return last.is_live


def _make_missing(project: Project, scenes: Sequence[Scene], *, drawing: bool) -> tuple[bool, list[Scene]]:
    """Start each scene's next step. While `drawing` the character, images wait. Return whether anything runs, and the
    scenes that can't continue."""
    busy, failed = drawing, []
    performs = project_performs(project)
    for scene, span in zip(scenes, scene_spans(project, scenes), strict=True):
        if scene.job is not None and scene.job.is_live:
            busy = True
        elif scene.current_clip_id is None:
            if _has_failed(scene):
                failed.append(scene)
            elif scene.image_id is not None or not drawing:
                _next_step(project, scene, span)
                busy = True
        elif performs and lipsync_is_missing(scene):
            # A failed lip-sync doesn't fail the scene: it keeps its clip and shows the reason.
            busy = performance_start(by=project.owner, scene=scene) or busy
    return busy, failed


def _has_failed(scene: Scene) -> bool:
    cancelled = scene.job is not None and scene.job.state == State.CANCELLED
    return cancelled or scene_status(scene) in {SceneStatus.ERROR, SceneStatus.NEEDS_ATTENTION}


def _next_step(project: Project, scene: Scene, span: SceneFrames) -> None:
    if scene.image_id is None:
        work = image_work(by=project.owner, scene=scene, spec=GenerationSpec())
    else:
        work = video_work(by=project.owner, scene=scene, spec=GenerationSpec(), span=span)
    scene_work_start(by=project.owner, scene=scene, work=work)


def _compose(project: Project) -> None:
    if project_final_is_fresh(project=project):
        _stop(project, "")
        return
    last = _last_job(project, Kind.COMPOSE)
    if last is not None and last.state in FAILED:
        _stop(project, f"The final video couldn't be composed: {last.error or 'it was cancelled.'}")
    elif last is None or not last.is_live:
        project_compose(by=project.owner, project_id=project.pk)


def _last_job(project: Project, kind: Kind) -> Job | None:
    """Return the newest job of this kind since the path was switched on, or an older one that is still active."""
    newest = Job.objects.filter(project_id=project.pk, kind=kind).order_by("-created_at").first()
    if newest is None or newest.state in ACTIVE:
        return newest
    return newest if project.generating_since and newest.created_at >= project.generating_since else None


def _forget_failures(project: Project) -> None:
    """Clear failed, cancelled and rejected work so that it is retried. Jobs awaiting a decision stay, since they may
    be paid for, and so do a paid clip that failed its checks and a shot with paid parts."""
    refused = Q(job__state=State.SUCCEEDED, job__quoted_cost=0, current_clip=None)
    done_with = Q(job__state__in=[State.FAILED, State.CANCELLED]) | refused
    forgotten = Scene.objects.filter(done_with, project=project).select_related("job")
    paid = [scene.pk for scene in forgotten if has_paid_parts(scene.job)]
    forgotten.exclude(pk__in=paid).update(job=None)


def _failure_sentence(failed: Sequence[Scene], total: int) -> str:
    """`2 of 6 scenes couldn't be created. Scenes 2 and 3: It was cancelled. Press Generate …`; each reason once."""
    numbers: dict[str, list[str]] = {}
    for scene in failed:
        numbers.setdefault(scene_error(scene) or "It was cancelled.", []).append(str(scene.sequence))
    told = [f"Scene{'s' if len(of) > 1 else ''} {_listed(of)}: {why}" for why, of in numbers.items()]
    more = f" And {len(told) - MOST_REASONS} more reasons." if len(told) > MOST_REASONS else ""
    reasons = " ".join(told[:MOST_REASONS])
    return f"{len(failed)} of {total} scenes couldn't be created. {reasons}{more} {_what_helps(failed)}"


def _what_helps(failed: Sequence[Scene]) -> str:
    """Return `Press Generate …` for work that it retries. It doesn't retry what was paid for, or may have been."""
    choosing = [str(scene.sequence) for scene in failed if scene_awaits_choice(scene)]
    if not choosing:
        return "Click Generate to retry them."
    cards = f"{'cards' if len(choosing) > 1 else 'card'} of scene{'s' if len(choosing) > 1 else ''} {_listed(choosing)}"
    decide = f"On the {cards}, decide whether to use what you paid for or pay again"
    return f"{decide}." if len(choosing) == len(failed) else f"{decide}, then click Generate for the rest."


def _listed(words: Sequence[str]) -> str:
    return " and ".join([", ".join(words[:-1]), words[-1]] if len(words) > 1 else words)


def _stop(project: Project, problem: str) -> None:
    project.generating, project.problem = False, problem
    project.save(update_fields=["generating", "problem", "updated_at"])
    log.info("generate_all_ended", project_id=str(project.pk), problem=problem)
