"""Approving scenes, which buys their clips, and sending a scene back for another picture.

Everything happens under the project's lock: what is approved, its clips' jobs and their reservations are written
together or not at all, and a second click finds nothing left to approve.
"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from uuid import UUID

import structlog
from django.db import transaction

from apps.accounts.models import User
from apps.core.errors import ConflictError, InputError, NotFound
from apps.jobs import money
from apps.jobs.models import Job
from apps.jobs.priorities import work_of
from apps.production.generate_all import path_switch_on, project_advance, project_scenes
from apps.projects.models import Project, Round
from apps.projects.selectors import project_get, project_lock
from apps.scenes.approval import approval_marks, approval_set, scene_approvals
from apps.scenes.clips import refuse_busy, scene_expect
from apps.scenes.coming import is_at_work
from apps.scenes.entry_frames import waits_for
from apps.scenes.making import (
    AskedImage,
    GenerationSpec,
    image_work,
    project_spending,
    scene_work_start,
    video_work,
)
from apps.scenes.models import Approval, Scene
from apps.scenes.performance import lipsync_is_missing, performances_planned, project_performs
from apps.scenes.scene_frames import scene_spans
from apps.scenes.selectors import scene_awaits_choice, scene_get, scene_job
from apps.work.choice import chooser
from apps.work.work import Spending, Work, spending_check

log = structlog.get_logger(__name__)

# Longer than anybody writes about one picture.
LONGEST_NOTE = 1000


@dataclass(frozen=True)
class Approvals:
    """How far the approval of a project's scenes is. `open`: those that can be approved now. `seen`: a mark of what
    they show, which says whether a person saw all of it."""

    total: int
    approved: int
    redo: int
    open: tuple[Scene, ...]
    seen: str


def project_approvals(project: Project, scenes: Sequence[Scene]) -> Approvals:
    decided = scene_approvals(project, scenes)
    open_now = tuple(scene for scene in scenes if decided[scene.pk] == Approval.PROPOSED and _may_be_approved(scene))
    said = list(decided.values())
    return Approvals(
        total=len(scenes),
        approved=said.count(Approval.APPROVED),
        redo=said.count(Approval.REDO),
        open=open_now,
        seen=_seen(approval_marks(project, open_now)),
    )


def scenes_approve_works(*, by: User, project_id: UUID, sequences: Sequence[int] | None = None) -> list[Work]:
    """Return the clips, and their lip-syncs, that approving these scenes buys; None: all that can be approved."""
    project = project_get(by=by, project_id=project_id)
    scenes = project_scenes(project)
    return _bought(by, project, scenes, _chosen(project, scenes, sequences)).works


def scenes_approve(
    *,
    by: User,
    project_id: UUID,
    sequences: Sequence[int] | None = None,
    spending: Spending,
    seen: str = "",
    expected_version: int | None = None,
    scene_id: UUID | None = None,
) -> list[Scene]:
    """Approve the scenes, all or none, and start the clips they lack; return those that weren't approved before. The
    video is composed once every scene is approved and made. None: all that can be approved.

    Raises NotFound for an unknown number, BudgetExceeded if the cost needs confirmation or would exceed a cap, and
    ConflictError for a scene without a picture or at work, or one that isn't as the person saw it: `seen` of all of
    them (`Approvals`), or `expected_version` and `scene_id` of a single one.
    """
    with transaction.atomic():
        project = project_lock(by=by, project_id=project_id)
        scenes = project_scenes(project)
        chosen = _chosen(project, scenes, sequences)
        marks = approval_marks(project, chosen)
        if seen and chosen and seen != _seen(marks):
            raise ConflictError("The pictures changed in the meantime. Look at them, then approve again.", code="stale")
        for scene in chosen:
            scene_expect(scene, scene_id)
            _refuse_stale(scene, expected_version)
            _refuse_unready(scene)
        bought = _bought(by, project, scenes, chosen)
        spending_check(bought.total, project_spending(project, spending))
        money.cost_check_fits(owner_id=project.owner_id, project_id=project.pk, amount=bought.total)
        # Once somebody approves scenes, the others get no clips.
        project.needs_approval = project.needs_approval or bool(chosen)
        for scene in chosen:
            approval_set(scene, Approval.APPROVED, marks[scene.pk])
        with work_of(len(bought.clips)):
            for scene, work in bought.clips:
                before = waits_for(scene)
                # The path starts it once the scene that it continues from has its clip.
                if before is None or is_at_work(before):
                    scene_work_start(by=by, scene=scene, work=work)
        if chosen:
            path_switch_on(project, Round(project.round) if project.generating and _films(project) else Round.CLIPS)
    log.info("scenes_approved", project_id=str(project_id), scenes=len(chosen), clips=len(bought.clips))
    project_advance(project_id)
    return chosen


def scene_redo_work(*, by: User, project_id: UUID, sequence: int, note: str = "") -> Work:
    scene = scene_get(by=by, project_id=project_id, sequence=sequence)
    return image_work(by=by, scene=scene, spec=GenerationSpec(), asked=AskedImage(note=_note(note)))


def scene_redo(
    *,
    by: User,
    project_id: UUID,
    sequence: int,
    note: str = "",
    spending: Spending,
    expected_version: int | None = None,
    scene_id: UUID | None = None,
) -> Job:
    """Send a scene back: its picture is drawn again, with the note. The one before stays among its images.

    Raises ConflictError while another job is working on the scene, or if it isn't as the person saw it.
    """
    with transaction.atomic():
        project = project_lock(by=by, project_id=project_id)
        scene = scene_get(by=by, project_id=project_id, sequence=sequence)
        scene.project = project
        scene_expect(scene, scene_id)
        refuse_busy(scene)
        _refuse_stale(scene, expected_version)
        work = image_work(by=by, scene=scene, spec=GenerationSpec(), asked=AskedImage(note=_note(note)))
        spending_check(work.quote.amount, project_spending(project, spending))
        approval_set(scene, Approval.REDO, approval_marks(project, [scene])[scene.pk], note=_note(note))
        job = scene_work_start(by=by, scene=scene, work=work)
    log.info("scene_sent_back", scene_id=str(scene.pk), noted=bool(note))
    return job


@dataclass(frozen=True)
class _Bought:
    clips: Sequence[tuple[Scene, Work]]
    lipsyncs: Sequence[Work]

    @property
    def works(self) -> list[Work]:
        return [*(work for _, work in self.clips), *self.lipsyncs]

    @property
    def total(self) -> Decimal:
        return sum((work.quote.amount for work in self.works), Decimal(0))


def _bought(by: User, project: Project, scenes: Sequence[Scene], chosen: Sequence[Scene]) -> _Bought:
    """Return the clips that the chosen scenes lack, and the lip-syncs that follow by themselves."""
    wanted = {scene.pk for scene in chosen if not scene_awaits_choice(scene)}
    performs, choose = project_performs(project), chooser()
    clips, performed = [], []
    for scene, span in zip(scenes, scene_spans(project, scenes), strict=True):
        if scene.pk not in wanted:
            continue
        if scene.current_clip_id is None:
            work = video_work(by=by, scene=scene, spec=GenerationSpec(), span=span, choose=choose)
            clips.append((scene, work))
        if performs and ((scene.lipsync and scene.current_clip_id is None) or lipsync_is_missing(scene)):
            performed.append(span)
    return _Bought(clips, performances_planned(by=by, project=project, spans=performed))


def _chosen(project: Project, scenes: Sequence[Scene], sequences: Sequence[int] | None) -> list[Scene]:
    """Return the scenes that aren't approved yet, of those with these numbers or of all that can be."""
    decided = scene_approvals(project, scenes)
    if sequences is None:
        return [scene for scene in scenes if decided[scene.pk] == Approval.PROPOSED and _may_be_approved(scene)]
    numbered = {scene.sequence: scene for scene in scenes}
    if missing := sorted(set(sequences) - numbered.keys()):
        raise NotFound(f"There is no scene {missing[0]} in this project.")
    named = [numbered[number] for number in sorted(set(sequences))]
    return [scene for scene in named if decided[scene.pk] != Approval.APPROVED]


def _films(project: Project) -> bool:
    return project.round != Round.PICTURES


def _is_busy(scene: Scene) -> bool:
    job = scene_job(scene)
    return job is not None and job.is_live


def _may_be_approved(scene: Scene) -> bool:
    return bool(scene.image_id or scene.current_clip_id) and not _is_busy(scene)


def _refuse_unready(scene: Scene) -> None:
    refuse_busy(scene)
    if not _may_be_approved(scene):
        raise ConflictError(
            f"Scene {scene.sequence} has no picture yet. Generate its image, then approve it.", code="no_image"
        )


def _refuse_stale(scene: Scene, expected_version: int | None) -> None:
    if expected_version not in {None, scene.version}:
        raise ConflictError(
            f"Scene {scene.sequence} was changed in the meantime. Look at it again, then decide.", code="stale"
        )


def _seen(marks: Mapping[UUID, str]) -> str:
    """Return a mark of all these scenes as they are."""
    text = " ".join(f"{pk}:{mark}" for pk, mark in sorted(marks.items(), key=lambda one: str(one[0])))
    return hashlib.sha256(text.encode()).hexdigest()[:16] if marks else ""


def _note(text: str) -> str:
    note = " ".join(text.split())
    if len(note) > LONGEST_NOTE:
        raise InputError(f"The note may have at most {LONGEST_NOTE:,} characters.", errors={"note": ["too long"]})
    return note
