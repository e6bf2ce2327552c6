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

from apps.assets.models import Asset, AssetKind
from apps.assets.services import (
    StoredFile,
    asset_create,
    asset_create_with_parts,
    asset_local_copy,
    file_store,
)
from apps.assets.store.keys import final_file_key, job_file_key, job_metadata_key, job_video_key, safe_name
from apps.composition.colors.preview import matching_plan
from apps.composition.crops.finding import clip_keys
from apps.composition.fanout.handlers import is_waiting, segment_run, segments_handed_out
from apps.composition.frozen import FrozenPlan
from apps.composition.handoff.package import export_run
from apps.composition.models import Composition, Output
from apps.composition.opening import plan_opened
from apps.composition.parameters import ClipColorsParameters, ClipFramingParameters, ComposeParameters, StitchParameters
from apps.composition.results import ComposedResult, ProofResult, StitchMetadata, StitchResult
from apps.core.errors import NotFound
from apps.jobs.execution import Done, HandedOff, Handler, JobRun, Outcome
from apps.jobs.kinds import Kind
from apps.projects.models import Project
from apps.work.results import VideoResult
from apps.work.shots.joining import segment_cache
from engines.composing.film import Film, make_film
from engines.composing.proof import Proof
from engines.media.probe import media_facts

log = structlog.get_logger(__name__)

_KEPT_FOR_INSPECTION = 10


def composition_run(run: JobRun) -> Outcome:
    """Compose a project's video. It becomes the final video (or its output's newest) only if it passes its proof."""
    parameters = run.read(ComposeParameters)
    finished = _compose(run, parameters.plan)
    if finished is None:
        return HandedOff()
    project_id, name = parameters.project_id, str(run.job.pk)
    video = _video_store(run, finished.video, final_file_key(project_id, f"{name}.mp4"))
    still = _picture_store(finished.poster, final_file_key(project_id, f"{name}.jpg"))
    sheet = _picture_store(finished.thumbnails, final_file_key(project_id, f"{name}-thumbnails.jpg"))
    return Done(
        result=ProofResult(proof=finished.proof.as_json()),
        save=partial(_composition_save, run, parameters, _Stored(video, still, sheet), finished.proof),
    )


def _video_store(run: JobRun, path: Path, key: str) -> StoredFile:
    return file_store(
        path,
        key=key,
        content_type="video/mp4",
        facts=media_facts(path),
        on_progress=lambda share: run.progress(98 + share, "Uploading"),
    )


def _picture_store(path: Path, key: str) -> StoredFile:
    return file_store(path, key=key, content_type="image/jpeg", facts=media_facts(path))


def stitch_run(run: JobRun) -> Outcome:
    """Stitch clips into a separate video, stored with its metadata and poster."""
    parameters, asset_id = run.read(StitchParameters), uuid4()
    finished = _compose(run, parameters.plan)
    if finished is None:
        return HandedOff()
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
        (_picture_store(finished.poster, job_file_key(asset_id, "poster.jpg")), AssetKind.IMAGE),
    ]

    def save() -> VideoResult:
        owner = run.job.owner
        asset = asset_create_with_parts(owner=owner, stored=video, kind=AssetKind.VIDEO, parts=parts, metadata=told)
        return VideoResult.of(asset)

    return Done(result=StitchResult(metadata=metadata, proof=proof), save=save)


def _compose(run: JobRun, frozen: FrozenPlan) -> Film | None:
    """Compose into the scratch folder; None if the job now waits for segments that other jobs make.

    Raises MediaToolError and keeps the file for inspection if the proof fails."""
    if is_waiting(run):
        return None
    # The outer session keeps what was fetched until the film is joined.
    with ExitStack() as files, segment_cache().session() as session:
        plan = plan_opened(frozen, files, check=run.check)
        if segments_handed_out(run, frozen, plan, session):
            return None
        film = make_film(
            plan,
            run.scratch,
            cache=segment_cache(),
            progress=run.progress,
            cancelled=run.cancelled,
            refused=partial(_keep_for_inspection, run),
        )
    facts = film.proof.facts
    log.info(
        "video_composed",
        frames=plan.frames,
        encoded_segments=facts["encoded_segments"],
        encoded_frames=facts["encoded_frames"],
        bytes=film.video.stat().st_size,
    )
    return film


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
    asset = asset_create(
        owner=job.owner,
        stored=files.video,
        kind=AssetKind.VIDEO,
        original_name=_video_name(parameters),
        metadata={"proof": proof.as_json()},
    )
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


def _video_name(parameters: ComposeParameters) -> str:
    """Return the name under which the video is saved: of the film, and of the output if it is another one."""
    titles = Project.objects.filter(pk=parameters.project_id).values_list("title", flat=True)
    names = Output.objects.filter(pk__in=[parameters.output_id]).values_list("name", flat=True)
    return f"{safe_name(' '.join([*titles, *names]).replace('/', ' '), fallback='video')}.mp4"


def clip_framing_run(run: JobRun) -> Done:
    """Find what stays in view of a clip in other shapes."""
    asset = Asset.objects.filter(pk=run.read(ClipFramingParameters).asset_id).first()
    if asset is None:
        raise NotFound("The clip was deleted.")
    run.progress(5, "Looking at the clip")
    with asset_local_copy(asset, check=run.check) as path:
        clip_keys(asset, path, check=run.check)
    return Done()


def clip_colors_run(run: JobRun) -> Done:
    """Measure the clips of the project's film, as composing it would."""
    project = Project.objects.filter(pk=run.read(ClipColorsParameters).project_id).first()
    if project is None:
        raise NotFound("The project was deleted.")
    run.progress(5, "Looking at the clips")
    with ExitStack() as files:
        plan_opened(matching_plan(project), files, check=run.check)
    return Done()


HANDLERS: dict[str, Handler] = {
    Kind.CLIP_COLORS: clip_colors_run,
    Kind.CLIP_FRAMING: clip_framing_run,
    Kind.COMPOSE: composition_run,
    Kind.SEGMENT: segment_run,
    Kind.STITCH: stitch_run,
    Kind.EXPORT: export_run,
}
