"""Where the results of a scene's jobs go: files under the project's folder, rows with the end of the job."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from functools import partial
from typing import Any
from uuid import UUID, uuid4

import structlog
from django.utils import timezone

from apps.assets.models import AssetKind
from apps.assets.services import StoredFile, asset_create, file_store
from apps.assets.store.keys import scene_file_key, scene_lipsync_key
from apps.core.errors import NotFound
from apps.jobs.execution import Done, JobRun
from apps.projects.models import Project
from apps.providers.base import ProviderResult
from apps.providers.lengths import LOST_END_SECONDS, lost_end_note
from apps.providers.registry import is_built_in
from apps.scenes.checks import Wanted, clip_check
from apps.scenes.history import recorded
from apps.scenes.models import Clip, Origin, Scene
from apps.work.receiving import images_receive, produced, result_metadata, video_result

log = structlog.get_logger(__name__)

WANTED_FIELDS = {"seconds": "duration_seconds", "width": "width", "height": "height"}


@dataclass(frozen=True)
class NewClip:
    """A clip that is stored and not yet a row. `only_over_parent`: made current only where its parent still is.
    `make_current`: unless the job was late. `cost`: None is as quoted."""

    stored: StoredFile
    origin: Origin
    checks: Mapping[str, Any]
    parameters: Mapping[str, Any]
    parent_id: UUID | None = None
    make_current: bool = True
    only_over_parent: bool = False
    cost: Decimal | None = None


def reference_receive(run: JobRun, result: ProviderResult) -> Done:
    """The first picture becomes the project's character reference, unless a person chose one meanwhile."""
    made = images_receive(run, result)
    return Done(result=made.result, save=partial(_reference_save, run, made))


def scene_image_receive(run: JobRun, result: ProviderResult) -> Done:
    file = produced(result, "image")[0]
    scene = job_scene(run)
    key = scene_file_key(run.job.project_id, scene.sequence or 0, f"image_{uuid4().hex[:12]}{file.path.suffix}")
    stored = file_store(file.path, key=key, content_type=file.content_type)
    metadata = result_metadata(run, result)
    return Done(result={"metadata": metadata}, save=partial(_image_save, run, stored, metadata))


def scene_video_receive(run: JobRun, result: ProviderResult) -> Done:
    return clip_receive(run, result, origin=Origin.GENERATED)


def scene_lipsync_receive(run: JobRun, result: ProviderResult) -> Done:
    return clip_receive(run, result, origin=Origin.LIPSYNCED)


def clip_receive(run: JobRun, result: ProviderResult, *, origin: Origin) -> Done:
    """Check the clip, store it, and make it the scene's current one unless the job says otherwise."""
    file = produced(result, "video")[0]
    scene = job_scene(run)
    # A lip-synced clip is measured against the clip it was made from; a generated one against its request.
    values = run.parameters.get("wanted") or run.parameters["frozen"]["values"]
    wanted = Wanted(**{key: values[name] for key, name in WANTED_FIELDS.items() if name in values})
    checks = clip_check(file.path, wanted=wanted, trusted=is_built_in(run.job.provider))
    if notes := _notes(run, result, checks["seconds"]):
        checks["notes"] = notes
    sequence = scene.sequence or 0
    if origin == Origin.LIPSYNCED:
        key = scene_lipsync_key(run.job.project_id, sequence, datetime.now(UTC), file.path.suffix)
    else:
        key = scene_file_key(run.job.project_id, sequence, f"clip_{uuid4().hex[:12]}{file.path.suffix}")
    metadata = result_metadata(run, result)
    stored = file_store(
        file.path,
        key=key,
        content_type=file.content_type,
        on_progress=lambda share: run.progress(95 + 4 * share, "Uploading"),
    )
    if origin == Origin.LIPSYNCED:
        taken = (timezone.now() - (run.job.started_at or run.job.created_at)).total_seconds()
        log.info("lipsync_processing_completed", seconds=round(taken, 3), bytes=stored.digest.size_bytes)
    new = NewClip(
        stored=stored,
        origin=origin,
        checks=checks,
        parameters=metadata,
        parent_id=run.parameters.get("parent_id"),
        make_current=run.parameters.get("make_current", True),
        cost=result.cost,
    )
    return Done(result={"metadata": metadata, "checks": checks}, save=partial(clip_save, run, new))


def _notes(run: JobRun, result: ProviderResult, seconds: float | None) -> list[str]:
    notes = [str(result.facts["note"])] if result.facts.get("note") else []
    heard = run.parameters.get("audio_segment")
    # The built-in one measures it by itself.
    if heard and seconds is not None and not is_built_in(run.job.provider):
        lost = float(heard["end_time"]) - float(heard["start_time"]) - seconds
        if lost > LOST_END_SECONDS:
            notes.append(lost_end_note(lost))
    return notes


def clip_save(run: JobRun, new: NewClip) -> dict[str, Any]:
    """The clip's rows, inside the transaction that ends the job."""
    scene = _locked_scene(run)
    asset = asset_create(owner=run.job.owner, stored=new.stored, kind=AssetKind.VIDEO, metadata=dict(new.parameters))
    usable = not new.checks.get("problems")
    checks = {**new.checks, **_accepted_before(new)}
    clip = Clip.objects.create(
        scene=scene,
        asset=asset,
        origin=new.origin,
        parent_id=new.parent_id,
        job=run.job,
        parameters=dict(new.parameters),
        # As the ledger settles it: never more than was reserved.
        cost=run.job.quoted_cost if new.cost is None else min(new.cost, run.job.quoted_cost),
        checks=checks,
        usable=usable,
    )
    wanted = new.make_current and not run.late and scene.deleted_at is None
    if new.only_over_parent and scene.current_clip_id != new.parent_id:
        wanted = False
    if wanted and usable:
        with recorded(scene.project, f"{new.origin} clip of scene {scene.sequence}"):
            scene.current_clip = clip
            scene.version += 1
            scene.save(update_fields=["current_clip", "version", "updated_at"])
        log.info("scene_clip_current", scene_id=str(scene.pk), clip_id=str(clip.pk), origin=str(new.origin))
    return {"clip_id": str(clip.pk), "scene_id": str(scene.pk), "usable": usable, **video_result(asset)}


def _accepted_before(new: NewClip) -> dict[str, bool]:
    """A person who found a dark clip right is not asked again about the same clip with other lips."""
    parent = Clip.objects.filter(pk=new.parent_id).first() if new.parent_id else None
    suspicions = set(new.checks.get("suspicions", []))
    known = parent is not None and parent.checks.get("accepted") and suspicions <= set(parent.checks["suspicions"])
    return {"accepted": True} if suspicions and known else {}


def _reference_save(run: JobRun, made: Done) -> Mapping[str, Any] | None:
    answer = made.save() if made.save else None
    if answer and not run.late:
        free = Project.objects.filter(pk__in=[run.job.project_id], character_reference=None)
        free.update(character_reference_id=answer["images"][0]["image_id"])
    return answer


def _image_save(run: JobRun, stored: StoredFile, metadata: Mapping[str, Any]) -> dict[str, Any]:
    scene = _locked_scene(run)
    asset = asset_create(owner=run.job.owner, stored=stored, kind=AssetKind.IMAGE, metadata=dict(metadata))
    if not run.late and scene.deleted_at is None:
        with recorded(scene.project, f"image of scene {scene.sequence}"):
            scene.image = asset
            scene.version += 1
            scene.save(update_fields=["image", "version", "updated_at"])
    return {"image_id": str(asset.pk), "scene_id": str(scene.pk)}


def job_scene(run: JobRun) -> Scene:
    """Raises NotFound when the project went away while the job ran."""
    scene = Scene.objects.select_related("project").filter(pk__in=[run.job.scene_id]).first()
    if scene is None:
        raise NotFound("The scene was deleted while this was made.")
    return scene


def _locked_scene(run: JobRun) -> Scene:
    """Project first, then the scene: the order of every change."""
    Project.objects.select_for_update().filter(pk__in=[run.job.project_id]).first()
    return job_scene(run)
