"""Worker code for composed videos: open the frozen plan, compose, prove, store."""

import json
import shutil
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from uuid import uuid4

import structlog
from django.conf import settings

from apps.assets.models import AssetKind
from apps.assets.services import StoredFile, asset_create, file_store
from apps.assets.store.keys import final_file_key, job_file_key, job_metadata_key, job_video_key
from apps.composition.frozen import FrozenPlan, plan_opened
from apps.composition.handoff.package import export_run
from apps.composition.models import Composition
from apps.composition.parameters import ComposeParameters, StitchParameters
from apps.composition.results import ComposedResult, ProofResult, StitchMetadata, StitchResult
from apps.jobs.execution import Done, Handler, JobRun
from apps.jobs.kinds import Kind
from apps.projects.models import Project
from apps.work.results import VideoResult
from apps.work.shots.joining import segment_cache
from engines.composing.compose import compose
from engines.composing.proof import Proof, prove, require_passed
from engines.media.stills import poster, sprite

log = structlog.get_logger(__name__)

_POSTER_WIDTH = 1280
_KEPT_FOR_INSPECTION = 10


@dataclass(frozen=True)
class _Finished:
    video: Path
    poster: Path
    thumbnails: Path
    proof: Proof


def composition_run(run: JobRun) -> Done:
    """Compose a project's video. It becomes the final video (or its output's newest) only if it passes its proof."""
    parameters = run.read(ComposeParameters)
    finished = _compose(run, parameters.plan)
    project_id, name = parameters.project_id, str(run.job.pk)
    video = _video_store(run, finished.video, final_file_key(project_id, f"{name}.mp4"))
    still = file_store(finished.poster, key=final_file_key(project_id, f"{name}.jpg"), content_type="image/jpeg")
    sheet_key = final_file_key(project_id, f"{name}-thumbnails.jpg")
    sheet = file_store(finished.thumbnails, key=sheet_key, content_type="image/jpeg")
    return Done(
        result=ProofResult(proof=finished.proof.as_json()),
        save=partial(_composition_save, run, parameters, _Stored(video, still, sheet), finished.proof),
    )


def _video_store(run: JobRun, path: Path, key: str) -> StoredFile:
    return file_store(
        path,
        key=key,
        content_type="video/mp4",
        on_progress=lambda share: run.progress(98 + share, "Uploading"),
    )


def stitch_run(run: JobRun) -> Done:
    """Stitch clips into a separate video, stored with its metadata and poster."""
    parameters, asset_id = run.read(StitchParameters), uuid4()
    finished = _compose(run, parameters.plan)
    proof = finished.proof.as_json()
    metadata = StitchMetadata(
        job_id=run.job.pk,
        flavor=run.job.flavor,
        config_hash=run.job.config_hash,
        video_ids=parameters.video_ids,
        audio_id=parameters.audio_id,
        proof=proof,
    )
    told = metadata.model_dump(mode="json")
    notes = run.scratch / "metadata.json"
    notes.write_text(json.dumps(told, indent=2))
    video = _video_store(run, finished.video, job_video_key(asset_id))
    parts = [
        (file_store(notes, key=job_metadata_key(asset_id), content_type="application/json"), AssetKind.METADATA),
        (
            file_store(finished.poster, key=job_file_key(asset_id, "poster.jpg"), content_type="image/jpeg"),
            AssetKind.IMAGE,
        ),
    ]

    def save() -> VideoResult:
        owner = run.job.owner
        asset = asset_create(owner=owner, stored=video, kind=AssetKind.VIDEO, metadata=told)
        for part, kind in parts:
            asset_create(owner=owner, stored=part, kind=kind, part_of=asset)
        return VideoResult.of(asset)

    return Done(result=StitchResult(metadata=metadata, proof=proof), save=save)


def _compose(run: JobRun, frozen: FrozenPlan) -> _Finished:
    """Compose into the scratch folder. Raises MediaToolError and keeps the file for inspection if the proof fails."""
    output = run.scratch / "final.mp4"
    with ExitStack() as files:
        plan = plan_opened(frozen, files, check=run.check)
        with segment_cache().session() as session:
            composed = compose(
                plan,
                output,
                cache=session,
                progress=lambda percent, message: run.progress(0.9 * percent, message),
                cancelled=run.cancelled,
            )
            run.progress(92, "Checking the video")
            proof = prove(composed, session, run.cancelled)
    if not proof.passed:
        _keep_for_inspection(run, output)
    require_passed(proof)
    log.info(
        "video_composed",
        frames=plan.frames,
        encoded_segments=composed.segments.encoded_segments,
        encoded_frames=composed.segments.encoded_frames,
        bytes=output.stat().st_size,
    )
    run.progress(98, "Choosing pictures")
    middles = [
        float((cut + shot.frames / 2) / plan.format.fps) for cut, shot in zip(plan.cuts(), plan.shots, strict=True)
    ]
    return _Finished(
        video=output,
        poster=poster(output, run.scratch / "poster.jpg", width=_POSTER_WIDTH),
        thumbnails=sprite(output, middles, run.scratch / "thumbnails.jpg"),
        proof=proof,
    )


def _keep_for_inspection(run: JobRun, output: Path) -> None:
    folder = Path(settings.DATA_DIR) / "inspection"
    folder.mkdir(parents=True, exist_ok=True)
    kept = folder / f"{run.job.pk}.mp4"
    shutil.move(output, kept)
    for old in sorted(folder.iterdir(), key=lambda file: file.stat().st_mtime)[:-_KEPT_FOR_INSPECTION]:
        old.unlink(missing_ok=True)
    log.error("composition_proof_failed", kept_as=str(kept))


@dataclass(frozen=True)
class _Stored:
    video: StoredFile
    poster: StoredFile
    thumbnails: StoredFile


def _composition_save(run: JobRun, parameters: ComposeParameters, files: _Stored, proof: Proof) -> ComposedResult:
    job = run.job
    asset = asset_create(owner=job.owner, stored=files.video, kind=AssetKind.VIDEO, metadata={"proof": proof.as_json()})
    image = asset_create(owner=job.owner, stored=files.poster, kind=AssetKind.IMAGE)
    sheet = asset_create(owner=job.owner, stored=files.thumbnails, kind=AssetKind.IMAGE)
    composition = Composition.objects.create(
        project_id=parameters.project_id,
        output_id=parameters.output_id,
        asset=asset,
        poster=image,
        thumbnails=sheet,
        job=job,
        fingerprint=parameters.fingerprint,
        options=parameters.options.told(),
        plan=parameters.plan.model_dump(mode="json"),
        proof=proof.as_json(),
    )
    if parameters.output_id is None:
        shown = Project.objects.filter(pk=parameters.project_id)
        if parameters.replaces:
            # Created from a final video that has since been replaced: keep it without making it the final one.
            shown = shown.filter(final_video_id=parameters.replaces)
        shown.update(final_video=asset)
    return ComposedResult.of(asset, composition_id=composition.pk, poster_id=image.pk, thumbnails_id=sheet.pk)


HANDLERS: dict[str, Handler] = {
    Kind.COMPOSE: composition_run,
    Kind.STITCH: stitch_run,
    Kind.EXPORT: export_run,
}
