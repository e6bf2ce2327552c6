"""Pages about a project's other videos: shapes and short cuts."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_http_methods, require_POST

from apps.accounts.models import User
from apps.composition.captions import readable_words
from apps.composition.hook import SHORTEST_HOOK_SECONDS, HookWindow, hook_suggestion
from apps.composition.models import Output
from apps.composition.outputs import (
    output_change,
    output_delete,
    output_problem,
    outputs_add,
    videos_renew,
)
from apps.composition.planning import project_look, video_options
from apps.composition.project_looks import project_look_set
from apps.composition.selectors import CurrentPlans, output_get
from apps.composition.services import project_compose
from apps.projects.models import AspectRatio, Project
from apps.scenes.selectors import scenes_of
from apps.studio.deliver.dialogs import dialog_response, project_asked, saved_response, sent
from apps.studio.deliver.forms import LookForm, OutputForm, OutputsForm
from apps.studio.deliver.framing_preview import framing_choices
from apps.studio.deliver.tiles import reencode_wish
from apps.studio.forms import form_saves
from apps.studio.pages.acting import project_action
from apps.studio.templatetags.studio import clock
from apps.work.work import Spending

HOOK_LENGTHS = (15, 20, 30)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def outputs(request: HttpRequest, project_id: UUID) -> HttpResponse:
    """Add outputs: shapes, size, and whether it is the full video or a cut. `?shape=` and `?hook=` choose first."""
    by, project = project_asked(request, project_id)
    form = OutputsForm(sent(request)[0], initial=_wished(project, request.GET.get("shape"), request.GET.get("hook")))
    if form_saves(form, lambda: outputs_add(by=by, project_id=project_id, **form.cleaned_data)):
        return saved_response(request, project_id)
    return dialog_response(
        request,
        "deliver/dialog_outputs",
        project,
        form,
        hooks=_hooks(project, HOOK_LENGTHS),
        no_hook=_no_hook(project),
        framings=framing_choices(project, AspectRatio.values),
    )


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def output(request: HttpRequest, project_id: UUID, output_id: UUID) -> HttpResponse:
    """Change an output's framing, captions and cut; with `again`, compose it at once."""
    by, project = project_asked(request, project_id)
    shown = output_get(by=by, project_id=project_id, output_id=output_id)
    cut = {"hook_seconds": _plain(shown.hook_seconds), "hook_start": clock(shown.hook_start)}
    initial = {"framing": shown.framing, **cut, **shown.captions}
    form = OutputForm(sent(request)[0], output=shown, film=video_options(project).captions, initial=initial)

    def save() -> None:
        output_change(by=by, project_id=project_id, output_id=output_id, changes=form.changes())
        if "again" in request.POST:
            project_compose(by=by, project_id=project_id, output_id=output_id)

    if form_saves(form, save):
        return saved_response(request, project_id)
    return dialog_response(
        request,
        "deliver/dialog_output",
        project,
        form,
        output=shown,
        words=bool(readable_words(project).lines),
        hooks=_hooks(project, [shown.hook_seconds] if shown.hook_seconds else []),
        framings=framing_choices(project, [shown.aspect_ratio]),
    )


@login_required
@require_POST
def output_compose(request: HttpRequest, project_id: UUID, output_id: UUID) -> HttpResponse:
    overrides = reencode_wish(request)

    def start(by: User, _: Spending) -> object:
        return project_compose(by=by, project_id=project_id, output_id=output_id, overrides=overrides)

    return project_action(request, project_id, start)


@login_required
@require_POST
def output_remove(request: HttpRequest, project_id: UUID, output_id: UUID) -> HttpResponse:
    return project_action(
        request, project_id, lambda by, _: output_delete(by=by, project_id=project_id, output_id=output_id)
    )


@login_required
@require_POST
def videos_again(request: HttpRequest, project_id: UUID) -> HttpResponse:
    """Compose everything again that shows an earlier state."""

    def start(by: User, _: Spending) -> None:
        for problem in videos_renew(by=by, project_id=project_id).problems:
            messages.warning(request, problem)

    return project_action(request, project_id, start)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def look(request: HttpRequest, project_id: UUID) -> HttpResponse:
    """Set transitions, clip sound, fades and similar options for all of the project's videos."""
    by, project = project_asked(request, project_id)
    now = project_look(project).told()
    volume = now.get("clip_sound_volume")
    form = LookForm(sent(request)[0], initial={**now, "clip_sound": None if volume is None else round(100 * volume)})
    if form_saves(form, lambda: project_look_set(by=by, project_id=project_id, options=form.options())):
        return saved_response(request, project_id)
    return dialog_response(request, "deliver/dialog_look", project, form)


def _wished(project: Project, shape: str | None, length: str | None) -> dict[str, Any]:
    """Return what a link to the form chose."""
    size = {"resolution": project.resolution}
    if length is None or length not in map(str, HOOK_LENGTHS):
        return {**size, "aspect_ratios": [shape] if shape in AspectRatio.values else []}
    found = hook_suggestion(project, Decimal(length))
    start = clock(found.start_seconds) if found else ""
    chosen = shape if shape in AspectRatio.values else project.aspect_ratio
    return {**size, "aspect_ratios": [chosen], "hook_seconds": length, "hook_start": start}


def _hooks(project: Project, lengths: Sequence[Decimal | int]) -> list[tuple[Decimal, HookWindow]]:
    """Return the cut that the studio would choose, for each length that the film has."""
    found = [(Decimal(length), hook_suggestion(project, Decimal(length))) for length in lengths]
    return [(length, hook) for length, hook in found if hook is not None]


def _no_hook(project: Project) -> str:
    """Return why the film has no hook at all; "" if it has."""
    shortest = Output(project=project, hook_seconds=Decimal(SHORTEST_HOOK_SECONDS))
    return output_problem(CurrentPlans(project, list(scenes_of(project))), shortest)


def _plain(number: Decimal | None) -> str:
    return "" if number is None else f"{number.normalize():f}"
