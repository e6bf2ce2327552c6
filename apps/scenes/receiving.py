"""Storing the results of a scene's jobs: files under the project's folder, rows when the job ends."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from functools import partial
from pathlib import Path
from uuid import UUID, uuid4

from apps.assets.models import AssetKind
from apps.assets.services import StoredFile, asset_create, file_store
from apps.assets.store.keys import scene_file_key, scene_lipsync_key
from apps.core.errors import InputError, MediaToolError
from apps.jobs.execution import Done, JobRun
from apps.projects.cast.drawing import pictures_arrive
from apps.providers.base import ProviderResult
from apps.providers.lengths import LOST_END_SECONDS, lost_end_note
from apps.providers.registry import is_built_in
from apps.scenes.approval import approval_marks, scene_approval
from apps.scenes.arriving import clip_decode_ahead
from apps.scenes.checks import Wanted, clip_check
from apps.scenes.entry_frames import FIRST
from apps.scenes.models import Approval, Origin
from apps.scenes.new_clips import NewClip, clip_save, job_scene, locked_scene
from apps.scenes.posters import poster_store
from apps.scenes.preflight_jobs import clip_preflight, performance_suspicion
from apps.scenes.results import CheckedResult, SceneImageResult
from apps.work.frozen import FrozenRequest, VideoValues
from apps.work.lipsync_log import lipsync_completed
from apps.work.parameters import (
    AudioSegment,
    ImageParameters,
    LipsyncParameters,
    ReferenceParameters,
    VideoParameters,
)
from apps.work.receiving import images_store, produced, result_metadata
from apps.work.results import ImagesResult, MetadataResult, ResultMetadata


def reference_receive(run: JobRun, result: ProviderResult) -> Done:
    """Add the pictures to their subject."""
    facts, save = images_store(run, result)
    return Done(result=facts, save=partial(_reference_save, run, save))


def scene_image_receive(run: JobRun, result: ProviderResult) -> Done:
    file = produced(result, "image")[0]
    scene = job_scene(run)
    key = scene_file_key(run.job.project_id, scene.sequence or 0, f"image_{uuid4().hex[:12]}{file.path.suffix}")
    stored = file_store(file.path, key=key, content_type=file.content_type, facts=file.facts)
    metadata = result_metadata(run, result)
    asked = run.read(ImageParameters)
    return Done(result=MetadataResult(metadata=metadata), save=partial(_image_save, run, stored, metadata, asked))


@dataclass(frozen=True)
class AskedClip:
    """What the job says of its clip. `heard`: the part of the audio that the mouth follows. `whole`: it was made
    from all of its parent, not only from the part that the scene shows."""

    origin: Origin
    wanted: Wanted
    make_current: bool
    parent_id: UUID | None = None
    heard: AudioSegment | None = None
    whole: bool = True
    goes_on: bool = False


def scene_video_receive(run: JobRun, result: ProviderResult) -> Done:
    asked = run.read(VideoParameters)
    start = asked.frozen.inputs.get(FIRST)
    goes_on = start is not None and start.frame is not None
    clip = AskedClip(Origin.GENERATED, _wanted(asked.frozen), asked.make_current, goes_on=goes_on)
    return _clip_receive(run, result, clip)


def scene_lipsync_receive(run: JobRun, result: ProviderResult) -> Done:
    asked = run.read(LipsyncParameters)
    # It is measured against the clip that it was made from, since its request names no size.
    wanted = (
        Wanted(asked.wanted.duration_seconds, asked.wanted.width, asked.wanted.height) if asked.wanted else Wanted()
    )
    whole = asked.frozen.inputs["video"].start_seconds is None
    clip = AskedClip(Origin.LIPSYNCED, wanted, asked.make_current, asked.parent_id, asked.audio_segment, whole)
    return _clip_receive(run, result, clip)


def _wanted(frozen: FrozenRequest) -> Wanted:
    values = frozen.values
    if not isinstance(values, VideoValues):
        return Wanted()
    return Wanted(seconds=values.duration_seconds, width=values.width, height=values.height)


def _clip_receive(run: JobRun, result: ProviderResult, asked: AskedClip) -> Done:
    """Check and store the clip, and make it the scene's current one unless the job says otherwise."""
    file = produced(result, "video")[0]
    scene = job_scene(run)
    drawn = is_built_in(run.job.provider)
    checks = clip_check(file.path, wanted=asked.wanted, trusted=drawn)
    checks = checks.noted(_notes(run, result, asked.heard, checks.seconds))
    clip_decode_ahead(scene.project, file.path)
    sequence = scene.sequence or 0
    # A mouth isn't redrawn a second time.
    look = clip_preflight(run, scene.project, file.path, drawn=drawn) if asked.origin != Origin.LIPSYNCED else None
    if look is not None and scene.lipsync and (doubt := performance_suspicion(look)):
        checks = checks.model_copy(update={"suspicions": [*checks.suspicions, doubt]})
    if asked.origin == Origin.LIPSYNCED:
        key = scene_lipsync_key(run.job.project_id, sequence, datetime.now(UTC), file.path.suffix)
    else:
        key = scene_file_key(run.job.project_id, sequence, f"clip_{uuid4().hex[:12]}{file.path.suffix}")
    metadata = result_metadata(run, result)
    # Before the file is moved away.
    poster = _first_picture(run, file.path) if asked.goes_on else None
    stored = file_store(
        file.path,
        key=key,
        content_type=file.content_type,
        facts=file.facts,
        on_progress=lambda share: run.progress(95 + 4 * share, "Uploading"),
    )
    if asked.origin == Origin.LIPSYNCED:
        lipsync_completed(run, stored)
    new = NewClip(
        stored=stored,
        look=look,
        origin=asked.origin,
        checks=checks,
        parameters=metadata.told(),
        parent_id=asked.parent_id,
        make_current=asked.make_current,
        cost=result.cost,
        poster=poster,
        part=None if asked.parent_id and asked.whole else (Decimal(0), None),
    )
    return Done(result=CheckedResult(metadata=metadata, checks=checks), save=partial(clip_save, run, new))


def _first_picture(run: JobRun, clip: Path) -> StoredFile | None:
    """Store the clip's first picture; None if it can't be decoded, which its checks tell."""
    try:
        return poster_store(run, clip)
    except (InputError, MediaToolError):
        return None


def _notes(run: JobRun, result: ProviderResult, heard: AudioSegment | None, seconds: float | None) -> list[str]:
    notes = [result.note]
    length = heard.seconds if heard else None
    # Ours measures it by itself.
    if length is not None and seconds is not None and not is_built_in(run.job.provider):
        lost = length - seconds
        if lost > LOST_END_SECONDS:
            notes.append(lost_end_note(lost))
    return notes


def _reference_save(run: JobRun, save: Callable[[], ImagesResult]) -> ImagesResult:
    made = save()
    if run.job.project_id is not None:
        pictures_arrive(
            project_id=run.job.project_id,
            asked=run.read(ReferenceParameters),
            image_ids=[image.image_id for image in made.images],
            used=not run.late,
        )
    return made


def _image_save(run: JobRun, stored: StoredFile, metadata: ResultMetadata, asked: ImageParameters) -> SceneImageResult:
    scene = locked_scene(run)
    told = {**metadata.told(), **({"redo_note": asked.note} if asked.note else {})}
    asset = asset_create(owner=run.job.owner, stored=stored, kind=AssetKind.IMAGE, metadata=told)
    if not run.late and scene.deleted_at is None:
        approved = asked.keeps_approval and scene_approval(scene) == Approval.APPROVED
        scene.image = asset
        scene.version += 1
        if approved:
            scene.approval_of = approval_marks(scene.project, [scene])[scene.pk]
        scene.save(update_fields=["image", "approval_of", "version", "updated_at"])
    return SceneImageResult(image_id=asset.pk, scene_id=scene.pk)
