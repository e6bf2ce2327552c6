"""Lip-sync of one or several scenes from the pages. Paid ones are checked first; if one is unlikely to work, the page
shows why and asks."""

from base64 import b64decode
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from decimal import Decimal, InvalidOperation
from functools import partial
from math import isfinite
from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_http_methods, require_POST, require_safe
from django_htmx.http import reswap, retarget, trigger_client_event

from apps.accounts.acting import acting_user
from apps.accounts.models import User
from apps.assets.models import AssetKind
from apps.assets.services import asset_from_upload
from apps.assets.uploading.resumable import partial_named
from apps.core.errors import InputError, NotFound, StudioError
from apps.generation.lipsync import LipsyncOptions
from apps.projects.models import Project
from apps.projects.selectors import project_get
from apps.providers.capabilities import Capability
from apps.scenes.lipsync import scenes_lipsync, scenes_lipsync_works
from apps.scenes.lipsync_check import scenes_findings
from apps.scenes.lipsync_inputs import LipsyncSpec, lipsync_audio, lipsync_source, project_windows
from apps.scenes.models import LipsyncLook, Scene
from apps.scenes.selectors import scene_get, scenes_of
from apps.songs.sung import rests_unknown
from apps.studio.choosing.pickers import CALL_FIELD, call_pick, project_picker, scene_picker
from apps.studio.pages.acting import dialog, project_action, scene_action, scene_dialog, sent_fields, uuid_of
from apps.studio.project.card_window import scene_numbers
from apps.studio.project.cards import scene_cards
from apps.studio.project.clip_views import clip_views
from apps.studio.project.singers import face_sent, singers_of
from apps.work.work import Spending, Work

# Takes `by`, `project_id` and `sequences`.
ScenesWorks = Callable[..., list[tuple[Scene, Work]]]
START_PROBLEM = "Give the start of the audio in seconds, such as 1.5, or leave it empty."
LONGEST_AUDIO_SECONDS = 100_000


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def scene_lipsync(request: HttpRequest, project_id: UUID, sequence: int) -> HttpResponse:
    """GET: the dialog `Add Lipsync to Scene {n}`, with the clip that it would start from."""
    scene = scene_get(by=acting_user(request), project_id=project_id, sequence=sequence)
    if request.method != "POST":
        picker = scene_picker(acting_user(request), scene, Capability.LIPSYNC, name=CALL_FIELD)
        source = lipsync_source(scene) if scene.current_clip is not None else None
        clips = [view for view in reversed(clip_views(scene)) if view.clip.usable]
        silence = {"silent": _silent_seconds(scene), "rests_unknown": _rests_unknown(scene.project)}
        return scene_dialog(request, scene, "lipsync", picker=picker, clips=clips, source=source, **silence)
    _own_audio_stored(request)
    if asked := _ask(request, project_id, [sequence]):
        return asked

    def action(by: User, spending: Spending) -> object:
        spec = _spec(request, scene.project)
        return scenes_lipsync(by=by, project_id=project_id, sequences=[sequence], spec=spec, spending=spending)

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
        picker = project_picker(project, Capability.LIPSYNC, name=CALL_FIELD)
        context = {"project": project, "entries": entries, "left_out": left_out, "picker": picker}
        return dialog(request, "lipsync_several", context)
    sequences = chosen_scenes(request)
    if asked := _ask(request, project_id, sequences):
        return asked

    def action(by: User, spending: Spending) -> object:
        spec = _spec(request, project)
        return scenes_lipsync(by=by, project_id=project_id, sequences=sequences, spec=spec, spending=spending)

    return project_action(request, project_id, action)


@login_required
@require_safe
def lipsync_quote(request: HttpRequest, project_id: UUID) -> HttpResponse:
    """Return the price of lip-syncing the scenes in `?scene=` with the dialog's model; empty if unknown."""
    picked = call_pick(request, project_get(by=acting_user(request), project_id=project_id), Capability.LIPSYNC)
    clip_id = uuid_of(request.GET.get("clip_id", ""), "This scene doesn't have that clip.")
    spec = LipsyncSpec(provider=picked.provider, model=picked.model, clip_id=clip_id)
    return chosen_quote(request, project_id, partial(scenes_lipsync_works, spec=spec))


def chosen_quote(request: HttpRequest, project_id: UUID, works: ScenesWorks) -> HttpResponse:
    """Return the total price of one kind of work on the chosen scenes."""
    by = acting_user(request)
    project_get(by=by, project_id=project_id)
    total: Decimal | None
    try:
        quoted = works(by=by, project_id=project_id, sequences=chosen_scenes(request))
        total = sum((work.quote.amount for _, work in quoted), Decimal(0))
    except StudioError:
        total = None  # nothing is chosen, or a scene can't be generated; pressing the button says so
    return render(request, "studio/quote.html", {"total": total})


def chosen_scenes(request: HttpRequest) -> list[int]:
    """Return the numbers in `scene`: single numbers, or several as "1-40,42", which fits in a URL.

    Raises InputError for none, and for anything that isn't a number.
    """
    sent = request.POST if request.method == "POST" else request.GET
    numbers = scene_numbers(sent.getlist("scene"))
    if not numbers:
        raise InputError("Select scenes first.")
    return sorted(numbers)


def _ask(request: HttpRequest, project_id: UUID, sequences: Sequence[int]) -> HttpResponse | None:
    """Return a dialog with the doubts and their frames, or that workers are still checking; None without doubts, or if
    the user insists (`force`)."""
    if request.POST.get("force") == "true":
        return None
    by = acting_user(request)
    project = project_get(by=by, project_id=project_id)
    try:
        spec = _spec(request, project)
        known = scenes_findings(by=by, project_id=project_id, sequences=sequences, spec=spec, start=True)
    except StudioError:
        return None  # it can't be requested at all; the service says so where its error is shown
    context = {"project": project, "known": known, "fields": sent_fields(request, "looking"), "action": request.path}
    if known.unseen:
        return _looking(request, context)
    return dialog(request, "lipsync_doubts", context, instead=True) if known.doubts else None


def _looking(request: HttpRequest, context: Mapping[str, object]) -> HttpResponse:
    """Return the workers' progress. The dialog sends its form again every second and replaces only this part."""
    if "looking" not in request.POST:
        return dialog(request, "lipsync_preflight", context, instead=True)
    response = render(request, "studio/lipsync_preflight.html", context)
    return trigger_client_event(reswap(retarget(response, "#lipsync-preflight"), "innerHTML"), "check-again")


@login_required
@require_POST
def lipsync_preflight(request: HttpRequest, project_id: UUID) -> HttpResponse:
    """Return what is known about the clip and the song; the open dialog polls until everything is known."""
    by = acting_user(request)
    project = project_get(by=by, project_id=project_id)
    sequences, known, singers = chosen_scenes(request), None, None
    with suppress(StudioError):  # it can't be requested at all; pressing the button says so
        spec = _spec(request, project)
        if len(sequences) == 1:
            scene = scene_get(by=by, project_id=project_id, sequence=sequences[0])
            singers = singers_of(by=by, scene=scene, spec=spec)
            if singers is not None and singers.refusal:
                spec = replace(spec, options=replace(spec.options, face=None))
        known = scenes_findings(by=by, project_id=project_id, sequences=sequences, spec=spec, start=True)
    scenes = ",".join(map(str, sequences))
    context = {"project": project, "known": known, "scenes": scenes, "singers": singers}
    return render(request, "studio/lipsync_seen.html", context)


@login_required
@require_safe
def lipsync_frame(request: HttpRequest, asset_id: UUID) -> HttpResponse:
    """Return the picture of a clip that a worker saved nearest to `?time=` (seconds), or the first."""
    look = LipsyncLook.objects.filter(pk=asset_id, asset__owner=acting_user(request)).first()
    if look is None or not look.frames:
        raise NotFound("There is no such picture.")
    wanted = _moment(request.GET.get("time", ""))
    nearest = min(look.frames, key=lambda seconds: abs(float(seconds) - wanted))
    response = HttpResponse(b64decode(look.frames[nearest]), content_type="image/jpeg")
    response["Cache-Control"] = "private, max-age=86400"
    return response


def _moment(text: str) -> float:
    try:
        seconds = float(text or 0)
    except ValueError:
        return 0.0
    return seconds if isfinite(seconds) else 0.0


def _spec(request: HttpRequest, project: Project) -> LipsyncSpec:
    picked = call_pick(request, project, Capability.LIPSYNC)
    return LipsyncSpec(
        audio_id=uuid_of(request.POST.get("audio_id", ""), "This audio doesn't exist."),
        audio_start=_audio_start(request.POST.get("audio_start", "")),
        clip_id=uuid_of(request.POST.get("clip_id", ""), "This scene doesn't have that clip."),
        preview="preview" in request.POST,
        all_sound="all_sound" in request.POST,
        provider=picked.provider,
        model=picked.model,
        options=LipsyncOptions(
            temperature=_temperature(request.POST.get("temperature", "")),
            active_speaker_detection="active_speaker_detection" in request.POST,
            occlusion_detection_enabled="occlusion_detection_enabled" in request.POST,
            face=face_sent(request.POST.get("face", "")),
        ),
    )


def _rests_unknown(project: Project) -> bool:
    return project.song is not None and rests_unknown(project.song)


def _silent_seconds(scene: Scene) -> float:
    """Return how much of the scene's part of the song is sent as silence."""
    project, sequence = scene.project, scene.sequence or 0
    try:
        part = lipsync_audio(
            by=project.owner,
            project=project,
            spec=LipsyncSpec(),
            windows=project_windows(project),
            sequence=sequence,
        )
    except InputError:
        return 0.0  # no song, or past its end; the dialog says so
    return sum(end - start for start, end in part.silences)


def _own_audio_stored(request: HttpRequest) -> None:
    """Store the file of a scene's own audio. From then on the form names it, so that a question can send it again."""
    by = acting_user(request)
    upload = request.FILES.get("voice") or partial_named(by=by, text=request.POST.get("voice", ""))
    if upload is None:
        return
    audio = asset_from_upload(by=by, upload=upload, kind=AssetKind.AUDIO)
    sent = request.POST.copy()
    sent.pop("voice", None)
    sent["audio_id"] = str(audio.pk)
    request.POST = sent  # type: ignore[assignment]


def _audio_start(text: str) -> Decimal | None:
    try:
        seconds = Decimal(text) if text.strip() else None
    except InvalidOperation as error:
        raise InputError(START_PROBLEM) from error
    if seconds is not None and (not seconds.is_finite() or not 0 <= seconds < LONGEST_AUDIO_SECONDS):
        raise InputError(START_PROBLEM)
    return seconds


def _temperature(text: str) -> float | None:
    """Return the slider's value; None leaves it to the flavor. The service checks the range."""
    try:
        return float(text) if text else None
    except ValueError as error:
        raise InputError("Lip Movement Expressiveness must be a number from 0.0 to 1.0.") from error
