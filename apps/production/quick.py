"""Quick gen: lip-sync a card's clip to its scene's part of the song, then stitch the video automatically.

The card's job is an ordinary job of the scene: it counts towards the project's budget, a second one is refused, and
its result replaces the clip in the transaction that ends the job. Closing the tab therefore loses nothing.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import structlog
from django.db import transaction
from django.db.models import Exists, OuterRef

from apps.accounts.models import User
from apps.composition.options import OptionChanges
from apps.composition.selectors import composition_is_stale, current_composition
from apps.composition.services import project_compose
from apps.core.errors import ConflictError, InputError, NotFound, StudioError
from apps.generation.lipsync import lipsync_work
from apps.jobs.idempotency import Idempotency, idempotent_job
from apps.jobs.kinds import Kind
from apps.jobs.models import Job
from apps.jobs.states import State
from apps.projects.models import Project
from apps.projects.selectors import project_get, project_lock
from apps.providers.capabilities import Capability
from apps.providers.request_types import FacePoint
from apps.scenes.clip_use import part_seconds
from apps.scenes.clips import refuse_busy
from apps.scenes.lipsync import wanted_like
from apps.scenes.lipsync_inputs import (
    AudioPart,
    lipsync_source,
    lipsync_video,
    project_windows,
    scene_window,
    song_rests,
)
from apps.scenes.making import project_spending, scene_work_start
from apps.scenes.models import Scene
from apps.scenes.picks import scene_picks
from apps.scenes.selectors import scene_get
from apps.work.choice import Picked
from apps.work.frozen import InputSource
from apps.work.parameters import AudioSegment, LipsyncParameters, LipsyncParams
from apps.work.work import Spending, Work, spending_check

log = structlog.get_logger(__name__)

# How far back the sweep looks for lost messages.
STITCH_WITHIN = timedelta(hours=1)
# The length of a scene that has neither a planned length nor a clip.
WITHOUT_LENGTH_SECONDS = Decimal(8)


@dataclass(frozen=True)
class QuickSpec:
    """What a card sends, as in a stand-alone lip-sync call. `video_id`: the clip that the person saw on it. With
    `all_sound`, the band is sent where nobody sings, too, instead of silence."""

    video_id: UUID | None = None
    video_url: str = ""
    audio_id: UUID | None = None
    audio_url: str = ""
    start_time: Decimal | None = None
    end_time: Decimal | None = None
    temperature: float | None = None
    active_speaker_detection: bool | None = None
    occlusion_detection_enabled: bool | None = None
    face: FacePoint | None = None
    all_sound: bool = False
    flavor: str = ""
    provider: str = ""
    model: str = ""


def quick_scene(*, by: User, scene_id: UUID) -> Scene:
    """Return the user's scene. Raises NotFound for an unknown scene or another user's."""
    found = Scene.objects.filter(pk=scene_id, project__owner=by, deleted_at=None)
    place = found.values_list("project_id", "sequence").first()
    if place is None:
        raise NotFound("This scene doesn't exist.")
    return scene_get(by=by, project_id=place[0], sequence=place[1] or 0)


def quick_spec(scene: Scene) -> QuickSpec:
    """Return what the page sends to `/api/mv/lipsync`: the current clip, the song, and the scene's window on it."""
    project = scene.project
    if project.song is None:
        raise InputError("This project has no song to sync to. Add a song first.", code="no_song")
    window = scene_window(project, scene.sequence or 0, default=WITHOUT_LENGTH_SECONDS)
    return QuickSpec(
        video_id=scene.current_clip.asset_id if scene.current_clip is not None else None,
        audio_id=project.song.asset_id,
        start_time=project.song_start + window.start_time,
        end_time=project.song_start + window.end_time,
    )


def quick_windows(project: Project) -> dict[int, tuple[Decimal, Decimal]]:
    """Return [start, end) on the song by scene number, for every scene inside it; a card's script sends this."""
    if project.song is None:
        return {}
    return {
        number: (project.song_start + window.start_time, project.song_start + window.end_time)
        for number, window in project_windows(project, default=WITHOUT_LENGTH_SECONDS).items()
        if window.end_time > window.start_time
    }


def quick_lipsync_work(*, by: User, scene: Scene, spec: QuickSpec) -> Work:
    """Return the quoted work without writing anything. Raises ConflictError if `video_id` isn't the scene's clip."""
    clip, project = scene.current_clip, scene.project
    if clip is None:
        raise InputError(f"Scene {scene.sequence} has no video yet. Generate one first.", code="no_video")
    if spec.video_id != clip.asset_id:
        raise ConflictError("This scene has a different clip now. Review it, then try again.", code="stale")
    source = lipsync_source(scene)
    picks = scene_picks(scene, Capability.LIPSYNC, Picked(spec.provider, spec.model))
    pick = next((one for one in picks if one), Picked())
    asked = replace(
        spec,
        video_id=source.asset_id,
        flavor=spec.flavor or project.flavor,
        provider=pick.provider,
        model=pick.model,
    )
    length = float(asked.end_time - asked.start_time) if asked.end_time and asked.start_time is not None else None
    video = lipsync_video(scene, source, seconds=length or float(part_seconds(scene) or 0))
    work = lipsync_work(by=by, video_part=(video.start_seconds, video.end_seconds), **_call(asked))
    audio = work.frozen.inputs["audio"]
    if not spec.all_sound:
        audio = _with_rests(project, audio)
    window = (audio.end_seconds or 0) - (audio.start_seconds or 0) or source.asset.duration_seconds or 0
    parameters = LipsyncParameters(
        frozen=work.frozen.model_copy(update={"inputs": {**work.frozen.inputs, "audio": audio}}),
        parent_id=source.pk,
        audio_segment=AudioSegment(start_time=audio.start_seconds, end_time=audio.end_seconds),
        lipsync_params=LipsyncParams(audio_id=str(audio.asset_id or ""), all_sound=spec.all_sound or None),
        wanted=wanted_like(source, video.seconds or window),
        stitch_after=True,
    )
    return replace(work, parameters=parameters)


def _call(spec: QuickSpec) -> dict[str, Any]:
    """Return what a stand-alone call has of it."""
    return {name: value for name, value in vars(spec).items() if name != "all_sound"}


def _with_rests(project: Project, audio: InputSource) -> InputSource:
    """Return the audio with silence where nobody sings, if it is the project's song or its vocals."""
    song = project.song
    if song is None or audio.asset_id not in {song.asset_id, song.stem_id}:
        return audio
    start, end = audio.start_seconds or 0.0, audio.end_seconds or song.asset.duration_seconds or 0.0
    return audio.model_copy(update={"silences": song_rests(song, AudioPart(song.asset, start, end))})


def quick_lipsync_start(
    *, by: User, scene_id: UUID, spec: QuickSpec, spending: Spending, idempotency: Idempotency | None = None
) -> Job:
    """Start the card's lip-sync. Raises ConflictError while another job is working on the scene."""
    with transaction.atomic():
        project = project_lock(by=by, project_id=quick_scene(by=by, scene_id=scene_id).project_id)
        if earlier := idempotent_job(by=by, idempotency=idempotency):
            return earlier
        scene = quick_scene(by=by, scene_id=scene_id)
        refuse_busy(scene)
        work = quick_lipsync_work(by=by, scene=scene, spec=spec)
        spending_check(work.quote.amount, project_spending(project, spending))
        return scene_work_start(by=by, scene=scene, work=work, idempotency=idempotency)


def stitch_current(*, by: User, project_id: UUID) -> Job:
    """Compose the latest clip of every scene that has one, with the previous final video's audio settings."""
    current = current_composition(project_get(by=by, project_id=project_id))
    options = current.options if current is not None else {}
    overrides = OptionChanges.model_validate({**options, "skip_missing": True})
    return project_compose(by=by, project_id=project_id, overrides=overrides)


def stitch_again(job: Job) -> None:
    """Stitch the final video again if a Quick gen lip-sync asked for it and it is outdated.

    Called whenever a job of the project ends. Does nothing while a composition is running; its end calls this again."""
    if job.project_id is None or not _stitch_wanted(job):
        return
    project = Project.objects.select_related("owner").filter(pk=job.project_id, final_video__isnull=False).first()
    current = current_composition(project) if project is not None else None
    if project is None or current is None or not composition_is_stale(current):
        return
    try:
        stitch_current(by=project.owner, project_id=project.pk)
    except StudioError as error:
        log.info("not_stitched_again", project_id=str(project.pk), reason=error.code)


def _stitch_wanted(job: Job) -> bool:
    if job.kind == Kind.LIPSYNC:
        asked = LipsyncParameters.find(job)
        return job.state == State.SUCCEEDED and asked is not None and asked.stitch_after
    return (
        job.kind == Kind.COMPOSE
        and Job.objects.filter(
            project_id=job.project_id,
            kind=Kind.LIPSYNC,
            state=State.SUCCEEDED,
            finished_at__gte=job.created_at,
            parameters__stitch_after=True,
        ).exists()
    )


def stitch_missed(*, now: datetime) -> None:
    """Stitch after lip-syncs whose final message was lost (called by the sweep)."""
    composed = Job.objects.filter(
        project_id=OuterRef("project_id"), kind=Kind.COMPOSE, created_at__gte=OuterRef("finished_at")
    )
    ended = Job.objects.filter(
        kind=Kind.LIPSYNC,
        state=State.SUCCEEDED,
        finished_at__gte=now - STITCH_WITHIN,
        parameters__stitch_after=True,
    )
    for job in ended.filter(~Exists(composed)):
        stitch_again(job)
