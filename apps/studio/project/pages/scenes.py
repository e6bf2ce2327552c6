"""Actions of a scene's card. Each returns the updated card or, without htmx, a redirect to its page."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from decimal import Decimal
from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.db import transaction
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import render
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from apps.accounts.acting import acting_user
from apps.accounts.models import User
from apps.core.errors import ConflictError, InputError, NotFound, StudioError
from apps.jobs.services import job_cancel
from apps.production import retrying
from apps.production.approving import scenes_approve_works
from apps.projects.selectors import project_get
from apps.providers.capabilities import Capability
from apps.scenes import services, softening
from apps.scenes.cutting import scene_duplicate, scene_merge
from apps.scenes.making import MAXIMUM_TAKES, GenerationSpec, image_work, scene_image_generate, video_works
from apps.scenes.models import Scene
from apps.scenes.remaking import SceneWords, scene_remake, scenes_remake_works
from apps.scenes.selectors import scene_get, scene_job
from apps.scenes.services import scene_create, scene_update
from apps.studio.choosing.pickers import call_pick
from apps.studio.forms import PromptForm
from apps.studio.pages.acting import dialog, scene_action, scene_dialog, sent_fields
from apps.work.work import Spending, Work


@login_required
@require_POST
def scene_image(request: HttpRequest, project_id: UUID, sequence: int) -> HttpResponse:
    """Generate the scene's picture."""
    words, asked = _words_on_screen(request, project_id, sequence)
    if asked:
        return asked

    def action(by: User, spending: Spending) -> object:
        with transaction.atomic():
            if words:
                scene_update(by=by, project_id=project_id, sequence=sequence, **asdict(words))
            spec = _spec(request, project_id, Capability.IMAGE)
            return scene_image_generate(by=by, project_id=project_id, sequence=sequence, spec=spec, spending=spending)

    return scene_action(request, project_id, sequence, action)


def _takes(sent: QueryDict) -> int:
    """Return how many clips are asked for."""
    text = sent.get("takes", "") or "1"
    if not text.isdecimal() or not 1 <= int(text) <= MAXIMUM_TAKES:
        raise InputError(f"Choose 1 to {MAXIMUM_TAKES} takes.", errors={"takes": [f"1 to {MAXIMUM_TAKES}"]})
    return int(text)


def _spec(request: HttpRequest, project_id: UUID, capability: Capability) -> GenerationSpec:
    """Return the call's own choice of model, if it has one."""
    picked = call_pick(request, project_get(by=acting_user(request), project_id=project_id), capability)
    return GenerationSpec(provider=picked.provider, model=picked.model)


@login_required
@require_POST
def scene_video(request: HttpRequest, project_id: UUID, sequence: int) -> HttpResponse:
    """Generate a clip for the scene's words; unsaved words on screen are sent along and saved."""
    words, asked = _words_on_screen(request, project_id, sequence)
    if asked:
        return asked

    def action(by: User, spending: Spending) -> object:
        takes = _takes(request.POST)
        return scene_remake(
            by=by, project_id=project_id, sequence=sequence, spending=spending, words=words, takes=takes
        )

    return scene_action(request, project_id, sequence, action)


@login_required
@require_POST
def scene_remake_all(request: HttpRequest, project_id: UUID, sequence: int) -> HttpResponse:
    """Remake the scene for its words, unsaved ones included: picture and clip or, with `only`, the clip alone."""
    words, asked = _words_on_screen(request, project_id, sequence)
    if asked:
        return asked

    def action(by: User, spending: Spending) -> object:
        only_clip = request.POST.get("only") == "clip"
        return scene_remake(
            by=by,
            project_id=project_id,
            sequence=sequence,
            spending=spending,
            words=words,
            takes=_takes(request.POST) if only_clip else 1,
            redraw=not only_clip,
        )

    return scene_action(request, project_id, sequence, action)


@login_required
@require_POST
def scene_retry(request: HttpRequest, project_id: UUID, sequence: int) -> HttpResponse:
    """Retry what failed, with the same parameters."""

    def action(by: User, spending: Spending) -> object:
        return retrying.scene_retry(by=by, project_id=project_id, sequence=sequence, spending=spending)

    return scene_action(request, project_id, sequence, action)


@login_required
@require_POST
def scene_soften(request: HttpRequest, project_id: UUID, sequence: int) -> HttpResponse:
    """Have a language model rewrite a prompt that was refused."""

    def action(by: User, spending: Spending) -> object:
        return softening.scene_soften(by=by, project_id=project_id, sequence=sequence, spending=spending)

    return scene_action(request, project_id, sequence, action)


@login_required
@require_POST
def scene_cancel(request: HttpRequest, project_id: UUID, sequence: int) -> HttpResponse:
    def action(by: User, _: Spending) -> object:
        job = scene_job(scene_get(by=by, project_id=project_id, sequence=sequence))
        return job_cancel(by=by, job_id=job.pk) if job is not None else None

    return scene_action(request, project_id, sequence, action)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def scene_words(request: HttpRequest, project_id: UUID, sequence: int) -> HttpResponse:
    """Edit the scene's words and, with `remake`, remake it for them. GET: the dialog. If newer words were saved
    meanwhile, show both and ask."""
    if request.method != "POST":
        scene = scene_get(by=acting_user(request), project_id=project_id, sequence=sequence)
        return scene_dialog(request, scene, "words")
    form = PromptForm(request.POST)

    def action(by: User, spending: Spending) -> object:
        words = _words(request, form)
        if request.POST.get("remake"):
            return scene_remake(
                by=by, project_id=project_id, sequence=sequence, spending=spending, words=words, redraw=True
            )
        return scene_update(by=by, project_id=project_id, sequence=sequence, **asdict(words))

    return _asked_about_newer(request, project_id, sequence, form) or scene_action(
        request, project_id, sequence, action
    )


def _words(request: HttpRequest, form: PromptForm) -> SceneWords:
    """Return the scene's fields from its form. Raises InputError for a text that is too long."""
    if not form.is_valid():
        raise InputError("The scene wasn't saved. Shorten its text.", errors=form.errors)
    said = form.cleaned_data
    return SceneWords(
        expected_version=said["version"],
        prompt=said["prompt"],
        negative_prompt=said["negative_prompt"],
        lipsync="lipsync" in request.POST,
    )


def _asked_about_newer(request: HttpRequest, project_id: UUID, sequence: int, form: PromptForm) -> HttpResponse | None:
    """Return a question if the scene changed meanwhile. Asked before the change, so that both texts can be shown; the
    service's own check is the reliable one."""
    scene = scene_get(by=acting_user(request), project_id=project_id, sequence=sequence)
    same = request.POST.get("scene_id", "") in {"", str(scene.pk)}
    if not same or not form.is_valid() or form.cleaned_data["version"] == scene.version:
        return None
    context = {"scene": scene, "project": scene.project, "mine": form.cleaned_data, "action": request.path}
    return dialog(request, "stale", {**context, "fields": sent_fields(request, "version")}, instead=True)


def _words_on_screen(
    request: HttpRequest, project_id: UUID, sequence: int
) -> tuple[SceneWords | None, HttpResponse | None]:
    """Return the unsaved words that a button sent along, or the question about newer ones."""
    if "prompt" not in request.POST:
        return None, None
    form = PromptForm(request.POST)
    asked = _asked_about_newer(request, project_id, sequence, form)
    return (None if asked else _words(request, form)), asked


@login_required
@require_POST
def scene_delete(request: HttpRequest, project_id: UUID, sequence: int) -> HttpResponse:
    def action(by: User, _: Spending) -> None:
        services.scene_delete(by=by, project_id=project_id, sequence=sequence)

    return scene_action(request, project_id, sequence, action)


def _insert_after(*, by: User, project_id: UUID, sequence: int, ripple: bool) -> object:
    return scene_create(by=by, project_id=project_id, sequence=sequence + 1, ripple=ripple)


def _merge(*, by: User, project_id: UUID, sequence: int, ripple: bool) -> object:
    del ripple  # no time is taken from anywhere
    return scene_merge(by=by, project_id=project_id, sequence=sequence)


REARRANGING: Mapping[str, Callable[..., object]] = {
    "insert": _insert_after,
    "duplicate": scene_duplicate,
    "merge": _merge,
}


@login_required
@require_POST
def scene_rearrange(request: HttpRequest, project_id: UUID, sequence: int, what: str) -> HttpResponse:
    """`insert` a scene after this one, `duplicate` it, or `merge` it with the next. With `ripple` the film's end gives
    the time. Undo reverts it."""
    if what not in REARRANGING:
        raise NotFound("The scenes can't be changed that way.")

    def action(by: User, _: Spending) -> object:
        if not request.POST.get("scene_id"):
            raise ConflictError("This page is too old to know its scene. Reload it.", code="stale")
        ripple = request.POST.get("ripple") == "1"
        return REARRANGING[what](by=by, project_id=project_id, sequence=sequence, ripple=ripple)

    return scene_action(request, project_id, sequence, action)


@login_required
@require_safe
def scene_quote(request: HttpRequest, project_id: UUID, sequence: int, what: str) -> HttpResponse:
    """Return the price of what a button of the scene does."""
    by = acting_user(request)
    scene = scene_get(by=by, project_id=project_id, sequence=sequence)
    total: Decimal | None
    try:
        total = sum((work.quote.amount for work in _quoted(request, by, scene, what)), start=Decimal(0))
    except StudioError:
        total = None  # it can't be generated as it is; pressing the button says why
    return render(request, "studio/quote.html", {"total": total})


def _quoted(request: HttpRequest, by: User, scene: Scene, what: str) -> Sequence[Work]:
    project_id, sequences = scene.project_id, [scene.sequence or 0]
    if what == "image":
        return [image_work(by=by, scene=scene, spec=_spec(request, project_id, Capability.IMAGE))]
    if what == "soften":
        return [softening.soften_work(by=by, scene=scene)]
    if what == "redo":
        return [image_work(by=by, scene=scene, spec=GenerationSpec())]
    if what == "approve":
        return scenes_approve_works(by=by, project_id=project_id, sequences=sequences)
    if what == "clip" or _takes(request.GET) > 1:
        return video_works(by=by, scene=scene, spec=GenerationSpec(takes=_takes(request.GET)))
    redraw = what == "remake" or None
    works = scenes_remake_works(by=by, project_id=project_id, sequences=sequences, redraw=redraw)
    return [work for _, work in works]
