"""A Pro order placed from a project: its source, and how its result comes back.

An order from a scene produces a new clip; one from a composed video produces a new composition with those pictures.
Either is written or queued in the transaction that ends the job, so it happens exactly once, even if a process is
killed.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from uuid import UUID

import structlog
from django.db import transaction

from apps.accounts.models import User
from apps.assets.models import AssetKind
from apps.assets.services import StoredFile, asset_create
from apps.composition.models import Composition
from apps.composition.repicture import composition_repicture
from apps.core.errors import ConflictError
from apps.core.json import JsonObject
from apps.jobs.execution import JobRun
from apps.jobs.idempotency import Idempotency
from apps.jobs.models import Job
from apps.pro.files import OrderFile
from apps.pro.handlers import LENGTH_TOLERANCE_SECONDS, Keep, result_keep
from apps.pro.parameters import ProDestination, ProParameters
from apps.pro.results import ProClip, ProVideo
from apps.pro.services import CheckedOrder, Labels, order_start, order_store
from apps.projects.models import Project
from apps.projects.selectors import project_get, project_lock
from apps.providers.base import ProviderResult
from apps.providers.registry import is_built_in
from apps.scenes.checks import ClipChecks, Wanted, clip_check
from apps.scenes.clips import refuse_busy
from apps.scenes.making import project_spending, scene_key
from apps.scenes.models import Clip, Origin, Scene
from apps.scenes.new_clips import NewClip, clip_save
from apps.scenes.selectors import scene_get
from apps.work.work import Spending, spending_check

log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class Destination:
    """The project, and the scene's clip or composed video that the order starts from."""

    project: Project
    scene: Scene | None = None
    composition: Composition | None = None

    def labels(self) -> Labels:
        project_id = self.project.pk
        if self.scene is not None:
            return Labels(
                project_id=project_id,
                scene_id=self.scene.pk,
                dedupe_key=scene_key(self.scene),
                destination=ProDestination(clip_id=self.scene.current_clip_id),
            )
        composition_id = self.composition.pk if self.composition else None
        return Labels(project_id=project_id, destination=ProDestination(composition_id=composition_id))


def destination_find(*, by: User, project_id: UUID, sequence: int | None, video_id: UUID) -> Destination:
    """Return where the result of an order for `video_id` belongs.

    Raises NotFound for another user's video, ConflictError if the project no longer shows that video there or another
    job is working on the scene.
    """
    if sequence is not None:
        scene = scene_get(by=by, project_id=project_id, sequence=sequence)
        if scene.current_clip is None or scene.current_clip.asset_id != video_id:
            raise ConflictError(f"Scene {sequence} has a different clip now. Open it again from the project.")
        refuse_busy(scene)
        return Destination(scene.project, scene=scene)
    project = project_get(by=by, project_id=project_id)
    composition = Composition.objects.filter(project=project, asset_id=video_id).order_by("-created_at").first()
    if composition is None:
        raise ConflictError("This isn't one of the project's composed videos. Open it again from the project.")
    return Destination(project, composition=composition)


def pro_order_take(
    *,
    by: User,
    checked: CheckedOrder,
    files: Mapping[str, OrderFile],
    destination: Destination | None,
    spending: Spending,
    idempotency: Idempotency | None = None,
) -> Job:
    """Store the files, reserve the money and create the job. Raises BudgetExceeded before anything is stored."""
    spending_check(checked.quote.amount, project_spending(destination.project, spending) if destination else spending)
    rows = order_store(by, files)
    with transaction.atomic(durable=True):
        if destination is None:
            return order_start(by=by, checked=checked, rows=rows, idempotency=idempotency)
        project_lock(by=by, project_id=destination.project.pk)
        job = order_start(by=by, checked=checked, rows=rows, labels=destination.labels(), idempotency=idempotency)
        if destination.scene is not None:
            # The scene shows the job's progress and accepts no other work meanwhile.
            Scene.objects.filter(pk=destination.scene.pk).update(job=job)
        return job


def pro_result_receive(run: JobRun, result: ProviderResult, path: Path) -> Keep:
    """Receive a Pro result: into the project it came from, else as the caller's own video."""
    asked, kept = run.read(ProParameters), result_keep(run, result, path)
    if asked.home is None:
        return kept
    if asked.home.clip_id is not None:
        parent = Clip.objects.select_related("asset").filter(pk=asked.home.clip_id).first()
        if parent is None:
            return kept  # the scene was permanently deleted; the owner still gets what was paid for
        return partial(_clip_keep, run, parent, _checks(run, path, parent).noted([result.note]))
    if asked.home.composition_id is not None and not run.late:
        return partial(_composition_keep, run, asked.home.composition_id)
    return kept


def _checks(run: JobRun, path: Path, parent: Clip) -> ClipChecks:
    asset = parent.asset
    seconds = asset.duration_seconds - LENGTH_TOLERANCE_SECONDS if asset.duration_seconds else None
    wanted = Wanted(seconds=seconds, width=asset.width, height=asset.height)
    return clip_check(path, wanted=wanted, trusted=is_built_in(run.job.provider))


def _clip_keep(run: JobRun, parent: Clip, checks: ClipChecks, stored: StoredFile, facts: JsonObject) -> ProClip:
    order = run.read(ProParameters).order
    shown = order.model_dump(mode="json", include={"segments", "model", "sync_mode", "options", "silences"})
    new = NewClip(
        stored=stored,
        origin=Origin.LIPSYNCED,
        checks=checks,
        parameters={**facts, "pro": shown},
        parent_id=parent.pk,
        only_over_parent=True,
        part=None,
    )
    saved = clip_save(run, new)
    return ProClip(**dict(saved), output_url=saved.video_url, checks=checks)


def _composition_keep(run: JobRun, composition_id: UUID, stored: StoredFile, facts: JsonObject) -> ProVideo:
    asset = asset_create(owner=run.job.owner, stored=stored, kind=AssetKind.VIDEO, metadata=facts)
    composition = Composition.objects.select_related("project__owner", "job").filter(pk=composition_id).first()
    if composition is None:
        return ProVideo.of(asset)
    wanted = composition.asset.duration_seconds or 0.0
    if abs((asset.duration_seconds or 0.0) - wanted) > LENGTH_TOLERANCE_SECONDS:
        # It would drift out of sync with the song, so the page says so and the video isn't composed.
        log.warning("pro_result_not_composed", job_id=str(run.job.pk), seconds=asset.duration_seconds, wanted=wanted)
        return ProVideo.of(asset, not_composed=True)
    job = composition_repicture(composition=composition, pictures=asset)
    return ProVideo.of(asset, compose_job_id=job.pk)
