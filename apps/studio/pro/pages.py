"""Pro editor: parts of one video, each lip-synced to its own audio."""

from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_safe

from apps.accounts.acting import acting_user
from apps.accounts.models import User
from apps.assets.models import Asset, AssetKind
from apps.assets.selectors import asset_get
from apps.core.errors import NotFound
from apps.jobs.estimates import job_time_left
from apps.jobs.kinds import Kind
from apps.jobs.models import Job
from apps.jobs.selectors import job_get, jobs_of
from apps.jobs.states import FINISHED, RETRYABLE, Code
from apps.pro.parameters import ProParameters
from apps.providers.registry import is_built_in
from apps.studio.live import LIVE_METHODS, Fragment, live_response, piece_html, poll_of
from apps.studio.pro.choices import pro_choices
from apps.studio.pro.news import result_news
from apps.studio.pro.start import ProStart, job_start, project_start
from apps.studio.project.cards import view_url

RECENT_JOBS = 10


@login_required
@require_safe
def pro(request: HttpRequest) -> HttpResponse:
    """Show the editor. `?video_id=` opens a stored video, `?project=` a project's final video or with `&scene=` a
    scene's clip, with its sung parts; `?job=` opens an earlier order to change and send again."""
    by = acting_user(request)
    start = _start(by, request)
    context = {
        "start": start.as_json() if start else {},
        "destination": start.destination if start else None,
        "choices": pro_choices(),
        "jobs": [(job, _segment_count(job)) for job in jobs_of(by).filter(kind=Kind.PRO_LIPSYNC)[:RECENT_JOBS]],
    }
    return render(request, "studio/pro.html", context)


def _segment_count(job: Job) -> int:
    asked = ProParameters.find(job)
    return len(asked.order.segments) if asked else 0


def _start(by: User, request: HttpRequest) -> ProStart | None:
    """Return what the editor opens with. Raises NotFound for what doesn't exist or isn't the user's."""
    project_id, scene = request.GET.get("project", ""), request.GET.get("scene", "")
    if project_id:
        try:
            return project_start(by=by, project_id=UUID(project_id), sequence=int(scene) if scene else None)
        except ValueError as error:
            raise NotFound("This project or scene doesn't exist.") from error
    if job_id := request.GET.get("job", ""):
        return job_start(by=by, job=_pro_job(by, job_id))
    if video_id := request.GET.get("video_id", ""):
        return ProStart(asset_get(by=by, asset_id=video_id, kind=AssetKind.VIDEO))
    return None


def _pro_job(by: User, job_id: UUID | str) -> Job:
    try:
        job = job_get(by, UUID(str(job_id)))
    except ValueError as error:
        raise NotFound("This Pro job doesn't exist.") from error
    if job.kind != Kind.PRO_LIPSYNC:
        raise NotFound("This Pro job doesn't exist.")
    return job


@login_required
@require_http_methods(LIVE_METHODS)
def pro_job(request: HttpRequest, job_id: UUID) -> HttpResponse:
    """Show one Pro job: live status, then the result next to the original, and where it went."""
    job = _pro_job(acting_user(request), job_id)
    piece = _piece(job)
    busy = job.is_live or piece.context["news"].busy
    url = reverse("studio:pro-job", args=[job_id])
    if request.method == "POST":
        return live_response(request, [piece], url=url, busy=busy)
    context = {"job": job, "html": piece_html(request, piece), "poll": poll_of(url, busy=busy)}
    return render(request, "studio/pro_job.html", context)


def _piece(job: Job) -> Fragment:
    asked = ProParameters.find(job)
    order = asked.order if asked else None
    runs = [run for run in job.remote_runs.all() if run.attempt == job.attempt]
    news = result_news(job)
    context = {
        "job": job,
        "order": order,
        "show_model": order is not None and not is_built_in(job.provider),
        "news": news,
        "provider_id": runs[0].remote_id if runs else "",
        "original_url": view_url(_video(job, order.video_id if order else None)),
        "result_url": view_url(_video(job, job.result.get("video_id") or _late_video_id(job))),
        "may_cancel": job.state not in FINISHED,
        "may_retry": job.state in RETRYABLE and job.imported_at is None,
    }
    facts = [job.state, int(job.progress_percentage), job.progress_message, job.cost, job.attempt, job.error]
    facts += [job_time_left(job), context["provider_id"], news.sentence, bool(context["result_url"])]
    return Fragment("pro-job", "studio/pro_job_body.html", facts, context)


def _late_video_id(job: Job) -> str | None:
    """Return the paid video that arrived after the job had ended, if any."""
    late = job.events.filter(code=Code.LATE_RESULT_KEPT).last()
    return late.facts.get("video_id") if late else None


def _video(job: Job, asset_id: UUID | str | None) -> Asset | None:
    return Asset.objects.filter(owner=job.owner, pk=asset_id).first() if asset_id else None
