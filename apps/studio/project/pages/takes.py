"""A scene's takes: all of them under one clock, one of them kept, others rejected."""

from urllib.parse import urlencode
from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from apps.accounts.acting import acting_user
from apps.accounts.models import User
from apps.core.errors import InputError
from apps.scenes.judging import best_of, takes_judge
from apps.scenes.making import MAXIMUM_TAKES, GenerationSpec
from apps.scenes.models import Scene
from apps.scenes.scene_frames import shown_duration
from apps.scenes.selectors import scene_get, scene_job
from apps.scenes.takes import REASON_LENGTH, REASONS, take_keep, take_reject, take_restore
from apps.studio.pages.acting import board_page_name, scene_action, scene_dialog, uuid_of
from apps.studio.project.clip_views import clip_views, sung_from
from apps.studio.project.take_views import MOST_AT_ONCE, judge_offer, takes_offers, takes_shown, takes_under_way
from apps.work.work import Spending

NO_CLIP = "This scene doesn't have that clip."


@login_required
@require_safe
def scene_takes(request: HttpRequest, project_id: UUID, sequence: int) -> HttpResponse:
    """Show takes side by side: each `clip`, else the newest."""
    by = acting_user(request)
    scene = scene_get(by=by, project_id=project_id, sequence=sequence)
    views = clip_views(scene)
    asked = [one for text in request.GET.getlist("clip") if (one := uuid_of(text, NO_CLIP))]
    takes = takes_shown(scene, views, asked)
    offers, cannot = takes_offers(by, scene)
    job = scene_job(scene)
    page = board_page_name(request.GET.get("page", "quick"))
    again = reverse("studio:scene-takes", args=[project_id, sequence])
    return scene_dialog(
        request,
        scene,
        "takes",
        takes=takes,
        all=views,
        shown={take.view.clip.pk for take in takes},
        others=len(takes) < len(views),
        rejected=sum(view.clip.rejected for view in views),
        most=MOST_AT_ONCE,
        length=shown_duration(scene.project, scene) if takes else 0,
        sung_from=sung_from(scene),
        reasons=REASONS,
        offers=offers,
        cannot=cannot,
        judge=judge_offer(by, scene, price=offers[0].price if offers else None),
        over_budget=any(not offer.fits for offer in offers),
        busy=job is not None and job.is_live,
        again=f"{again}?{urlencode([('page', page), *(('clip', str(one)) for one in asked)])}",
        **_news(scene, known=len(views)),
    )


@login_required
@require_safe
def scene_takes_news(request: HttpRequest, project_id: UUID, sequence: int) -> HttpResponse:
    """Return what is under way, and whether there is something new since the dialog was opened (`known` clips)."""
    scene = scene_get(by=acting_user(request), project_id=project_id, sequence=sequence)
    known = request.GET.get("known", "0")
    if not (known.isdecimal() and len(known) < 7):
        raise InputError("Open the takes again.", errors={"known": ["a number of clips"]})
    context = {"scene": scene, "project": scene.project, "page": board_page_name(request.GET.get("page", "quick"))}
    return render(request, "studio/takes_news.html", {**context, **_news(scene, known=int(known))})


def _news(scene: Scene, *, known: int) -> dict[str, object]:
    live = takes_under_way(scene)
    return {"live": live, "known": known, "fresh": scene.clips.count() > known}


@login_required
@require_POST
def scene_takes_judge(request: HttpRequest, project_id: UUID, sequence: int) -> HttpResponse:
    """Have the takes judged that have no verdict yet."""

    def action(by: User, spending: Spending) -> object:
        return takes_judge(by=by, project_id=project_id, sequence=sequence, spending=spending)

    return scene_action(request, project_id, sequence, action)


@login_required
@require_POST
def scene_takes_best(request: HttpRequest, project_id: UUID, sequence: int) -> HttpResponse:
    """Make `takes`, have them judged, and use the best."""

    def action(by: User, spending: Spending) -> object:
        text = request.POST.get("takes", "2")
        if not text.isdecimal() or not 2 <= int(text) <= MAXIMUM_TAKES:
            raise InputError(f"Choose 2 to {MAXIMUM_TAKES} takes.", errors={"takes": [f"2 to {MAXIMUM_TAKES}"]})
        spec = GenerationSpec(takes=int(text))
        return best_of(by=by, project_id=project_id, sequence=sequence, spec=spec, spending=spending)

    return scene_action(request, project_id, sequence, action)


@login_required
@require_POST
def scene_take_keep(request: HttpRequest, project_id: UUID, sequence: int) -> HttpResponse:
    def action(by: User, _: Spending) -> object:
        return take_keep(by=by, project_id=project_id, sequence=sequence, clip_id=_clip_id(request))

    return scene_action(request, project_id, sequence, action)


@login_required
@require_POST
def scene_take_reject(request: HttpRequest, project_id: UUID, sequence: int) -> HttpResponse:
    def action(by: User, _: Spending) -> object:
        reason = request.POST.get("reason", "")
        if len(reason) > REASON_LENGTH:
            raise InputError(f"Say it in at most {REASON_LENGTH} characters.", errors={"reason": ["is too long"]})
        return take_reject(
            by=by, project_id=project_id, sequence=sequence, clip_id=_clip_id(request), reason=reason.replace("\0", "")
        )

    return scene_action(request, project_id, sequence, action)


@login_required
@require_POST
def scene_take_restore(request: HttpRequest, project_id: UUID, sequence: int) -> HttpResponse:
    def action(by: User, _: Spending) -> object:
        return take_restore(by=by, project_id=project_id, sequence=sequence, clip_id=_clip_id(request))

    return scene_action(request, project_id, sequence, action)


def _clip_id(request: HttpRequest) -> UUID:
    found = uuid_of(request.POST.get("clip_id", ""), NO_CLIP)
    if found is None:
        raise InputError(NO_CLIP, errors={"clip_id": ["is missing"]})
    return found
