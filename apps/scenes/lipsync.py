"""Lip-sync of a project's scenes: the window, the job, the answer.

The window comes from `apps.generation.audio_window` and one query, for the page, the API and the Pro editor.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Any
from uuid import UUID

import structlog
from django.db import transaction

from apps.accounts.models import User
from apps.assets.models import Asset
from apps.assets.models import Kind as AssetKind
from apps.assets.selectors import asset_get
from apps.core.errors import InputError
from apps.flavors.registry import resolve
from apps.generation.audio_window import AudioWindow, SceneLength, audio_window
from apps.generation.choice import provider_choose
from apps.generation.frozen import InputSource
from apps.generation.lipsync import LipsyncOptions, prepared_lipsync
from apps.generation.work import Spending, Work, spending_check
from apps.jobs.models import Job
from apps.jobs.services import Idempotency, fingerprint_of, idempotent_job
from apps.jobs.states import State
from apps.projects.models import Project
from apps.projects.selectors import project_lock, song_seconds
from apps.providers.base import Capability
from apps.scenes.arrangement import seconds
from apps.scenes.making import project_spending, scene_work_start
from apps.scenes.models import Scene
from apps.scenes.selectors import original_clip, scene_get, scenes_of

log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class LipsyncWish:
    """What a call may say. `audio_id`: another song or a vocal stem, for this scene only. `preview`: make the
    clip and do not make it current."""

    options: LipsyncOptions = field(default_factory=LipsyncOptions)
    audio_id: UUID | None = None
    preview: bool = False
    provider: str = ""
    flavor: str = ""


def scene_window(project: Project, sequence: int) -> AudioWindow:
    """The scene's part of the song, in seconds from the start of the used part; one query for all scenes.

    Raises InputError when it starts past the end of the song.
    """
    rows = scenes_of(project).values_list("sequence", "duration", "current_clip__asset__duration_seconds")
    lengths = [
        SceneLength(number or 0, duration, None if clip is None else seconds(clip)) for number, duration, clip in rows
    ]
    default = seconds(resolve(project.flavor, "lipsync_params").values["duration_seconds"])
    window = audio_window(lengths, sequence, default=default, song_seconds=song_seconds(project))
    if window.assumed:
        log.warning("scene_duration_missing", project_id=str(project.pk), sequences=list(window.assumed))
    return window


def scene_lipsync_work(*, by: User, scene: Scene, wish: LipsyncWish) -> Work:
    """Raises InputError without a song, without a video, or past the end of the song."""
    project = scene.project
    clip = scene.current_clip
    if clip is None:
        raise InputError(f"Scene {scene.sequence} has no video yet. Generate or upload one first.", code="no_video")
    audio = _audio(by, project, wish)
    window = scene_window(project, scene.sequence or 0)
    choice = provider_choose(
        Capability.LIPSYNC,
        flavor=wish.flavor or project.flavor,
        asked=wish.provider,
        project_choice=project.providers,
    )
    start, end = _in_audio(project, audio, window)
    wanted_seconds = min(end - start, clip.asset.duration_seconds or end - start)
    return prepared_lipsync(
        by=by,
        choice=choice,
        video=InputSource(asset_id=clip.asset_id),
        audio=InputSource(asset_id=audio.pk, start_seconds=start, end_seconds=end),
        options=wish.options,
        extra={
            "make_current": not wish.preview,
            "parent_id": str(clip.pk),
            "audio_segment": {"start_time": float(window.start_time), "end_time": float(window.end_time)},
            "scene_count": window.scene_count,
            "lipsync_params": {**wish.options.resolved(choice), "audio_id": str(audio.pk), "preview": wish.preview},
            "wanted": {
                "duration_seconds": wanted_seconds,
                "width": clip.asset.width,
                "height": clip.asset.height,
            },
        },
    )


def scenes_lipsync(
    *,
    by: User,
    project_id: UUID,
    sequences: Sequence[int],
    wish: LipsyncWish,
    spending: Spending,
    idempotency: Idempotency | None = None,
) -> list[Job]:
    """One job per scene, all or none; a repeated key answers the jobs that it made.

    Raises ConflictError where one of the scenes is being worked on.
    """
    log.info("lipsync_request_received", project_id=str(project_id), sequences=list(sequences), preview=wish.preview)
    with transaction.atomic():
        project = project_lock(by=by, project_id=project_id)
        keys = [_scene_key(idempotency, sequence, alone=len(sequences) == 1) for sequence in sequences]
        earlier = [idempotent_job(by=by, idempotency=key) for key in keys]
        if all(earlier):
            return [job for job in earlier if job]
        scenes = [scene_get(by=by, project_id=project_id, sequence=sequence) for sequence in sequences]
        works = [scene_lipsync_work(by=by, scene=scene, wish=wish) for scene in scenes]
        for scene, work in zip(scenes, works, strict=True):
            facts = {**work.extra["audio_segment"], "scene_count": work.extra["scene_count"]}
            log.info("audio_timing_calculated", project_id=str(project_id), sequence=scene.sequence, **facts)
        total = sum((work.quote.amount for work in works), Decimal(0))
        spending_check(total, project_spending(project, spending))
        return [
            scene_work_start(by=by, scene=scene, work=work, idempotency=key)
            for key, scene, work in zip(keys, scenes, works, strict=True)
        ]


def _scene_key(idempotency: Idempotency | None, sequence: int, *, alone: bool) -> Idempotency | None:
    """A job's own key: one of several scenes adds its place, since a key names one job."""
    if idempotency is None or alone:
        return idempotency
    return replace(idempotency, key=fingerprint_of(idempotency.key, {"sequence": sequence}))


def lipsync_answer(scene: Scene, job: Job | None) -> dict[str, Any]:
    """A `LipsyncSceneResponse` without its job: how the scene's lip-sync stands."""
    clip = scene.current_clip
    first = original_clip(scene)
    parameters = job.parameters if job else {}
    return {
        "project_id": str(scene.project_id),
        "sequence": scene.sequence,
        "video_url": f"/api/mv/get_video/{clip.asset_id}" if clip else None,
        "original_video_url": f"/api/mv/get_video/{first.asset_id}" if first else None,
        "audio_segment": parameters.get("audio_segment"),
        "lipsync_params": parameters.get("lipsync_params", {}),
        "status": lipsync_status(job),
        "error": lipsync_error(job),
        "warnings": job.result.get("checks", {}).get("notes", []) if job else [],
        "processing_time_seconds": processing_seconds(job),
        "updated_at": scene.updated_at,
    }


def lipsync_status(job: Job | None) -> str:
    """`generating-lipsync`, then `completed` or `error`; `none` before the first."""
    if job is None:
        return "none"
    if job.is_live:
        return "generating-lipsync"
    return "completed" if job.state == State.SUCCEEDED else "error"


def lipsync_error(job: Job | None) -> str:
    """Why the last one came to nothing, in a sentence; "" otherwise."""
    if job is None or job.is_live or job.state == State.SUCCEEDED:
        return ""
    return job.error or "It was cancelled."


def processing_seconds(job: Job | None) -> float | None:
    """From the first worker's start to the end."""
    if job is None or job.started_at is None or job.finished_at is None:
        return None
    return round((job.finished_at - job.started_at).total_seconds(), 3)


def lipsync_ended(job: Job) -> None:
    """Say in the log how a scene's lip-sync ended. On failure the scene kept its clip."""
    facts = {"job_id": str(job.pk), "project_id": str(job.project_id), "scene_id": str(job.scene_id)}
    if job.state == State.SUCCEEDED:
        log.info("lipsync_scene_updated", clip_id=job.result.get("clip_id"), **facts)
    else:
        log.warning("lipsync_error", reason=job.error, code=job.code, scene_preserved=True, **facts)


def _audio(by: User, project: Project, wish: LipsyncWish) -> Asset:
    """The audio that the mouth follows: the call's own, else the song's vocal stem, else the song."""
    if wish.audio_id is not None:
        return asset_get(by=by, asset_id=wish.audio_id, kind=AssetKind.AUDIO)
    song = project.song
    if song is None:
        raise InputError("This project has no song to sync to. Choose a song first.", code="no_song")
    return song.stem or song.asset


def _in_audio(project: Project, audio: Asset, window: AudioWindow) -> tuple[float, float]:
    """The window in seconds of the audio file itself."""
    start = float(project.song_start + window.start_time)
    end = float(project.song_start + window.end_time)
    length = audio.duration_seconds
    if length is None:
        return start, end
    if start >= length:
        raise InputError(
            f"The scene starts at {start:.3f} s, past the end of the audio ({length:.3f} s).", code="window_past_song"
        )
    return start, min(end, length)
