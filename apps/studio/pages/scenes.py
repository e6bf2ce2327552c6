"""What a scene's card starts. Each answers with the card as it is then; without htmx, with its page."""

import json
from collections.abc import Callable
from decimal import Decimal, InvalidOperation
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from apps.accounts.models import User
from apps.core.errors import BudgetExceeded, ConflictError, InputError, StudioError
from apps.generation.lipsync import LipsyncOptions
from apps.generation.work import Spending
from apps.jobs.services import job_cancel, job_retry
from apps.projects.selectors import project_get
from apps.scenes.clips import clip_make_current
from apps.scenes.lipsync import LipsyncWish, scenes_lipsync
from apps.scenes.making import Wish, image_work, scene_image_generate, scene_video_generate, video_works
from apps.scenes.models import Scene
from apps.scenes.own_clips import scene_trim, scene_upload
from apps.scenes.selectors import clips_of, scene_get, scene_job, scenes_of
from apps.scenes.services import scene_delete, scene_update
from apps.studio.board import board_of
from apps.studio.cards import owner_of, scene_cards, view_url
from apps.studio.forms import PromptForm
from apps.studio.live import held_pieces, live_response
from apps.studio.pages.project import PAGES, board_page_name, confirm_cost, live_url
from apps.studio.quick import lipsync_adopt

Action = Callable[[User, Spending], object]


@login_required
@require_POST
def scene_image(request: HttpRequest, project_id: UUID, sequence: int) -> HttpResponse:
    def action(by: User, spending: Spending) -> object:
        return scene_image_generate(by=by, project_id=project_id, sequence=sequence, wish=Wish(), spending=spending)

    return scene_action(request, project_id, sequence, action)


@login_required
@require_POST
def scene_video(request: HttpRequest, project_id: UUID, sequence: int) -> HttpResponse:
    def action(by: User, spending: Spending) -> object:
        return scene_video_generate(by=by, project_id=project_id, sequence=sequence, wish=Wish(), spending=spending)

    return scene_action(request, project_id, sequence, action)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def scene_lipsync(request: HttpRequest, project_id: UUID, sequence: int) -> HttpResponse:
    """GET: the dialog `Add Lipsync to Scene {n}`."""
    if request.method != "POST":
        scene = scene_get(by=owner_of(request), project_id=project_id, sequence=sequence)
        return scene_dialog(request, scene, "lipsync")

    def action(by: User, spending: Spending) -> object:
        options = LipsyncOptions(
            temperature=_temperature(request.POST.get("temperature", "")),
            active_speaker_detection="active_speaker_detection" in request.POST,
            occlusion_detection_enabled="occlusion_detection_enabled" in request.POST,
        )
        wish = LipsyncWish(options=options)
        return scenes_lipsync(by=by, project_id=project_id, sequences=[sequence], wish=wish, spending=spending)

    return scene_action(request, project_id, sequence, action)


@login_required
@require_POST
def scene_retry(request: HttpRequest, project_id: UUID, sequence: int) -> HttpResponse:
    """Do again what failed, with the parameters of then."""

    def action(by: User, _: Spending) -> object:
        job = scene_job(scene_get(by=by, project_id=project_id, sequence=sequence))
        if job is None:
            raise ConflictError("There is nothing to try again on this scene. Choose what to make from its menu.")
        return job_retry(by=by, job_id=job.pk)

    return scene_action(request, project_id, sequence, action)


@login_required
@require_POST
def scene_cancel(request: HttpRequest, project_id: UUID, sequence: int) -> HttpResponse:
    def action(by: User, _: Spending) -> object:
        job = scene_job(scene_get(by=by, project_id=project_id, sequence=sequence))
        return job_cancel(by=by, job_id=job.pk) if job is not None else None

    return scene_action(request, project_id, sequence, action)


@login_required
@require_POST
def scene_revert(request: HttpRequest, project_id: UUID, sequence: int) -> HttpResponse:
    """To the clip named, or to the original."""

    def action(by: User, _: Spending) -> object:
        clip_id = _uuid(request.POST.get("clip_id", ""))
        return clip_make_current(by=by, project_id=project_id, sequence=sequence, clip_id=clip_id)

    return scene_action(request, project_id, sequence, action)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def scene_words(request: HttpRequest, project_id: UUID, sequence: int) -> HttpResponse:
    """Edit what the scene shows. GET: the dialog."""
    if request.method != "POST":
        scene = scene_get(by=owner_of(request), project_id=project_id, sequence=sequence)
        return scene_dialog(request, scene, "words")

    def action(by: User, _: Spending) -> object:
        form = PromptForm(request.POST)
        if not form.is_valid():
            raise InputError("The scene was not saved. Shorten its text.", errors=form.errors)
        return scene_update(
            by=by,
            project_id=project_id,
            sequence=sequence,
            expected_version=form.cleaned_data["version"],
            prompt=form.cleaned_data["prompt"],
            negative_prompt=form.cleaned_data["negative_prompt"],
            lipsync="lipsync" in request.POST,
        )

    return scene_action(request, project_id, sequence, action)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def scene_trim_clip(request: HttpRequest, project_id: UUID, sequence: int) -> HttpResponse:
    """Keep a part of the current clip. GET: the dialog."""
    if request.method != "POST":
        scene = scene_get(by=owner_of(request), project_id=project_id, sequence=sequence)
        asset = scene.current_clip.asset if scene.current_clip is not None else None
        return scene_dialog(request, scene, "trim", clip_url=view_url(asset))

    def action(by: User, _: Spending) -> object:
        return scene_trim(
            by=by,
            project_id=project_id,
            sequence=sequence,
            start_time=_seconds(request.POST.get("start_time", "")),
            end_time=_seconds(request.POST.get("end_time", "")),
        )

    return scene_action(request, project_id, sequence, action)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def scene_upload_clip(request: HttpRequest, project_id: UUID, sequence: int) -> HttpResponse:
    """Take the user's own footage. GET: the dialog."""
    if request.method != "POST":
        scene = scene_get(by=owner_of(request), project_id=project_id, sequence=sequence)
        return scene_dialog(request, scene, "upload")

    def action(by: User, _: Spending) -> object:
        upload = request.FILES.get("file")
        if upload is None:
            raise InputError("Choose a video file first.", errors={"file": ["is missing"]})
        return scene_upload(by=by, project_id=project_id, sequence=sequence, upload=upload)

    return scene_action(request, project_id, sequence, action)


@login_required
@require_POST
def scene_remove(request: HttpRequest, project_id: UUID, sequence: int) -> HttpResponse:
    def action(by: User, _: Spending) -> None:
        scene_delete(by=by, project_id=project_id, sequence=sequence)

    return scene_action(request, project_id, sequence, action)


@login_required
@require_POST
def scene_adopt(request: HttpRequest, project_id: UUID, sequence: int) -> HttpResponse:
    """Quick gen: put the result of a lip-sync job in the clip's place."""
    by = owner_of(request)
    try:
        job_id = UUID(str(json.loads(request.body)["job_id"]))
    except (ValueError, KeyError, TypeError) as error:
        raise InputError("Name the job whose result is to be used: job_id.") from error
    clip = lipsync_adopt(by=by, project_id=project_id, sequence=sequence, job_id=job_id)
    return JsonResponse({"clip_id": str(clip.pk), "video_id": str(clip.asset_id)})


@login_required
@require_safe
def scene_history(request: HttpRequest, project_id: UUID, sequence: int) -> HttpResponse:
    """Every clip the scene had, each playable and one click from coming back."""
    scene = scene_get(by=owner_of(request), project_id=project_id, sequence=sequence)
    clips = [(clip, view_url(clip.asset)) for clip in clips_of(scene)]
    return scene_dialog(request, scene, "history", clips=list(reversed(clips)))


@login_required
@require_safe
def scene_quote(request: HttpRequest, project_id: UUID, sequence: int, what: str) -> HttpResponse:
    """The price of `image` or `video`, for the menu."""
    by = owner_of(request)
    scene = scene_get(by=by, project_id=project_id, sequence=sequence)
    works = [image_work(by=by, scene=scene, wish=Wish())] if what == "image" else None
    works = works or video_works(by=by, scene=scene, wish=Wish())
    total = sum((work.quote.amount for work in works), start=Decimal(0))
    return render(request, "studio/quote.html", {"works": works, "total": total})


@login_required
@require_safe
def scene_inspector(request: HttpRequest, project_id: UUID, sequence: int) -> HttpResponse:
    """The chosen scene beside the Edit page's player."""
    by = owner_of(request)
    scene_get(by=by, project_id=project_id, sequence=sequence)
    project = project_get(by=by, project_id=project_id)
    card = next(card for card in scene_cards(project, list(scenes_of(project))) if card.scene.sequence == sequence)
    facts = [(name, value) for name, value in card.scene.facts.items() if isinstance(value, str) and len(value) < 40]
    context = {"card": card, "scene": card.scene, "project": project, "facts": facts}
    return render(request, "studio/inspector.html", context | {"clip_count": clips_of(card.scene).count()})


def scene_dialog(request: HttpRequest, scene: Scene, name: str, **context: object) -> HttpResponse:
    """A dialog for the page, or a page of its own for a browser without JS."""
    page = board_page_name(request.GET.get("page", "project"))
    context |= {"scene": scene, "project": scene.project, "page": page, "dialog": f"studio/dialog_{name}.html"}
    fragment = bool(request.headers.get("HX-Request"))
    return render(request, context["dialog"] if fragment else "studio/dialog_page.html", context)  # type: ignore[arg-type]


def scene_action(request: HttpRequest, project_id: UUID, sequence: int, action: Action) -> HttpResponse:
    """One writing call, then the card. A refusal is shown on the card; a cost that needs a yes is asked for."""
    by = owner_of(request)
    scene_get(by=by, project_id=project_id, sequence=sequence)
    page = board_page_name(request.POST.get("page", "project"))
    fragment = bool(request.headers.get("HX-Request"))
    try:
        action(by, Spending(confirmed=request.POST.get("confirm_cost") == "true"))
    except BudgetExceeded as error:
        if error.code == "confirmation_required":
            return confirm_cost(request, error)
        raise
    except StudioError as error:
        if fragment:
            raise
        messages.error(request, error.message)
    if fragment:
        board = board_of(project_get(by=by, project_id=project_id), page=page)
        pieces = board.changed_pieces(held_pieces(request))
        return live_response(request, pieces, url=live_url(board, page), busy=board.busy)
    return redirect(f"{reverse(PAGES[page], args=[project_id])}#scene-{sequence}")


def _temperature(text: str) -> float | None:
    """The slider's value; None leaves it to the flavor. The service checks the range."""
    try:
        return float(text) if text else None
    except ValueError as error:
        raise InputError("Lip Movement Expressiveness is a number from 0.0 to 1.0.") from error


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text) if text else None
    except ValueError as error:
        raise InputError("There is no such clip in this scene.") from error


def _seconds(text: str) -> Decimal:
    try:
        seconds = Decimal(text)
    except InvalidOperation as error:
        raise InputError("Give start and end in seconds, such as 1.5.") from error
    if not seconds.is_finite() or not 0 <= seconds < 100_000:
        raise InputError("Give start and end in seconds, such as 1.5.")
    return seconds
