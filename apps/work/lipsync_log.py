"""What the log says of a lip-sync, the same for a scene's and one on its own. Links appear without their signatures."""

from collections.abc import Mapping
from typing import Any

import structlog
from django.utils import timezone

from apps.assets.models import Asset
from apps.assets.services import StoredFile, asset_url
from apps.core.http_failures import without_secrets
from apps.jobs.execution import JobRun
from apps.jobs.models import Job
from apps.jobs.states import State
from apps.work.frozen import InputSource
from apps.work.parameters import LipsyncParameters

log = structlog.get_logger(__name__)


def lipsync_received(asked: Mapping[str, Any], **place: Any) -> None:
    """Log a request's options as they were given; what was left to the flavor is missing."""
    given = {
        name: without_secrets(value) if name.endswith("_url") else value if _is_plain(value) else str(value)
        for name, value in asked.items()
        if value not in (None, "")
    }
    log.info("lipsync_request_received", **place, **given)


def lipsync_started(run: JobRun) -> None:
    """Log that a worker begins, with what it works on."""
    frozen = run.read(LipsyncParameters).frozen
    log.info(
        "lipsync_processing_started",
        provider=run.job.provider,
        scene_id=str(run.job.scene_id or ""),
        **{f"{name}_url": _address(source) for name, source in frozen.inputs.items()},
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


def _is_plain(value: Any) -> bool:
    return isinstance(value, bool | int | float | str | list)


def _address(source: InputSource) -> str:
    """Return where the input is: its link, its object in the bucket, or its name in the media folder."""
    if source.asset_id is None:
        return without_secrets(source.url)
    asset = Asset.objects.filter(pk=source.asset_id).first()
    if asset is None:
        return ""
    link = asset_url(asset)
    return without_secrets(link) if link else asset.key


def _range(source: InputSource) -> list[float] | None:
    if source.start_seconds is None and source.end_seconds is None:
        return None
    return [source.start_seconds or 0.0, source.end_seconds or 0.0]
