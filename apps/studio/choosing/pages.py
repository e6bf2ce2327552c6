"""Choosing models: a scene's dialog, the lists of a new project, and switching from a model that is gone."""

from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from apps.accounts.acting import acting_user
from apps.accounts.models import User
from apps.core.errors import NotFound
from apps.providers.capabilities import Capability
from apps.scenes.model_choices import model_switch, scene_picks_set
from apps.scenes.picture_notes import scene_pictures_note
from apps.scenes.selectors import scene_get
from apps.studio.choosing.paces import create_paces
from apps.studio.choosing.pickers import new_project_pickers, scene_picker
from apps.studio.choosing.rows import pick_checked
from apps.studio.forms import CreateForm
from apps.studio.pages.acting import project_action, scene_action, scene_dialog
from apps.work.work import Spending

# What is made for one scene.
OF_SCENE = (Capability.VIDEO, Capability.IMAGE, Capability.LIPSYNC)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def scene_models(request: HttpRequest, project_id: UUID, sequence: int) -> HttpResponse:
    """Choose the models of one scene. GET: the dialog, with the list of `?open=` unfolded."""
    by = acting_user(request)
    scene = scene_get(by=by, project_id=project_id, sequence=sequence)
    if request.method != "POST":
        pickers = [(scene_picker(by, scene, capability), capability) for capability in OF_SCENE]
        opened = request.GET.get("open", Capability.VIDEO)
        note = scene_pictures_note(scene)
        return scene_dialog(request, scene, "scene_models", pickers=pickers, opened=opened, note=note)

    def action(by: User, _: Spending) -> object:
        picks = {
            capability: pick_checked(request.POST[f"by_{capability}"], capability, flavor=scene.project.flavor)
            for capability in OF_SCENE
            if f"by_{capability}" in request.POST
        }
        return scene_picks_set(by=by, project_id=project_id, sequence=sequence, picks=picks)

    return scene_action(request, project_id, sequence, action)


@login_required
@require_safe
def create_models(request: HttpRequest) -> HttpResponse:
    """Return the lists of a new project for the flavor and format in its form."""
    form = CreateForm(request.GET)
    pickers = new_project_pickers(form, flavor=request.GET.get("flavor", ""))
    return render(request, "studio/create_models.html", {"pickers": pickers, "form": form})


@login_required
@require_safe
def create_pace(request: HttpRequest) -> HttpResponse:
    """Return what each pace would mean for the song in a new project's form."""
    table = create_paces(acting_user(request), CreateForm(request.GET))
    return render(request, "studio/create_pace.html", {"table": table, "out_of_band": True})


@login_required
@require_POST
def project_model_switch(request: HttpRequest, project_id: UUID) -> HttpResponse:
    """Use the successor of `model` for `capability`, wherever the project would use it."""
    try:
        capability = Capability(request.POST.get("capability", ""))
    except ValueError as error:
        raise NotFound("There is no such kind of work.") from error

    def action(by: User, _: Spending) -> None:
        model_switch(by=by, project_id=project_id, capability=capability, model=request.POST.get("model", ""))

    return project_action(request, project_id, action)
