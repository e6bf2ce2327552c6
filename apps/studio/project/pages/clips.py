"""A scene's clips: history, comparison, the current one, and the user's own footage."""

from decimal import Decimal
from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from apps.accounts.acting import acting_user
from apps.accounts.models import User
from apps.assets.uploading.resumable import partial_named
from apps.core.errors import InputError
from apps.scenes.clips import clip_make_current, clip_part_choose
from apps.scenes.own_clips import part_shown, scene_upload
from apps.scenes.scene_frames import shown_duration
from apps.scenes.selectors import scene_get
from apps.studio.pages.acting import scene_action, scene_dialog, uuid_of
from apps.studio.project.cards import view_url
from apps.studio.project.clip_views import clip_pair, clip_views, sung_from
from apps.studio.project.image_views import image_views
from apps.studio.times import time_typed
from apps.work.work import Spending

NO_CLIP = "This scene doesn't have that clip."


@login_required
@require_safe
def scene_history(request: HttpRequest, project_id: UUID, sequence: int) -> HttpResponse:
    """List every clip the scene had, newest first, each playable and restorable with one click."""
    scene = scene_get(by=acting_user(request), project_id=project_id, sequence=sequence)
    clips = list(reversed(clip_views(scene)))
    return scene_dialog(request, scene, "history", clips=clips, images=image_views(scene))


@login_required
@require_safe
def scene_compare(request: HttpRequest, project_id: UUID, sequence: int) -> HttpResponse:
    """Show two clips side by side in one player: `a` and `b`, or the current one and the one before it."""
    scene = scene_get(by=acting_user(request), project_id=project_id, sequence=sequence)
    views = clip_views(scene)
    wanted = [uuid_of(request.GET.get(name, ""), NO_CLIP) for name in ("a", "b")]
    pair = clip_pair(views, wanted[0], wanted[1])
    choices = list(zip("ab", pair or (), strict=False))
    return scene_dialog(request, scene, "compare", clips=views, pair=pair, choices=choices, sung_from=sung_from(scene))


@login_required
@require_POST
def scene_revert(request: HttpRequest, project_id: UUID, sequence: int) -> HttpResponse:
    """Revert to the given clip, or to the original."""

    def action(by: User, _: Spending) -> object:
        clip_id = uuid_of(request.POST.get("clip_id", ""), NO_CLIP)
        return clip_make_current(by=by, project_id=project_id, sequence=sequence, clip_id=clip_id)

    return scene_action(request, project_id, sequence, action)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def scene_trim_clip(request: HttpRequest, project_id: UUID, sequence: int) -> HttpResponse:
    """Choose the part of the clip that the scene shows. GET: the dialog."""
    if request.method != "POST":
        scene = scene_get(by=acting_user(request), project_id=project_id, sequence=sequence)
        shown = part_shown(scene, shown_duration(scene.project, scene))
        return scene_dialog(request, scene, "trim", shown=shown, clip_url=view_url(shown.root.asset if shown else None))

    def action(by: User, _: Spending) -> object:
        return clip_part_choose(
            by=by,
            project_id=project_id,
            sequence=sequence,
            clip_in=time_typed(request.POST.get("start_time", "")),
            clip_out=time_typed(request.POST.get("end_time", "")),
            clip_id=uuid_of(request.POST.get("clip_id", ""), NO_CLIP),
        )

    return scene_action(request, project_id, sequence, action)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def scene_upload_clip(request: HttpRequest, project_id: UUID, sequence: int) -> HttpResponse:
    """Upload the user's own footage. GET: the dialog."""
    if request.method != "POST":
        scene = scene_get(by=acting_user(request), project_id=project_id, sequence=sequence)
        return scene_dialog(request, scene, "upload")

    def action(by: User, _: Spending) -> object:
        upload = request.FILES.get("file") or partial_named(by=by, text=request.POST.get("file", ""))
        if upload is None:
            raise InputError("Choose a video file first.", errors={"file": ["is missing"]})
        start, end = (request.POST.get(name, "").strip() for name in ("start_time", "end_time"))
        return scene_upload(
            by=by,
            project_id=project_id,
            sequence=sequence,
            upload=upload,
            clip_in=time_typed(start) if start else Decimal(0),
            clip_out=time_typed(end) if end else None,
        )

    return scene_action(request, project_id, sequence, action)
