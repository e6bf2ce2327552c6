"""Lip-sync of a project's scenes: the job, and the response."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from decimal import Decimal
from typing import Any
from uuid import UUID

import structlog
from django.db import transaction

from apps.accounts.models import User
from apps.generation.lipsync import face_check, lipsync_request
from apps.jobs.idempotency import Idempotency, fingerprint_of, idempotent_job
from apps.jobs.kinds import Kind
from apps.jobs.models import Job
from apps.jobs.priorities import work_of
from apps.jobs.states import State
from apps.projects.models import Project
from apps.projects.selectors import project_lock
from apps.providers.capabilities import Capability
from apps.scenes.lipsync_inputs import (
    AudioPart,
    LipsyncSpec,
    lipsync_audio,
    lipsync_source,
    lipsync_video,
    project_windows,
)
from apps.scenes.making import project_spending, scene_work_start
from apps.scenes.models import Clip, Scene
from apps.scenes.picks import scene_picks
from apps.scenes.selectors import original_clip, scenes_get
from apps.work.audio_window import AudioWindow
from apps.work.choice import Chooser, Picked, chooser, provider_choose
from apps.work.frozen import InputSource
from apps.work.lipsync_log import LipsyncAsked, lipsync_received
from apps.work.parameters import AudioSegment, LipsyncParameters, LipsyncParams, WantedClip, WorkParameters
from apps.work.work import Spending, Work, spending_check, work_prepare

log = structlog.get_logger(__name__)


def scenes_lipsync_works(
    *, by: User, project_id: UUID, sequences: Sequence[int], spec: LipsyncSpec
) -> list[tuple[Scene, Work]]:
    """Return each scene with its quoted work. The scenes' windows on the song are computed once for all.

    Raises NotFound for an unknown scene number, InputError without a song or a video, or past the song's end.
    """
    scenes = scenes_get(by=by, project_id=project_id, sequences=sequences)
    windows = project_windows(scenes[0].project) if scenes else {}
    choose = chooser()
    return [(scene, _work(by, scene, spec, windows, choose)) for scene in scenes]


def scene_lipsync_work(*, by: User, scene: Scene, spec: LipsyncSpec) -> Work:
    """Return the quoted work of one scene."""
    return _work(by, scene, spec, project_windows(scene.project), provider_choose)


def _work(by: User, scene: Scene, spec: LipsyncSpec, windows: Mapping[int, AudioWindow], choose: Chooser) -> Work:
    project, sequence = scene.project, scene.sequence or 0
    clip = lipsync_source(scene, spec.clip_id)
    audio = lipsync_audio(by=by, project=project, spec=spec, windows=windows, sequence=sequence)
    choice = choose(
        Capability.LIPSYNC,
        flavor=spec.flavor or project.flavor,
        picks=scene_picks(scene, Capability.LIPSYNC, Picked(spec.provider, spec.model)),
    )
    face_check(spec.options.face, choice=choice, video=clip.asset)
    start, end = audio.start_seconds, audio.end_seconds
    video = lipsync_video(scene, clip, seconds=end - start)
    frozen = lipsync_request(
        choice=choice,
        video=video,
        audio=InputSource(asset_id=audio.asset.pk, start_seconds=start, end_seconds=end, silences=audio.silences),
        options=spec.options,
    )
    options = spec.options.resolved(choice).model_dump(exclude={"settings"})
    parameters = LipsyncParameters(
        frozen=frozen,
        make_current=not spec.preview,
        parent_id=clip.pk,
        audio_segment=_segment(audio, windows[sequence]),
        scene_count=windows[sequence].scene_count,
        lipsync_params=LipsyncParams(
            **options,
            audio_id=str(audio.asset.pk),
            preview=spec.preview,
            all_sound=spec.all_sound or None,
            silences=_silences(project, audio),
        ),
        wanted=wanted_like(clip, video.seconds or end - start),
        # The audio as requested, so that a retry can request it again.
        asked_audio=spec.asked_audio,
        look_first=spec.preflight_first,
        refuse_doubts=spec.preflight_first,
    )
    return work_prepare(by=by, kind=Kind.LIPSYNC, parameters=parameters, choice=choice)


def wanted_like(clip: Clip, seconds: float) -> WantedClip:
    """Return what the lip-synced clip is checked against: its source clip, and `seconds` of sound."""
    return WantedClip(
        duration_seconds=min(seconds, clip.asset.duration_seconds or seconds),
        width=clip.asset.width,
        height=clip.asset.height,
    )


def _silences(project: Project, audio: AudioPart) -> tuple[tuple[float, float], ...] | None:
    """Return the silences from the start of the song's used part, as the response shows them; None without any."""
    first = float(project.song_start)
    return tuple((round(a - first, 3), round(b - first, 3)) for a, b in audio.silences) or None


def _segment(audio: AudioPart, window: AudioWindow) -> AudioSegment:
    """Return the range: of the song, from the start of its used part; of a scene's own line, from the file's start."""
    if audio.own_line:
        return AudioSegment(start_time=audio.start_seconds, end_time=audio.end_seconds)
    return AudioSegment(start_time=float(window.start_time), end_time=float(window.end_time))


def scenes_lipsync(
    *,
    by: User,
    project_id: UUID,
    sequences: Sequence[int],
    spec: LipsyncSpec,
    spending: Spending,
    idempotency: Idempotency | None = None,
) -> list[Job]:
    """Start one job per scene, all or none; a repeated key returns the jobs it created before.

    Raises ConflictError while another job is working on one of the scenes.
    """
    lipsync_received(_asked(spec), project_id=project_id, sequences=sequences)
    with transaction.atomic():
        project = project_lock(by=by, project_id=project_id)
        keys = [_scene_key(idempotency, sequence, alone=len(sequences) == 1) for sequence in sequences]
        earlier = [idempotent_job(by=by, idempotency=key) for key in keys]
        if all(earlier):
            return [job for job in earlier if job]
        works = scenes_lipsync_works(by=by, project_id=project_id, sequences=sequences, spec=spec)
        for scene, work in works:
            _timing_tell(scene, work.parameters)
        total = sum((work.quote.amount for _, work in works), Decimal(0))
        spending_check(total, project_spending(project, spending))
        with work_of(len(works)):
            return [
                scene_work_start(by=by, scene=scene, work=work, idempotency=key)
                for key, (scene, work) in zip(keys, works, strict=True)
            ]


def _asked(spec: LipsyncSpec) -> LipsyncAsked:
    return LipsyncAsked(
        **{**asdict(spec.options), "face": spec.options.face},
        audio_id=spec.audio_id,
        audio_start=spec.audio_start,
        preview=spec.preview,
        provider=spec.provider,
        model=spec.model,
        flavor=spec.flavor,
    )


def _timing_tell(scene: Scene, asked: WorkParameters) -> None:
    if isinstance(asked, LipsyncParameters) and asked.audio_segment is not None:
        facts = {**asked.audio_segment.model_dump(), "scene_count": asked.scene_count}
        log.info("audio_timing_calculated", project_id=str(scene.project_id), sequence=scene.sequence, **facts)


def _scene_key(idempotency: Idempotency | None, sequence: int, *, alone: bool) -> Idempotency | None:
    """Return a job's idempotency key; with several scenes it includes the position, since a key names one job."""
    if idempotency is None or alone:
        return idempotency
    return replace(idempotency, key=fingerprint_of(idempotency.key, {"sequence": sequence}))


def lipsync_result(scene: Scene, job: Job | None) -> dict[str, Any]:
    """A `LipsyncSceneResponse` without its job: the state of the scene's lip-sync."""
    clip = scene.current_clip
    first = original_clip(scene)
    asked = LipsyncParameters.find(job) if job else None
    params = asked.lipsync_params if asked else None
    return {
        "project_id": str(scene.project_id),
        "sequence": scene.sequence,
        "video_url": f"/api/mv/get_video/{clip.asset_id}" if clip else None,
        "original_video_url": f"/api/mv/get_video/{first.asset_id}" if first else None,
        "audio_segment": asked.audio_segment.model_dump() if asked and asked.audio_segment else None,
        "lipsync_params": params.model_dump(mode="json", exclude_none=True) if params else {},
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
    """Return why the last one failed, as a sentence; "" otherwise."""
    if job is None or job.is_live or job.state == State.SUCCEEDED:
        return ""
    return job.error or "It was cancelled."


def processing_seconds(job: Job | None) -> float | None:
    """Return the time from the first worker's start to the end."""
    if job is None or job.started_at is None or job.finished_at is None:
        return None
    return round((job.finished_at - job.started_at).total_seconds(), 3)
