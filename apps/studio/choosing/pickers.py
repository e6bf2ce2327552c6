"""The lists of models of a page: a new project's, a project's, a scene's."""

from django.http import HttpRequest

from apps.accounts.models import User
from apps.projects.models import AspectRatio, Project, Resolution
from apps.providers.capabilities import Capability
from apps.scenes.models import Scene
from apps.scenes.picks import project_pick, scene_pick
from apps.studio.choosing.forms import ModelsForm
from apps.studio.choosing.requests import project_requests, scene_requests, usual_requests
from apps.studio.choosing.rows import ModelPicker, model_picker, pick_checked, pick_from
from apps.work.choice import CHOSEN_FOR, Picked

AS_PROJECT = "As the project"
# The field of a choice that counts for one call.
CALL_FIELD = "model_choice"


def new_project_pickers(form: ModelsForm, *, flavor: str) -> list[ModelPicker]:
    """Return a new project's lists, each priced for one usual piece of work in the form's format."""
    ratio = _known(form, "aspect_ratio", AspectRatio.values, AspectRatio.LANDSCAPE)
    size = _known(form, "resolution", Resolution.values, Resolution.HD)
    return [
        model_picker(
            capability,
            flavor=flavor,
            requests=usual_requests(capability, aspect_ratio=ratio, resolution=size),
            stored=_shown(form, capability),
        )
        for capability in CHOSEN_FOR
    ]


def project_pickers(by: User, project: Project, form: ModelsForm) -> list[ModelPicker]:
    """Return the project's lists, each priced for all of its scenes."""
    flavor = str(form["flavor"].value() or project.flavor)
    return [
        model_picker(
            capability,
            flavor=flavor,
            requests=project_requests(by, project, capability),
            stored=_shown(form, capability),
        )
        for capability in CHOSEN_FOR
    ]


def project_picker(project: Project, capability: Capability, *, name: str) -> ModelPicker:
    """Return the list for one call, with the project's choice selected."""
    return model_picker(
        capability,
        flavor=project.flavor,
        requests=usual_requests(capability, aspect_ratio=project.aspect_ratio, resolution=project.resolution),
        stored=Picked(),
        inherited=project_pick(project, capability),
        inherited_words=AS_PROJECT,
        name=name,
    )


def scene_picker(by: User, scene: Scene, capability: Capability, *, name: str = "") -> ModelPicker:
    """Return the scene's list, priced for exactly its work."""
    return model_picker(
        capability,
        flavor=scene.project.flavor,
        requests=scene_requests(by, scene, capability),
        stored=scene_pick(scene, capability),
        inherited=project_pick(scene.project, capability),
        inherited_words=AS_PROJECT,
        name=name,
    )


def call_pick(request: HttpRequest, project: Project, capability: Capability) -> Picked:
    """Return the choice that a form or a quote sent for one call. Raises InputError for one that doesn't exist."""
    sent = request.POST if request.method == "POST" else request.GET
    return pick_checked(sent.get(CALL_FIELD, ""), capability, flavor=project.flavor)


def _shown(form: ModelsForm, capability: Capability) -> Picked:
    return pick_from(str(form[f"by_{capability}"].value() or ""))


def _known(form: ModelsForm, name: str, values: list[str], usual: str) -> str:
    value = form[name].value()
    return value if value in values else usual
