"""What the log says of a lip-sync, the same for a scene's and one on its own. Links appear without their signatures."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from decimal import Decimal
from uuid import UUID

import structlog
from django.utils import timezone

from apps.assets.models import Asset
from apps.assets.services import StoredFile, asset_url
from apps.core.http_failures import without_secrets
from apps.jobs.execution import JobRun
from apps.jobs.models import Job
from apps.jobs.states import State
from apps.providers.request_types import FacePoint
from apps.work.frozen import InputSource
from apps.work.inputs import inputs_found
from apps.work.parameters import LipsyncParameters

log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class LipsyncAsked:
    """A request's options as they were given; None or "" is left to the flavor."""

    temperature: float | None = None
    active_speaker_detection: bool | None = None
    occlusion_detection_enabled: bool | None = None
    face: FacePoint | None = None
    video_id: UUID | None = None
    video_url: str = ""
    audio_id: UUID | None = None
    audio_url: str = ""
    start_time: Decimal | None = None
    end_time: Decimal | None = None
    audio_start: Decimal | None = None
    preview: bool = False
    provider: str = ""
    model: str = ""
    flavor: str = ""


def lipsync_received(asked: LipsyncAsked, *, project_id: UUID | None = None, sequences: Sequence[int] = ()) -> None:
    """Log a request; `sequences` are the scenes it is for."""
    given = {name: value for name, value in asdict(asked).items() if value not in (None, "")}
    given |= {name: without_secrets(given[name]) for name in ("video_url", "audio_url") if name in given}
    told = {name: value if isinstance(value, bool | float | str) else str(value) for name, value in given.items()}
    place = {"project_id": str(project_id), "sequences": list(sequences)} if project_id else {}
    log.info("lipsync_request_received", **place, **told)


def lipsync_started(run: JobRun) -> None:
    """Log that a worker begins, with what it works on."""
    frozen = run.read(LipsyncParameters).frozen
    assets = inputs_found(run, frozen.inputs.values())
    log.info(
        "lipsync_processing_started",
        provider=run.job.provider,
        scene_id=str(run.job.scene_id or ""),
        **{f"{name}_url": _address(source, assets) for name, source in frozen.inputs.items()},
        **{f"{name}_range": _range(source) for name, source in frozen.inputs.items() if _range(source)},
        **frozen.values.model_dump(mode="json", exclude={"settings"}),
    )


def lipsync_completed(run: JobRun, stored: StoredFile) -> None:
    taken = (timezone.now() - (run.job.started_at or run.job.created_at)).total_seconds()
    log.info("lipsync_processing_completed", seconds=round(taken, 3), bytes=stored.digest.size_bytes)


def lipsync_ended(job: Job) -> None:
    """Log how it ended. On failure a scene kept its clip."""
    facts = {"job_id": str(job.pk), "project_id": str(job.project_id or ""), "scene_id": str(job.scene_id or "")}
    if job.state != State.SUCCEEDED:
        # Empty if the provider reported the failure itself: then nothing of ours was running.
        trace = str(job.error_evidence.get("traceback", ""))
        log.warning("lipsync_error", reason=job.error, code=job.code, traceback=trace, scene_preserved=True, **facts)
    elif job.scene_id is not None:
        log.info("lipsync_scene_updated", clip_id=job.result.get("clip_id"), **facts)


def _address(source: InputSource, assets: Mapping[UUID, Asset]) -> str:
    """Return where the input is: its link, its object in the bucket, or its name in the media folder."""
    if source.asset_id is None:
        return without_secrets(source.url)
    asset = assets.get(source.asset_id)
    if asset is None:
        return ""
    link = asset_url(asset)
    return without_secrets(link) if link else asset.key


def _range(source: InputSource) -> list[float] | None:
    if source.start_seconds is None and source.end_seconds is None:
        return None
    return [source.start_seconds or 0.0, source.end_seconds or 0.0]
