"""Saving a new clip as a row and as its scene's current clip."""

from contextlib import nullcontext
from dataclasses import dataclass
from decimal import Decimal
from uuid import UUID

import structlog

from apps.assets.models import AssetKind
from apps.assets.services import StoredFile, asset_create
from apps.core.errors import NotFound
from apps.core.json import JsonObject
from apps.jobs.execution import JobRun
from apps.projects.models import Project
from apps.scenes.checks import ClipChecks
from apps.scenes.clip_use import clip_part, clip_point
from apps.scenes.history import recorded
from apps.scenes.models import Clip, Origin, Scene
from apps.scenes.preflight import NewPreflight, preflight_save
from apps.scenes.results import ClipResult

# What a person did. Generated clips are no change that undo could take away; earlier ones are in the scene's history.
BY_HAND = {Origin.TRIMMED, Origin.UPLOADED}

log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class NewClip:
    """A stored clip that has no row yet.

    `make_current`: unless the job was late; `only_over_parent`: only if its parent still is current. `parameters`: how
    it came about, as whoever made it tells (`told`). `cost`: None means as quoted. `look`: what was found in it for a
    lip-sync, if it was checked. `part`: what the scene shows of it, as `clip_in` and `clip_out`; None: as of its
    parent, whose times it has. `poster`: a picture of it, if the scene's image is of something else; None: its
    parent's, which it looks like."""

    stored: StoredFile
    origin: Origin
    checks: ClipChecks
    parameters: JsonObject
    parent_id: UUID | None = None
    make_current: bool = True
    only_over_parent: bool = False
    cost: Decimal | None = None
    look: NewPreflight | None = None
    part: tuple[Decimal, Decimal | None] | None = (Decimal(0), None)
    poster: StoredFile | None = None


def clip_save(run: JobRun, new: NewClip) -> ClipResult:
    """Save the clip's rows, inside the transaction that ends the job."""
    scene = locked_scene(run)
    asset = asset_create(owner=run.job.owner, stored=new.stored, kind=AssetKind.VIDEO, metadata=new.parameters)
    usable = not new.checks.problems
    parent = Clip.objects.select_related("poster").filter(pk=new.parent_id).first() if new.parent_id else None
    checks = {**new.checks.told(), **_accepted_before(new, parent)}
    poster = parent.poster if parent is not None else None
    if new.poster is not None:
        poster = asset_create(owner=run.job.owner, stored=new.poster, kind=AssetKind.IMAGE)
    part = new.part or clip_part(scene, new.parent_id)
    clip = Clip.objects.create(
        scene=scene,
        poster=poster,
        used_in=part[0],
        used_out=part[1],
        asset=asset,
        origin=new.origin,
        parent_id=new.parent_id,
        job=run.job,
        parameters=new.parameters,
        # Matches the ledger: never more than was reserved.
        cost=run.job.quoted_cost if new.cost is None else min(new.cost, run.job.quoted_cost),
        checks=checks,
        usable=usable,
    )
    if new.look is not None:
        preflight_save(asset, new.look)
    wanted = new.make_current and not run.late and scene.deleted_at is None
    if new.only_over_parent and scene.current_clip_id != new.parent_id:
        wanted = False
    if wanted and usable:
        with (
            recorded(scene.project, f"used the {new.origin} clip in scene {scene.sequence}")
            if (new.origin in BY_HAND)
            else nullcontext()
        ):
            clip_point(scene, clip)
            scene.version += 1
            scene.save(update_fields=["current_clip", "clip_in", "clip_out", "version", "updated_at"])
        log.info("scene_clip_current", scene_id=str(scene.pk), clip_id=str(clip.pk), origin=str(new.origin))
    return ClipResult.of(asset, clip_id=clip.pk, scene_id=scene.pk, usable=usable)


def _accepted_before(new: NewClip, parent: Clip | None) -> dict[str, bool]:
    """Return whether a person already accepted the source clip; its lip-synced version isn't questioned again."""
    suspicions = set(new.checks.suspicions)
    known = parent is not None and parent.checks.get("accepted") and suspicions <= set(parent.checks["suspicions"])
    return {"accepted": True} if suspicions and known else {}


def job_scene(run: JobRun) -> Scene:
    """Return the job's scene. Raises NotFound if the project was deleted while the job ran."""
    scene = Scene.objects.select_related("project").filter(pk__in=[run.job.scene_id]).first()
    if scene is None:
        raise NotFound("The scene was deleted while this was being generated.")
    return scene


def locked_scene(run: JobRun) -> Scene:
    """Lock the project first, then the scene, as every change does."""
    Project.objects.select_for_update().filter(pk__in=[run.job.project_id]).first()
    return job_scene(run)
