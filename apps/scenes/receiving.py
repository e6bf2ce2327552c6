"""Where the results of a scene's jobs go: files under the project's folder, rows with the end of the job."""

from collections.abc import Mapping
from datetime import UTC, datetime
from functools import partial
from typing import Any
from uuid import uuid4

import structlog
from django.utils import timezone

from apps.assets.models import AssetKind
from apps.assets.services import StoredFile, asset_create, file_store
from apps.assets.store.keys import scene_file_key, scene_lipsync_key
from apps.jobs.execution import Done, JobRun
from apps.projects.models import Project
from apps.providers.base import ProviderResult
from apps.providers.lengths import LOST_END_SECONDS, lost_end_note
from apps.providers.registry import is_built_in
from apps.scenes.checks import Wanted, clip_check
from apps.scenes.history import recorded
from apps.scenes.looking import clip_look
from apps.scenes.models import Origin
from apps.scenes.new_clips import NewClip, clip_save, job_scene, locked_scene
from apps.work.receiving import images_receive, produced, result_metadata

log = structlog.get_logger(__name__)

WANTED_FIELDS = {"seconds": "duration_seconds", "width": "width", "height": "height"}


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
    # A mouth that was drawn once is no face to draw on again.
    look = clip_look(run, scene.project, file.path) if origin != Origin.LIPSYNCED else None
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
        look=look,
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


def _reference_save(run: JobRun, made: Done) -> Mapping[str, Any] | None:
    answer = made.save() if made.save else None
    if answer and not run.late:
        free = Project.objects.filter(pk__in=[run.job.project_id], character_reference=None)
        free.update(character_reference_id=answer["images"][0]["image_id"])
    return answer


def _image_save(run: JobRun, stored: StoredFile, metadata: Mapping[str, Any]) -> dict[str, Any]:
    scene = locked_scene(run)
    asset = asset_create(owner=run.job.owner, stored=stored, kind=AssetKind.IMAGE, metadata=dict(metadata))
    if not run.late and scene.deleted_at is None:
        with recorded(scene.project, f"image of scene {scene.sequence}"):
            scene.image = asset
            scene.version += 1
            scene.save(update_fields=["image", "version", "updated_at"])
    return {"image_id": str(asset.pk), "scene_id": str(scene.pk)}
