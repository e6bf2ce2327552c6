"""Stores the results of stand-alone jobs."""

import json
import shutil
from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from uuid import UUID, uuid4

from apps.assets.models import Asset, AssetKind
from apps.assets.services import (
    StoredFile,
    asset_create,
    asset_create_with_parts,
    asset_local_copy,
    file_store,
)
from apps.assets.store.keys import job_file_key, job_metadata_key, job_reference_image_key, job_video_key
from apps.core.errors import ProviderError
from apps.jobs.execution import Done, JobRun
from apps.jobs.kinds import Kind
from apps.providers.base import ProducedFile, ProviderResult
from apps.work.lipsync_log import lipsync_completed
from apps.work.parameters import frozen_request
from apps.work.results import (
    FactsResult,
    ImagesResult,
    MetadataResult,
    ResultMetadata,
    ScenesResult,
    SceneText,
    ShownImage,
    VideoResult,
)


def produced(result: ProviderResult, role: str) -> list[ProducedFile]:
    """Return the files with that role. Raises ProviderError if there are none: paid for but not delivered."""
    files = [file for file in result.files if file.role == role]
    if not files:
        raise ProviderError(f"The provider's response has no {role}.", permanent=True, raw=dict(result.facts))
    return files


def scenes_receive(_run: JobRun, result: ProviderResult) -> Done:
    return Done(result=ScenesResult(scenes=[SceneText.of(one) for one in result.scenes], facts=dict(result.facts)))


def images_receive(run: JobRun, result: ProviderResult) -> Done:
    facts, save = images_store(run, result)
    return Done(result=facts, save=save)


def images_store(run: JobRun, result: ProviderResult) -> tuple[FactsResult, Callable[[], ImagesResult]]:
    """Store each image as its own asset. Returns the facts, and what writes the rows."""
    stored = []
    for file in produced(result, "image"):
        key = job_file_key(uuid4(), f"image{file.path.suffix}")
        stored.append(file_store(file.path, key=key, content_type=file.content_type, facts=file.facts, key_is_new=True))
    facts = dict(result.facts)

    def save() -> ImagesResult:
        assets = [asset_create(owner=run.job.owner, stored=one, kind=AssetKind.IMAGE, metadata=facts) for one in stored]
        return ImagesResult(images=[ShownImage.of(asset) for asset in assets])

    return FactsResult(facts=facts), save


def video_receive(run: JobRun, result: ProviderResult) -> Done:
    """Store the video, with `metadata.json` and the reference image next to it."""
    asset_id = uuid4()
    file = produced(result, "video")[0]
    metadata = result_metadata(run, result)
    stored = file_store(
        file.path,
        key=job_video_key(asset_id),
        content_type=file.content_type,
        facts=file.facts,
        on_progress=lambda share: run.progress(95 + 4 * share, "Uploading"),
        key_is_new=True,
    )
    if run.job.kind == Kind.LIPSYNC:
        lipsync_completed(run, stored)
    parts: list[tuple[StoredFile, AssetKind]] = [(_metadata_store(run, asset_id, metadata), AssetKind.METADATA)]
    if reference := _reference_store(run, asset_id):
        parts.append((reference, AssetKind.IMAGE))
    return Done(result=MetadataResult(metadata=metadata), save=partial(_video_save, run, stored, parts, metadata))


def result_metadata(run: JobRun, result: ProviderResult) -> ResultMetadata:
    """Return how the result was generated: by which provider, from what, and when."""
    frozen = frozen_request(run)
    shown = frozen.values.model_dump(mode="json", exclude={"settings", "energy", "beat_seconds"}, exclude_none=True)
    return ResultMetadata(
        job_id=run.job.pk,
        provider=run.job.provider,
        flavor=run.job.flavor,
        config_hash=run.job.config_hash,
        request=shown,
        inputs=frozen.inputs,
        facts=dict(result.facts),
        note=result.note,
        made_at=datetime.now(UTC),
    )


def _video_save(
    run: JobRun, stored: StoredFile, parts: list[tuple[StoredFile, AssetKind]], metadata: ResultMetadata
) -> VideoResult:
    asset = asset_create_with_parts(
        owner=run.job.owner, stored=stored, kind=AssetKind.VIDEO, parts=parts, metadata=metadata.told()
    )
    return VideoResult.of(asset)


def _metadata_store(run: JobRun, asset_id: UUID, metadata: ResultMetadata) -> StoredFile:
    path = run.scratch / "metadata.json"
    path.write_text(json.dumps(metadata.told(), indent=2))
    return file_store(path, key=job_metadata_key(asset_id), content_type="application/json", key_is_new=True)


def _reference_store(run: JobRun, asset_id: UUID) -> StoredFile | None:
    source = frozen_request(run).inputs.get("character_reference")
    reference = Asset.objects.filter(pk=source.asset_id).first() if source and source.asset_id else None
    if reference is None:
        return None
    suffix = Path(reference.key).suffix
    copy = run.scratch / f"reference_image{suffix}"
    with asset_local_copy(reference) as path:
        shutil.copyfile(path, copy)
    key = job_reference_image_key(asset_id, suffix)
    return file_store(copy, key=key, content_type=reference.content_type, key_is_new=True)
