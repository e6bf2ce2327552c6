"""Jobs: a list that stays readable at a thousand rows, and a page per job with its events."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Page, Paginator
from django.db.models import Sum
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST

from apps.accounts.acting import acting_user
from apps.assets.models import Asset
from apps.core.errors import BudgetExceeded, InputError
from apps.jobs import services
from apps.jobs.api import AdoptSerializer, ExcessDecisionSerializer, JobFilter
from apps.jobs.estimates import job_time_left
from apps.jobs.excess import job_excess_settle, open_excesses
from apps.jobs.kinds import PIECES, Kind
from apps.jobs.labels import kind_label
from apps.jobs.models import Job
from apps.jobs.polling import job_adopt
from apps.jobs.selectors import job_get, jobs_of, parameters_load
from apps.jobs.states import FINISHED, RETRYABLE, State
from apps.production import retrying
from apps.projects.models import Project
from apps.scenes.models import Scene
from apps.studio.live import LIVE_METHODS, Fragment, changed_list, live_response, piece_html, poll_of
from apps.studio.pages.acting import confirm_cost
from apps.studio.pages.queue import everything_paused, pauses_piece
from apps.studio.project.cards import view_url
from apps.studio.project.paused import scope_words
from apps.studio.words import JOB_WORDS
from apps.work.work import Spending

PAGE_SIZE = 50
# How many the filter offers; an older project's jobs are linked from its page.
PROJECTS_OFFERED = 100
# Where results name their file.
RESULT_KEYS = ("video_id", "asset_id", "final_video_id", "image_id", "audio_id", "archive_id")


@dataclass(frozen=True)
class Labels:
    """Project titles, scene numbers and the jobs' files shown on a page of jobs; one query each."""

    projects: Mapping[UUID, str]
    scenes: Mapping[UUID, int | None]
    results: Mapping[UUID, Asset]


@login_required
@require_http_methods(LIVE_METHODS)
def jobs(request: HttpRequest) -> HttpResponse:
    by = acting_user(request)
    filtered = JobFilter(request.GET, queryset=jobs_of(by).order_by("-created_at", "-id"))
    page = Paginator(filtered.qs, PAGE_SIZE).get_page(request.GET.get("page"))
    rows = list(page.object_list)
    parameters_load(rows)
    labels = _labels(rows)
    pieces = [_row_piece(job, labels) for job in rows]
    query = _query_without(request.GET, "page")
    whole = _list_piece(request, page, pieces, query)
    pauses = pauses_piece(by, query)
    url = f"{reverse('studio:jobs')}?page={page.number}&{query}"
    busy = any(job.is_live for job in rows)
    if request.method == "POST":
        return live_response(request, [pauses, *changed_list(request, whole, pieces)], url=url, busy=busy)
    projects = list(Project.objects.filter(owner=by).values_list("pk", "title")[:PROJECTS_OFFERED])
    chosen = {name: request.GET.get(name, "") for name in ("state", "kind", "project")}
    context = {
        "list": piece_html(request, whole),
        "pauses": piece_html(request, pauses),
        "query": query,
        "pausable": "" if everything_paused(pauses) else _pausable(chosen, projects),
        "poll": poll_of(url, busy=busy),
        "states": [(state, JOB_WORDS[state].text) for state in State.values],
        "kinds": [(kind, kind_label(kind)) for kind in Kind.values if kind not in PIECES],
        "projects": projects,
        "chosen": chosen,
    }
    return render(request, "studio/jobs.html", context)


def _pausable(chosen: Mapping[str, str], projects: Sequence[tuple[UUID, str]]) -> str:
    """Return what the list's filter would pause, in words; "" for a filter that doesn't name anything."""
    title = next((title for pk, title in projects if str(pk) == chosen["project"]), "")
    known = chosen["kind"] in {"", *Kind.values} - PIECES and bool(title) == bool(chosen["project"])
    return scope_words(chosen["kind"], title) if known else ""


@login_required
@require_http_methods(LIVE_METHODS)
def job(request: HttpRequest, job_id: UUID) -> HttpResponse:
    by = acting_user(request)
    found = job_get(by, job_id)
    pieces = [_job_piece(found)]
    url = reverse("studio:job", args=[job_id])
    if request.method == "POST":
        return live_response(request, pieces, url=url, busy=found.is_live)
    labels = _labels([found])
    context = {
        "job": found,
        "html": piece_html(request, pieces[0]),
        "poll": poll_of(url, busy=found.is_live),
        "project_title": labels.projects.get(found.project_id) if found.project_id else "",
        "scene_number": labels.scenes.get(found.scene_id) if found.scene_id else None,
    }
    return render(request, "studio/job.html", context)


@login_required
@require_POST
def job_cancel(request: HttpRequest, job_id: UUID) -> HttpResponse:
    return _back_to(services.job_cancel(by=acting_user(request), job_id=job_id))


@login_required
@require_POST
def job_retry(request: HttpRequest, job_id: UUID) -> HttpResponse:
    spending = Spending(confirmed=request.POST.get("confirm_cost") == "true")
    try:
        return _back_to(retrying.job_retry(by=acting_user(request), job_id=job_id, spending=spending))
    except BudgetExceeded as error:
        if error.code == "confirmation_required":
            return confirm_cost(request, error)
        messages.error(request, error.message)
        return redirect("studio:job", job_id)


@login_required
@require_POST
def job_adopt_result(request: HttpRequest, job_id: UUID) -> HttpResponse:
    """Fetch an existing result from the provider by the id that the user found there. Nothing is paid."""
    form = AdoptSerializer(data=request.POST)
    if not form.is_valid():
        raise InputError("Paste the id the provider shows: letters and digits, no spaces.")
    return _back_to(job_adopt(by=acting_user(request), job_id=job_id, remote_id=form.validated_data["remote_id"]))


@login_required
@require_POST
def job_excess_decide(request: HttpRequest, job_id: UUID) -> HttpResponse:
    """Count what the provider charged beyond the reservation as spent, or dismiss it."""
    form = ExcessDecisionSerializer(data=request.POST)
    if not form.is_valid():
        raise InputError("Send decision=count or decision=dismiss.")
    counts = form.validated_data["decision"] == "count"
    return _back_to(job_excess_settle(by=acting_user(request), job_id=job_id, counts=counts))


def _back_to(job: Job) -> HttpResponse:
    """Redirect to the page that best shows the job."""
    return redirect("studio:pro-job" if job.kind == Kind.PRO_LIPSYNC else "studio:job", job.pk)


def _list_piece(request: HttpRequest, page: Page[Job], rows: list[Fragment], query: str) -> Fragment:
    """The piece for which jobs are on this page of the list, in which order."""
    context = {
        "page": page,
        "rows": [piece_html(request, row) for row in rows],
        "query": query,
    }
    facts = [[row.id for row in rows], page.number, page.paginator.count]
    return Fragment("jobs", "studio/jobs_list.html", facts, context)


def _row_piece(job: Job, labels: Labels) -> Fragment:
    context = {
        "job": job,
        "project_title": labels.projects.get(job.project_id) if job.project_id else "",
        "scene_number": labels.scenes.get(job.scene_id) if job.scene_id else None,
        "fits": _fits(job),
    }
    download = labels.results.get(job.pk)
    facts = [job.state, int(job.progress_percentage), job.progress_message, job.cost, job.attempt, job.error]
    facts.append(job_time_left(job))
    facts += [list(context.values())[1:], download and download.pk]
    context["download_url"] = view_url(download)
    return Fragment(f"job-{job.pk}", "studio/job_row.html", facts, context)


def _fits(job: Job) -> str:
    """Return which of the list's actions fits the job: "cancel", "retry" or ""."""
    if job.is_live:
        return "cancel"
    return "retry" if job.state in {State.FAILED, State.CANCELLED} and job.imported_at is None else ""


def _job_piece(job: Job) -> Fragment:
    events = list(job.events.all())
    download = _result_asset(job)
    context = {
        "job": job,
        "events": events,
        "download": download,
        "download_url": view_url(download),
        "may_hurry": job.state == State.QUEUED,
        "may_cancel": job.state not in FINISHED,
        "may_retry": job.state in RETRYABLE and job.imported_at is None,
        "unknown": job.state == State.NEEDS_ATTENTION and job.remote_runs.exists(),
        "excess": open_excesses().filter(job=job).aggregate(amount=Sum("amount"))["amount"],
    }
    facts = [job.state, int(job.progress_percentage), job.progress_message, job.cost, job.attempt, len(events)]
    facts.append(job_time_left(job))
    return Fragment("job", "studio/job_body.html", facts, context)


def _result_asset(job: Job) -> Asset | None:
    """Return the file that a finished job produced, if any."""
    return _results([job]).get(job.pk)


def _results(rows: list[Job]) -> dict[UUID, Asset]:
    """Return the file that each finished job produced, with one query. A job shows only files of its own owner."""
    named = {job.pk: result_id for job in rows if not job.is_live and (result_id := _result_id(job))}
    known = Asset.objects.in_bulk(set(named.values()))
    owners = {job.pk: job.owner_id for job in rows}
    return {
        job_id: known[asset_id]
        for job_id, asset_id in named.items()
        if asset_id in known and known[asset_id].owner_id == owners[job_id]
    }


def _result_id(job: Job) -> UUID | None:
    images = job.result.get("images") or [{}]
    found = [job.result.get(key) for key in RESULT_KEYS] + [images[0].get("image_id")]
    try:
        return next((UUID(str(value)) for value in found if value), None)
    except ValueError:
        return None  # another installation's result


def _labels(rows: list[Job]) -> Labels:
    projects = Project.objects.filter(pk__in={job.project_id for job in rows if job.project_id})
    scenes = Scene.objects.filter(pk__in={job.scene_id for job in rows if job.scene_id})
    titles, numbers = dict(projects.values_list("pk", "title")), dict(scenes.values_list("pk", "sequence"))
    return Labels(titles, numbers, _results(rows))


def _query_without(query: QueryDict, *names: str) -> str:
    rest = query.copy()
    for name in names:
        rest.pop(name, None)
    for name in [name for name in rest if not rest[name]]:
        rest.pop(name)
    return rest.urlencode()
