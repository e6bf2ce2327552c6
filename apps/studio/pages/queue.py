"""The queue's buttons: pause and resume, cancel and retry many, move one to the front."""

from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_POST

from apps.accounts.acting import acting_user
from apps.accounts.models import User
from apps.core.errors import BudgetExceeded, InputError
from apps.jobs.api import JobFilter
from apps.jobs.kinds import PIECES, Kind
from apps.jobs.models import Pause
from apps.jobs.ordering import job_move_first
from apps.jobs.pauses import Scope, going_on, paused_jobs, pauses_of
from apps.jobs.pausing import jobs_pause, jobs_resume
from apps.production.bulk import MOST_JOBS, Done, Selection, jobs_named
from apps.production.bulk_api import ACTIONS, bulk_run, jobs_filtered
from apps.production.queue_api import queue_words
from apps.projects.models import Project
from apps.projects.selectors import project_get
from apps.studio.live import Fragment
from apps.studio.pages.acting import confirm_cost, uuid_of
from apps.studio.project.paused import scope_words
from apps.work.work import Spending

DONE_WORDS = {"cancel": "Cancelled", "retry": "Started again"}


@login_required
@require_POST
def pause(request: HttpRequest) -> HttpResponse:
    scope = _scope(request)
    jobs_pause(scope=scope)
    words = queue_words(paused_jobs(scope).count(), going_on(scope).count(), paused=True)
    messages.success(request, f"Paused. {words}")
    return _back(request)


@login_required
@require_POST
def resume(request: HttpRequest) -> HttpResponse:
    scope = _scope(request)
    jobs_resume(scope=scope)
    held = paused_jobs(scope).count()
    messages.success(request, "Resumed." if not held else f"Resumed, but {held:,} still wait for another pause.")
    return _back(request)


@login_required
@require_POST
def first(request: HttpRequest, job_id: UUID) -> HttpResponse:
    job_move_first(by=acting_user(request), job_id=job_id)
    messages.success(request, "It is the next of your jobs now.")
    return redirect("studio:job", job_id)


@login_required
@require_POST
def bulk(request: HttpRequest) -> HttpResponse:
    """Cancel or retry the ticked jobs, or all that the list's filter finds."""
    by, action = acting_user(request), request.POST.get("do", "")
    if action not in ACTIONS:
        raise InputError("Choose whether to cancel or to retry.")
    chosen = _chosen(request, by, action)
    try:
        done = bulk_run(by, action, chosen, Spending(confirmed=request.POST.get("confirm_cost") == "true"))
    except BudgetExceeded as error:
        return confirm_cost(request, error)
    _tell(request, action, done)
    return _back(request)


def _chosen(request: HttpRequest, by: User, action: str) -> Selection:
    if request.POST.get("all"):
        query = QueryDict(request.POST.get("query", ""))
        given = {name: query.getlist(name) for name in query if name in JobFilter.base_filters and query[name]}
        return jobs_filtered(by, given, action)
    ids = [uuid_of(text, "There is no such job.") for text in request.POST.getlist("job")[:MOST_JOBS]]
    return jobs_named(by=by, ids=[one for one in ids if one], action=action)


def _tell(request: HttpRequest, action: str, done: Done) -> None:
    skipped, changed = done.count("skipped"), len(done.outcomes) - done.count("skipped")
    if not done.outcomes:
        messages.warning(request, f"Nothing to {action}: select jobs first.")
        return
    messages.success(request, f"{DONE_WORDS[action]}: {changed:,} job{'' if changed == 1 else 's'}.")
    if skipped:
        reason = next(one.reason for one in done.outcomes if one.outcome == "skipped")
        messages.warning(request, f"Left alone: {skipped:,}. {reason}")
    if done.remaining:
        messages.warning(request, f"{done.remaining:,} more are left. Do it again for these.")


def _scope(request: HttpRequest) -> Scope:
    by, kind = acting_user(request), request.POST.get("kind", "")
    if kind and kind not in set(Kind.values) - PIECES:
        raise InputError("There is no such kind of job.")
    project_id = uuid_of(request.POST.get("project_id", ""), "There is no such project.")
    if project_id is not None:
        project_get(by=by, project_id=project_id)
    return Scope(owner_id=by.pk, project_id=project_id, kind=kind)


def _back(request: HttpRequest) -> HttpResponse:
    query = QueryDict(request.POST.get("query", "")).urlencode()
    return redirect(f"{reverse('studio:jobs')}{'?' if query else ''}{query}")


def pauses_piece(by: User, query: str) -> Fragment:
    """The piece that says what is paused, each with its Resume button."""
    pauses = list(pauses_of(by))
    projects = Project.objects.filter(pk__in={pause.project_id for pause in pauses if pause.project_id})
    titles = dict(projects.values_list("pk", "title"))
    rows = [(pause, pause_words(pause, titles.get(pause.project_id) if pause.project_id else "")) for pause in pauses]
    facts = [[pause.pk, words] for pause, words in rows]
    return Fragment("pauses", "studio/jobs_pauses.html", facts, {"rows": rows, "query": query})


def everything_paused(piece: Fragment) -> bool:
    """Return whether there is nothing left to pause."""
    pauses = [pause for pause, _ in piece.context["rows"]]
    return any(not (pause.project_id or pause.kind or pause.provider) for pause in pauses)


def pause_words(pause: Pause, title: str | None) -> str:
    """Return what a pause holds, or why it came by itself."""
    if pause.automatic or pause.owner_id is None:
        return pause.reason
    return f"Paused: {scope_words(pause.kind, title or '')}. What already runs, or is with a provider, goes on."
