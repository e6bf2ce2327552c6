"""Lip-sync from the pages, of one scene and of several. What is paid for is looked at first, and where that is unlikely
to work the page shows why and asks."""

from collections.abc import Callable, Sequence
from decimal import Decimal
from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_http_methods, require_safe

from apps.accounts.models import User
from apps.core.errors import InputError, StudioError
from apps.generation.limits import MAXIMUM_SCENES
from apps.generation.lipsync import LipsyncOptions
from apps.generation.work import Spending, Work
from apps.projects.selectors import project_get
from apps.scenes.lipsync import LipsyncWish, scene_lipsync_work, scenes_lipsync
from apps.scenes.lipsync_check import Doubt, scenes_doubts
from apps.scenes.models import Scene
from apps.scenes.selectors import scene_get, scenes_of
from apps.studio.cards import owner_of, scene_cards, view_url
from apps.studio.pages.acting import dialog, project_action, scene_action, scene_dialog, sent_fields


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def scene_lipsync(request: HttpRequest, project_id: UUID, sequence: int) -> HttpResponse:
    """GET: the dialog `Add Lipsync to Scene {n}`."""
    scene = scene_get(by=owner_of(request), project_id=project_id, sequence=sequence)
    if request.method != "POST":
        return scene_dialog(request, scene, "lipsync")
    if asked := _ask(request, project_id, [sequence]):
        return asked

    def action(by: User, spending: Spending) -> object:
        wish = _wish(request)
        return scenes_lipsync(by=by, project_id=project_id, sequences=[sequence], wish=wish, spending=spending)

    return scene_action(request, project_id, sequence, action)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def project_lipsync(request: HttpRequest, project_id: UUID) -> HttpResponse:
    """Several scenes at once. GET: the dialog, with the scenes of `?scene=` chosen."""
    by = owner_of(request)
    project = project_get(by=by, project_id=project_id)
    if request.method != "POST":
        cards = scene_cards(project, list(scenes_of(project)))
        chosen = set(request.GET.getlist("scene"))
        able = [card for card in cards if card.scene.current_clip_id and not card.busy]
        entries = [(card, str(card.scene.sequence) in chosen) for card in able]
        left_out = len(chosen) - sum(is_chosen for _, is_chosen in entries)
        return dialog(request, "lipsync_several", {"project": project, "entries": entries, "left_out": left_out})
    sequences = chosen_scenes(request)
    if asked := _ask(request, project_id, sequences):
        return asked

    def action(by: User, spending: Spending) -> object:
        wish = _wish(request)
        return scenes_lipsync(by=by, project_id=project_id, sequences=sequences, wish=wish, spending=spending)

    return project_action(request, project_id, action)


@login_required
@require_safe
def lipsync_quote(request: HttpRequest, project_id: UUID) -> HttpResponse:
    """The price of lip-syncing the scenes of `?scene=`; nothing where it cannot be said."""
    return chosen_quote(
        request, project_id, lambda by, scene: scene_lipsync_work(by=by, scene=scene, wish=LipsyncWish())
    )


def chosen_quote(request: HttpRequest, project_id: UUID, work: Callable[[User, Scene], Work]) -> HttpResponse:
    """The price of a piece of work on each chosen scene."""
    by = owner_of(request)
    project_get(by=by, project_id=project_id)
    total: Decimal | None
    try:
        scenes = [scene_get(by=by, project_id=project_id, sequence=sequence) for sequence in chosen_scenes(request)]
        total = sum((work(by, scene).quote.amount for scene in scenes), Decimal(0))
    except StudioError:
        total = None  # nothing is chosen, or a scene cannot be made: the button says so when it is pressed
    return render(request, "studio/quote.html", {"total": total})


def chosen_scenes(request: HttpRequest) -> list[int]:
    """The numbers in `scene`. Raises InputError for none, and for what is no number."""
    sent = request.POST if request.method == "POST" else request.GET
    numbers = sent.getlist("scene")
    if not numbers or len(numbers) > MAXIMUM_SCENES:
        raise InputError("Choose the scenes first.")
    if not all(number.isascii() and number.isdigit() for number in numbers):
        raise InputError("A scene is named by its number.")
    return sorted({int(number) for number in numbers})


def _ask(request: HttpRequest, project_id: UUID, sequences: Sequence[int]) -> HttpResponse | None:
    """What speaks against buying it, with the frames; None where nothing does, or a person insists (`force`)."""
    if request.POST.get("force") == "true":
        return None
    by = owner_of(request)
    project = project_get(by=by, project_id=project_id)
    try:
        doubts = scenes_doubts(by=by, project_id=project_id, sequences=sequences, wish=_wish(request))
    except StudioError:
        return None  # it cannot be asked for at all; the service says so, where its refusal is shown
    if not doubts:
        return None
    shown = [(doubt, _frame_url(doubt)) for doubt in doubts]
    context = {"project": project, "doubts": shown, "fields": sent_fields(request), "action": request.path}
    return dialog(request, "lipsync_doubts", context, instead=True)


def _frame_url(doubt: Doubt) -> str:
    """The clip, opened at the moment that shows the finding."""
    clip = doubt.scene.current_clip
    url = view_url(clip.asset) if clip is not None else ""
    return f"{url}#t={doubt.found.frame_seconds or 0:.3f}" if url else ""


def _wish(request: HttpRequest) -> LipsyncWish:
    return LipsyncWish(
        options=LipsyncOptions(
            temperature=_temperature(request.POST.get("temperature", "")),
            active_speaker_detection="active_speaker_detection" in request.POST,
            occlusion_detection_enabled="occlusion_detection_enabled" in request.POST,
        )
    )


def _temperature(text: str) -> float | None:
    """The slider's value; None leaves it to the flavor. The service checks the range."""
    try:
        return float(text) if text else None
    except ValueError as error:
        raise InputError("Lip Movement Expressiveness is a number from 0.0 to 1.0.") from error
