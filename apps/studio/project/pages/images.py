"""Images of a scene and of the character: comparison, and choosing the one that new work starts from."""

from decimal import Decimal
from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_http_methods, require_safe

from apps.accounts.acting import acting_user
from apps.accounts.models import User
from apps.core.errors import NotFound, StudioError
from apps.production.references import reference_draw, reference_work, references_of
from apps.projects.selectors import project_get
from apps.projects.services import project_update
from apps.providers.capabilities import Capability
from apps.scenes.images import image_make_current
from apps.scenes.selectors import scene_get
from apps.studio.choosing.pickers import CALL_FIELD, call_pick, project_picker, scene_picker
from apps.studio.pages.acting import dialog, project_action, scene_action, scene_dialog, uuid_of
from apps.studio.project.cards import view_url
from apps.studio.project.image_views import image_pair, image_views
from apps.work.work import Spending

NO_IMAGE = "This scene doesn't have that image."
NO_PICTURE = "This character doesn't have that picture."


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def scene_images(request: HttpRequest, project_id: UUID, sequence: int) -> HttpResponse:
    """Show two images side by side: `a` and `b`, or the current one and the newest other. POST: use `image_id`."""
    if request.method != "POST":
        scene = scene_get(by=acting_user(request), project_id=project_id, sequence=sequence)
        views = image_views(scene)
        pair = image_pair(views, *(uuid_of(request.GET.get(name, ""), NO_IMAGE) for name in ("a", "b")))
        choices = list(zip("ab", pair or (), strict=False))
        picker = scene_picker(acting_user(request), scene, Capability.IMAGE, name=CALL_FIELD)
        return scene_dialog(request, scene, "images", images=views, pair=pair, choices=choices, picker=picker)

    def action(by: User, _: Spending) -> object:
        image_id = uuid_of(request.POST.get("image_id", ""), NO_IMAGE)
        if image_id is None:
            raise NotFound(NO_IMAGE)
        return image_make_current(by=by, project_id=project_id, sequence=sequence, image_id=image_id)

    return scene_action(request, project_id, sequence, action)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def references(request: HttpRequest, project_id: UUID) -> HttpResponse:
    """Show the pictures of the character. POST: use `image_id`, or draw another one."""
    project = project_get(by=acting_user(request), project_id=project_id)
    if request.method != "POST":
        shown = [
            (image, view_url(image), image.pk == project.character_reference_id) for image in references_of(project)
        ]
        picker = project_picker(project, Capability.IMAGE, name=CALL_FIELD)
        return dialog(request, "references", {"project": project, "pictures": shown, "picker": picker})

    def action(by: User, spending: Spending) -> object:
        image_id = uuid_of(request.POST.get("image_id", ""), NO_PICTURE)
        if image_id is None:
            asked = call_pick(request, project, Capability.IMAGE)
            return reference_draw(by=by, project_id=project_id, spending=spending, asked=asked)
        if image_id not in {image.pk for image in references_of(project)}:
            raise NotFound(NO_PICTURE)
        return project_update(by=by, project_id=project_id, character_reference_id=image_id)

    return project_action(request, project_id, action)


@login_required
@require_safe
def references_quote(request: HttpRequest, project_id: UUID) -> HttpResponse:
    """Return the price of another picture with the dialog's model; empty if none can be drawn, which the button
    explains."""
    project = project_get(by=acting_user(request), project_id=project_id)
    total: Decimal | None
    try:
        total = reference_work(project, asked=call_pick(request, project, Capability.IMAGE)).quote.amount
    except StudioError:
        total = None
    return render(request, "studio/quote.html", {"total": total})
