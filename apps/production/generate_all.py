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
from apps.jobs.priorities import batch_work
from apps.jobs.selectors import live_jobs
from apps.jobs.services import job_cancel
from apps.jobs.states import ACTIVE, State
from apps.production.problem_words import failure_sentence, waiting_sentence
from apps.production.references import reference_work
from apps.projects.cast.drawing import reference_key
from apps.projects.models import Project, Round
from apps.projects.selectors import project_get, project_lock, song_seconds
from apps.scenes.approval import scene_approvals
from apps.scenes.casting import scenes_subjects_load
from apps.scenes.coming import clip_to_follow
from apps.scenes.entry import scenes_following_load
from apps.scenes.entry_frames import waits_for
from apps.scenes.making import GenerationSpec, image_work, project_spending, scene_work_start, video_work
from apps.scenes.models import Approval, Scene
from apps.scenes.performance import (
    lipsync_is_missing,
    performance_start,
    performances_planned,
    project_performs,
    sung_spans,
)
from apps.scenes.remaking import clip_follow
from apps.scenes.scene_frames import SceneFrames, project_slots, scene_spans, slot_spans, usual_duration
from apps.scenes.selectors import SceneStatus, scene_awaits_choice, scene_status, scenes_of
from apps.scenes.services import scenes_replan
from apps.scenes.writing import project_scenes_work, scenes_key
from apps.songs.models import AnalysisState
from apps.work.choice import chooser
from apps.work.shots.parts import has_paid_parts
from apps.work.work import Spending, Work, spending_check, work_start

log = structlog.get_logger(__name__)

# The kinds of work before a scene's clip.
PICTURES = {Kind.SCENES, Kind.CHARACTER_REFERENCE, Kind.IMAGE}
# The rounds that draw missing pictures.
DRAWING = {Round.EVERYTHING, Round.PICTURES}
FAILED = {State.FAILED, State.CANCELLED, State.NEEDS_ATTENTION}


def generate_all_works(*, by: User, project: Project, stop_after: str = "") -> list[Work]:
    """Return everything that would be made now, with quotes: with `stop_after` nothing after it, and where clips need
    an approval, those of approved scenes. Unwritten scenes are priced as in `missing_works`."""
    works = missing_works(by=by, project=project, approved_only=project.needs_approval)
    return [work for work in works if work.kind in PICTURES] if stop_after else works


def missing_works(*, by: User, project: Project, approved_only: bool = False) -> list[Work]:
    """Return everything that is missing, with quotes. Unwritten scenes are priced as if each used the idea as its
    prompt, and as if each one over singing were a performance. `approved_only`: no clips of other scenes."""
    works: list[Work] = []
    choose = chooser()
    scenes = project_scenes(project)
    performs = project_performs(project)
    if _reference_is_missing(project, scenes):
        works.append(reference_work(project))
    if not scenes:
        works.append(project_scenes_work(by=by, project=project))
        scene = Scene(project=project, sequence=1, prompt=project.idea)
        scenes_subjects_load(project, [scene])
        image = image_work(by=by, scene=scene, spec=GenerationSpec())
        spans = slot_spans(project, project_slots(project, project.number_of_scenes))
        videos = [video_work(by=by, scene=scene, spec=GenerationSpec(), span=span, choose=choose) for span in spans]
        performed = sung_spans(project, spans) if performs else []
        lips = performances_planned(by=by, project=project, spans=performed)
        return [*works, *[image] * len(spans), *([] if approved_only else [*videos, *lips])]
    performed = []
    approved = approved_scenes(project, scenes) if approved_only else {scene.pk for scene in scenes}
    for scene, span in zip(scenes, scene_spans(project, scenes), strict=True):
        makes_clip = scene.current_clip_id is None and not scene_awaits_choice(scene)
        if makes_clip and scene.image_id is None:
            works.append(image_work(by=by, scene=scene, spec=GenerationSpec(), choose=choose))
        if scene.pk not in approved:
            continue
        if makes_clip:
            works.append(video_work(by=by, scene=scene, spec=GenerationSpec(), span=span, choose=choose))
        if performs and ((scene.lipsync and scene.current_clip_id is None) or lipsync_is_missing(scene)):
            performed.append(span)
    return [*works, *performances_planned(by=by, project=project, spans=performed)]


def _reference_is_missing(project: Project, scenes: Sequence[Scene]) -> bool:
    """Return whether a described character still has to be drawn; that comes before images that must match it."""
    wanted = not scenes or any(scene.image_id is None and scene.current_clip_id is None for scene in scenes)
    return wanted and project.character_reference_id is None and bool(project.character_description.strip())


def project_scenes(project: Project) -> list[Scene]:
    """Return the live scenes with their clips, sharing one project object, so that each table is read once."""
    scenes = list(scenes_of(project).prefetch_related("clips"))
    for scene in scenes:
        scene.project = project
    scenes_subjects_load(project, scenes)
    scenes_following_load(project, scenes)
    return scenes


def approved_scenes(project: Project, scenes: Sequence[Scene]) -> set[UUID]:
    """Return the scenes whose clips may be made: the approved ones where that is needed, else all of them."""
    if not project.needs_approval:
        return {scene.pk for scene in scenes}
    return {pk for pk, approval in scene_approvals(project, scenes).items() if approval == Approval.APPROVED}


def generate_all_start(*, by: User, project_id: UUID, spending: Spending, stop_after: str = "") -> Project:
    """Switch the path on. Failed work is retried; existing results are kept. With `stop_after` it makes the images and
    stops, and from then on clips are made for approved scenes only.

    Raises BudgetExceeded when the total needs confirmation or would exceed a cap, InputError for a project that can't
    be generated.
    """
    asked = Round.PICTURES if stop_after else Round.EVERYTHING
    project = project_get(by=by, project_id=project_id)
    if project.generating:
        # The path may be over without knowing it: the last of its jobs has just been cancelled.
        project_advance(project_id)
        project = project_get(by=by, project_id=project_id)
    if not _is_making(project, asked):
        works = generate_all_works(by=by, project=project, stop_after=stop_after)
        total = sum((work.quote.amount for work in works), Decimal(0))
        spending_check(total, project_spending(project, spending))
        money.cost_check_fits(owner_id=project.owner_id, project_id=project.pk, amount=total)
    with transaction.atomic():
        project = project_lock(by=by, project_id=project_id)
        if not _is_making(project, asked):
            project.needs_approval = project.needs_approval or asked == Round.PICTURES
            if not path_switch_on(project, asked):
                _forget_failures(project)
    log.info("generate_all_started", project_id=str(project_id), round=project.round)
    project_advance(project_id)
    return project_get(by=by, project_id=project_id)


def _is_making(project: Project, asked: Round) -> bool:
    """Return whether the path already does all that is asked."""
    if not project.generating or (asked == Round.PICTURES and not project.needs_approval):
        return False
    return project.round in {asked, Round.EVERYTHING}


def path_switch_on(project: Project, asked: Round) -> bool:
    """Let the path do this, too, and return whether it was on before. The caller holds the project's lock."""
    was_on = project.generating
    if not was_on:
        project.generating, project.generating_since, project.problem = True, timezone.now(), ""
        project.round = asked
    elif project.round != asked:
        project.round = Round.EVERYTHING
    project.save(update_fields=["generating", "generating_since", "problem", "round", "needs_approval", "updated_at"])
    return was_on


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
                with batch_work():
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
    scenes = project_scenes(project)
    draws = project.round in DRAWING
    drawing = draws and _reference_is_missing(project, scenes) and _reference_awaited(project)
    if not scenes:
        _write_scenes(project)
        return
    if _off_the_song(project, scenes) and scenes_replan(project=project):
        scenes = project_scenes(project)
    busy, failed, waiting = _make_missing(project, scenes, drawing=drawing)
    if busy:
        return
    if failed:
        again = "Make final" if project.round == Round.FINAL else "Generate"
        _stop(project, failure_sentence(failed, len(scenes), waiting, again=again))
    elif _is_complete(project, scenes):
        _compose(project)
    else:
        # It goes on once more scenes are approved.
        _stop(project, waiting_sentence(waiting))


def _is_complete(project: Project, scenes: Sequence[Scene]) -> bool:
    """Return whether there is nothing left to approve or to make before the video."""
    if project.round == Round.PICTURES or any(scene.current_clip_id is None for scene in scenes):
        return False
    return len(approved_scenes(project, scenes)) == len(scenes)


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


def _make_missing(
    project: Project, scenes: Sequence[Scene], *, drawing: bool
) -> tuple[bool, list[Scene], list[tuple[Scene, Scene]]]:
    """Start each scene's next step, as far as the round and its approval allow. While `drawing` the character, images
    wait. Return whether anything runs, the scenes that can't go on, and those that wait for another one, with it."""
    busy, failed, waiting = drawing, [], []
    performs = project_performs(project)
    draws = project.round in DRAWING and not drawing
    may_film = set() if project.round == Round.PICTURES else approved_scenes(project, scenes)
    for scene, span in zip(scenes, scene_spans(project, scenes), strict=True):
        if scene.job is not None and scene.job.is_live:
            busy = True
        elif picture := clip_to_follow(scene):
            clip_follow(picture)
            busy = True
        elif scene.current_clip_id is None:
            if _has_failed(scene):
                failed.append(scene)
            elif not ((scene.image_id is None and draws) or (scene.image_id is not None and scene.pk in may_film)):
                continue
            elif before := waits_for(scene):
                waiting.append((scene, before))
            else:
                _next_step(project, scene, span)
                busy = True
        elif project.round == Round.FINAL and _failed_now(project, scene):
            failed.append(scene)
        elif performs and scene.pk in may_film and lipsync_is_missing(scene):
            # A failed lip-sync doesn't fail the scene: it keeps its clip and shows the reason.
            busy = performance_start(by=project.owner, scene=scene) or busy
    return busy, failed, waiting


def _has_failed(scene: Scene) -> bool:
    cancelled = scene.job is not None and scene.job.state == State.CANCELLED
    return cancelled or scene_status(scene) in {SceneStatus.ERROR, SceneStatus.NEEDS_ATTENTION}


def _failed_now(project: Project, scene: Scene) -> bool:
    """Return whether the scene's picture or clip failed in this round, which left it the clip that it had."""
    job, since = scene.job, project.generating_since
    in_round = job is not None and since is not None and job.created_at >= since
    return in_round and job is not None and job.kind in {Kind.IMAGE, Kind.VIDEO} and _has_failed(scene)


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


def _stop(project: Project, problem: str) -> None:
    project.generating, project.problem = False, problem
    project.save(update_fields=["generating", "problem", "updated_at"])
    log.info("generate_all_ended", project_id=str(project.pk), problem=problem)
