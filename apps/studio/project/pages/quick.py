"""Actions of Quick gen's cards."""

from dataclasses import replace
from decimal import Decimal
from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_POST, require_safe

from apps.accounts.acting import acting_user
from apps.accounts.models import User
from apps.core.errors import StudioError
from apps.production.quick import quick_lipsync_start, quick_lipsync_work, quick_spec
from apps.providers.capabilities import Capability
from apps.scenes.models import Scene
from apps.scenes.remaking import scene_remake, scenes_remake_works
from apps.scenes.selectors import scene_get
from apps.studio.choosing.pickers import scene_picker
from apps.studio.pages.acting import scene_action
from apps.work.work import Spending


@login_required
@require_POST
def quick_video(request: HttpRequest, project_id: UUID, sequence: int) -> HttpResponse:
    """Generate a new clip or, with the box checked, lip-sync the current one. With JavaScript the page calls
    `/api/mv/lipsync` for the latter, and this only to confirm its cost."""

    def action(by: User, spending: Spending) -> object:
        if "with_lipsync" not in request.POST:
            return scene_remake(by=by, project_id=project_id, sequence=sequence, spending=spending)
        scene = scene_get(by=by, project_id=project_id, sequence=sequence)
        spec = replace(quick_spec(scene), all_sound="all_sound" in request.POST)
        return quick_lipsync_start(by=by, scene_id=scene.pk, spec=spec, spending=spending)

    return scene_action(request, project_id, sequence, action)


@login_required
@require_safe
def quick_quote(request: HttpRequest, project_id: UUID, sequence: int) -> HttpResponse:
    """Return price and model of both of a card's buttons; the page shows those that the box selects."""
    by = acting_user(request)
    scene = scene_get(by=by, project_id=project_id, sequence=sequence)
    prices = {Capability.VIDEO: _video_price(by, scene), Capability.LIPSYNC: _lipsync_price(by, scene)}
    offers = [(kind, price, scene_picker(by, scene, kind).effective) for kind, price in prices.items()]
    return render(request, "studio/quick_quote.html", {"scene": scene, "offers": offers})


def _video_price(by: User, scene: Scene) -> Decimal | None:
    """Return the price; None if unknown, in which case pressing the button says why."""
    try:
        works = scenes_remake_works(by=by, project_id=scene.project_id, sequences=[scene.sequence or 0])
    except StudioError:
        return None
    return sum((work.quote.amount for _, work in works), Decimal(0))


def _lipsync_price(by: User, scene: Scene) -> Decimal | None:
    try:
        return quick_lipsync_work(by=by, scene=scene, spec=quick_spec(scene)).quote.amount
    except StudioError:
        return None
