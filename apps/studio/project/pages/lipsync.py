"""Lip-sync from the pages, of one scene and of several. What is paid for is looked at first, and where that is unlikely
to work the page shows why and asks."""

import re
from collections.abc import Callable, Sequence
from decimal import Decimal
from functools import partial
from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_http_methods, require_safe

from apps.accounts.acting import acting_user
from apps.accounts.models import User
from apps.core.errors import InputError, StudioError
from apps.generation.lipsync import LipsyncOptions
from apps.projects.selectors import project_get
from apps.scenes.lipsync import scenes_lipsync, scenes_lipsync_works
from apps.scenes.lipsync_check import scenes_doubts
from apps.scenes.lipsync_inputs import LipsyncWish
from apps.scenes.models import Scene
from apps.scenes.selectors import scene_get, scenes_of
from apps.studio.pages.acting import dialog, project_action, scene_action, scene_dialog, sent_fields
from apps.studio.project.cards import scene_cards
from apps.work.work import Spending, Work
from engines.listening.scene_slots import MAXIMUM_SCENES

# Takes `by`, `project_id` and `sequences`.
ScenesWorks = Callable[..., list[tuple[Scene, Work]]]
SCENE_RANGE = re.compile(r"([0-9]{1,6})(?:-([0-9]{1,6}))?")


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def scene_lipsync(request: HttpRequest, project_id: UUID, sequence: int) -> HttpResponse:
    """GET: the dialog `Add Lipsync to Scene {n}`."""
    scene = scene_get(by=acting_user(request), project_id=project_id, sequence=sequence)
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
    by = acting_user(request)
    project = project_get(by=by, project_id=project_id)
    if request.method != "POST":
        cards = scene_cards(project, list(scenes_of(project)))
        chosen = set(chosen_scenes(request)) if "scene" in request.GET else set()
        able = [card for card in cards if card.scene.current_clip_id and not card.busy]
        entries = [(card, card.scene.sequence in chosen) for card in able]
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
    return chosen_quote(request, project_id, partial(scenes_lipsync_works, wish=LipsyncWish()))


def chosen_quote(request: HttpRequest, project_id: UUID, works: ScenesWorks) -> HttpResponse:
    """The price of a piece of work on each chosen scene."""
    by = acting_user(request)
    project_get(by=by, project_id=project_id)
    total: Decimal | None
    try:
        quoted = works(by=by, project_id=project_id, sequences=chosen_scenes(request))
        total = sum((work.quote.amount for _, work in quoted), Decimal(0))
    except StudioError:
        total = None  # nothing is chosen, or a scene cannot be made: the button says so when it is pressed
    return render(request, "studio/quote.html", {"total": total})


def chosen_scenes(request: HttpRequest) -> list[int]:
    """The numbers in `scene`: each a number, or several as "1-40,42", which an address has room for.

    Raises InputError for none, and for what is no number.
    """
    sent = request.POST if request.method == "POST" else request.GET
    parts = [part for text in sent.getlist("scene") for part in text.split(",")]
    numbers = {number for part in parts for number in _range(part)}
    if not numbers:
        raise InputError("Choose the scenes first.")
    return sorted(numbers)


def _range(part: str) -> range:
    found = SCENE_RANGE.fullmatch(part)
    if found is None:
        raise InputError("A scene is named by its number.")
    first, last = int(found[1]), int(found[2] or found[1])
    if not 1 <= first <= last <= MAXIMUM_SCENES:
        raise InputError(f"Scenes are numbered from 1 to {MAXIMUM_SCENES}, the smaller number first.")
    return range(first, last + 1)


def _ask(request: HttpRequest, project_id: UUID, sequences: Sequence[int]) -> HttpResponse | None:
    """What speaks against buying it, with the frames; None where nothing does, or a person insists (`force`)."""
    if request.POST.get("force") == "true":
        return None
    by = acting_user(request)
    project = project_get(by=by, project_id=project_id)
    try:
        doubts = scenes_doubts(by=by, project_id=project_id, sequences=sequences, wish=_wish(request))
    except StudioError:
        return None  # it cannot be asked for at all; the service says so, where its refusal is shown
    if not doubts:
        return None
    shown = [(doubt, doubt.found.frame_url or "") for doubt in doubts]
    context = {"project": project, "doubts": shown, "fields": sent_fields(request), "action": request.path}
    return dialog(request, "lipsync_doubts", context, instead=True)


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
