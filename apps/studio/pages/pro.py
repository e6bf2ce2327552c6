"""Pro editor: parts of one video, each lip-synced to its own audio."""

from typing import Any
from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe

from apps.accounts.models import User
from apps.assets.models import Asset
from apps.assets.models import Kind as AssetKind
from apps.assets.selectors import asset_get
from apps.core.errors import NotFound
from apps.flavors.registry import capability_settings
from apps.jobs.kinds import Kind
from apps.jobs.models import Job
from apps.jobs.selectors import job_get, jobs_of
from apps.jobs.states import FINISHED, RETRYABLE
from apps.projects.models import Project
from apps.projects.selectors import project_get
from apps.providers.base import Capability
from apps.providers.registry import providers_for
from apps.providers.sync_so.payload import SYNC_MODES
from apps.studio.cards import owner_of, view_url
from apps.studio.live import Piece, live_response, piece_html, poll_seconds

RECENT_JOBS = 10
# A shorter sung part is a breath or a mistake of the analysis.
SHORTEST_PART_SECONDS = 0.5


@login_required
@require_safe
def pro(request: HttpRequest) -> HttpResponse:
    """The editor; `?video_id=` opens a video of ours, `?project=` a project's final one with its sung parts."""
    by = owner_of(request)
    models = capability_settings("", Capability.SEGMENTED_LIPSYNC).values["providers"]["sync_so"]["models"]
    context = {
        "start": _start(by, request),
        "models": list(models),
        "sync_modes": SYNC_MODES,
        "providers": providers_for(Capability.SEGMENTED_LIPSYNC),
        "jobs": jobs_of(by).filter(kind=Kind.PRO_LIPSYNC)[:RECENT_JOBS],
    }
    return render(request, "studio/pro.html", context)


@login_required
@require_safe
def pro_job(request: HttpRequest, job_id: UUID) -> HttpResponse:
    """One Pro job: live status, then the result beside the original."""
    job = job_get(owner_of(request), job_id)
    if job.kind != Kind.PRO_LIPSYNC:
        raise NotFound("There is no such Pro job.")
    piece = _piece(job)
    url = f"{reverse('studio:pro-job', args=[job_id])}?live=1"
    if request.GET.get("live"):
        return live_response(request, [piece], url=url, busy=job.is_live)
    poll = {"url": url, "busy": job.is_live, "seconds": poll_seconds(job.is_live)}
    return render(request, "studio/pro_job.html", {"job": job, "html": piece_html(request, piece), "poll": poll})


def _piece(job: Job) -> Piece:
    order = job.parameters.get("order", {})
    runs = [run for run in job.remote_runs.all() if run.attempt == job.attempt]
    context = {
        "job": job,
        "order": order,
        "provider_id": runs[0].remote_id if runs else "",
        "original_url": view_url(_video(job, order.get("video_id"))),
        "result_url": view_url(_video(job, job.result.get("video_id"))),
        "may_cancel": job.state not in FINISHED,
        "may_retry": job.state in RETRYABLE,
    }
    facts = [job.state, int(job.progress_percentage), job.progress_message, job.cost, job.attempt, job.error]
    return Piece("pro-job", "studio/pro_job_body.html", [*facts, context["provider_id"]], context)


def _video(job: Job, asset_id: str | None) -> Asset | None:
    return Asset.objects.filter(owner=job.owner, pk=asset_id).first() if asset_id else None


def _start(by: User, request: HttpRequest) -> dict[str, Any]:
    """What the editor opens with, as its script reads it."""
    project = _project(by, request.GET.get("project", ""))
    video_id = request.GET.get("video_id") or (str(project.final_video_id or "") if project else "")
    if not video_id:
        return {}
    video = asset_get(by=by, asset_id=video_id, kind=AssetKind.VIDEO)
    found: dict[str, Any] = {
        "video": {
            "id": str(video.pk),
            "url": view_url(video),
            "name": video.original_name or "video",
            "seconds": video.duration_seconds,
            "fps": video.fps,
        }
    }
    if project is not None and project.song is not None:
        stem = project.song.stem or project.song.asset
        found["audio"] = {
            "id": str(stem.pk),
            "url": view_url(stem),
            "name": project.song.title,
            "seconds": stem.duration_seconds,
        }
        found["sung"] = _sung_parts(project, float(video.duration_seconds or 0))
    return found


def _project(by: User, project_id: str) -> Project | None:
    if not project_id:
        return None
    try:
        return project_get(by=by, project_id=UUID(project_id))
    except ValueError as error:
        raise NotFound("There is no such project.") from error


def _sung_parts(project: Project, seconds: float) -> list[dict[str, float]]:
    """Where somebody sings, on the video's clock with the same place in the song: [{start, end, from, to}]."""
    offset = float(project.song_start)
    voice = project.song.analysis.get("voice", {}) if project.song else {}
    parts = []
    for begin, end in voice.get("ranges", ()):
        start, stop = max(0.0, begin - offset), min(seconds, end - offset)
        if stop - start >= SHORTEST_PART_SECONDS:
            parts.append({"start": start, "end": stop, "from": start + offset, "to": stop + offset})
    return parts
