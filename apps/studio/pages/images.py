"""The images of a scene: two beside each other, and the one that new clips start from."""

from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_http_methods

from apps.accounts.models import User
from apps.core.errors import NotFound
from apps.generation.work import Spending
from apps.scenes.images import image_make_current
from apps.scenes.selectors import scene_get
from apps.studio.cards import owner_of
from apps.studio.image_views import image_pair, image_views
from apps.studio.pages.acting import scene_action, scene_dialog, uuid_of

NO_IMAGE = "There is no such image in this scene."


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def scene_images(request: HttpRequest, project_id: UUID, sequence: int) -> HttpResponse:
    """Two images side by side: `a` and `b`, or the one in use and the newest other. POST: use `image_id`."""
    if request.method != "POST":
        scene = scene_get(by=owner_of(request), project_id=project_id, sequence=sequence)
        views = image_views(scene)
        pair = image_pair(views, *(uuid_of(request.GET.get(name, ""), NO_IMAGE) for name in ("a", "b")))
        choices = list(zip("ab", pair or (), strict=False))
        return scene_dialog(request, scene, "images", images=views, pair=pair, choices=choices)

    def action(by: User, _: Spending) -> object:
        image_id = uuid_of(request.POST.get("image_id", ""), NO_IMAGE)
        if image_id is None:
            raise NotFound(NO_IMAGE)
        return image_make_current(by=by, project_id=project_id, sequence=sequence, image_id=image_id)

    return scene_action(request, project_id, sequence, action)
