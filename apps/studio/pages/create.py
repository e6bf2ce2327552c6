"""Create: song, mode, look, words; one button."""

from decimal import Decimal, InvalidOperation
from uuid import UUID

from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from apps.accounts.acting import acting_user
from apps.accounts.keeping import kept_fields, login_required_keeping
from apps.accounts.models import User
from apps.assets.models import AssetKind
from apps.assets.services import asset_from_upload
from apps.core.errors import ConflictError, InputError, NotFound, StudioError
from apps.flavors.registry import flavor_names
from apps.gallery.pictures import flavor_picture
from apps.jobs.models import Job
from apps.production.generate_all import generate_all_start
from apps.projects.models import Project
from apps.projects.services import ProjectFields, project_create
from apps.songs.selectors import songs_of
from apps.songs.services import song_import, song_upload
from apps.studio.choosing.paces import LATER, NO_SONG
from apps.studio.choosing.pickers import new_project_pickers
from apps.studio.forms import PACE_WORDS, QUICK_GEN, CreateForm, form_take_errors
from apps.studio.pages.character import character_drawing
from apps.work.choice import CHOSEN_FOR
from apps.work.work import Spending

RECENT_SONGS = 20
# Fields in the fold of that name, which opens if one of them is wrong.
CONFIGURATION = {"flavor", "number_of_scenes", "budget", *(f"by_{capability}" for capability in CHOSEN_FOR)}


@login_required_keeping
@require_http_methods(["GET", "HEAD", "POST"])
def create(request: HttpRequest) -> HttpResponse:
    by = acting_user(request)
    form = (
        CreateForm(request.POST, request.FILES)
        if request.method == "POST"
        else CreateForm(initial=kept_fields(request))
    )
    if form.is_bound and form.is_valid():
        if form.cleaned_data["song_link"]:
            return _import_started(request, by, form)
        project = _made(by, form)
        if project is not None and "pictures_price" in request.POST:
            return _pictures_started(request, by, project)
        if project is not None:
            target = "studio:quick-gen" if form.cleaned_data["mode"] == QUICK_GEN else "studio:edit"
            return redirect(target, project.pk)
    return _form_page(request, by, form, status=400 if form.errors else 200)


def _form_page(
    request: HttpRequest, by: User, form: CreateForm, *, status: int, job: Job | None = None
) -> HttpResponse:
    songs = songs_of(by)[:RECENT_SONGS]
    flavor = str(form["flavor"].value() or "")
    context = {
        "form": form,
        "songs": songs,
        # A file input can't be prefilled, so the file already uploaded is offered as the chosen song.
        "chosen": _chosen_song(form),
        "import_job": job,
        "pickers": new_project_pickers(form, flavor=flavor),
        "paces": PACE_WORDS,
        "table": LATER if _chosen_song(form) else NO_SONG,
        "looks": [(name, flavor_picture(flavor=name)) for name in flavor_names()],
        "drawing": character_drawing(by, form),
        "configuration_errors": form.errors.keys() & CONFIGURATION,
    }
    return render(request, "studio/create.html", context, status=status)


def _import_started(request: HttpRequest, by: User, form: CreateForm) -> HttpResponse:
    """Start importing a linked song. Without scripts the page can't wait, so the user picks it from the list later."""
    try:
        start, end = (_float(form.cleaned_data[name]) for name in ("link_start", "link_end"))
        job = song_import(by=by, url=form.cleaned_data["song_link"], start_time=start, end_time=end)
    except InputError as error:
        form_take_errors(form, error)
        return _form_page(request, by, form, status=400)
    except ConflictError as error:
        form.add_error("song_link", error.message)
        return _form_page(request, by, form, status=400)
    return _form_page(request, by, form, status=202, job=job)


def _pictures_started(request: HttpRequest, by: User, project: Project) -> HttpResponse:
    """Make the pictures for at most the price that the button showed; otherwise the next page says why not."""
    try:
        spending = Spending(max_cost=Decimal(request.POST["pictures_price"]))
        generate_all_start(by=by, project_id=project.pk, spending=spending, stop_after="images")
    except InvalidOperation:
        messages.error(request, "The pictures were not started. Click Pictures first here.")
    except StudioError as error:
        messages.error(request, f"The project is here, but its pictures were not started. {error.message}")
    return redirect("studio:quick-gen", project.pk)


def _float(seconds: Decimal | None) -> float | None:
    return None if seconds is None else float(seconds)


def _made(by: User, form: CreateForm) -> Project | None:
    """Create the project, or return None with the errors on the form."""
    data = form.cleaned_data
    if character_drawing(by, form).job is not None:
        form.add_error("character_description", "The character is still being drawn. Wait a moment, or stop it.")
        return None
    try:
        if data["song"]:
            data["audio_id"] = song_upload(by=by, upload=data["song"]).song.asset_id
        fields: ProjectFields = {
            "idea": data["idea"],
            "character_description": data["character_description"],
            "character_reference_id": _drawn(by, form),
            "audio_id": data["audio_id"],
            "song_start": data["song_start"] or Decimal(0),
            "song_end": data["song_end"],
            "flavor": data["flavor"] or "default",
            "aspect_ratio": data["aspect_ratio"],
            "resolution": data["resolution"],
            "number_of_scenes": data["number_of_scenes"],
            "pace": data["pace"],
            "budget": data["budget"],
            "providers": form.providers(),
            "chosen_models": form.chosen_models(),
        }
        return _with_reference(by, form, fields)
    except InputError as error:
        form_take_errors(form, error)
    except NotFound as error:
        form.add_error("song", error.message)
    return None


def _drawn(by: User, form: CreateForm) -> UUID | None:
    """Return the picture that was drawn on this page; one that is gone counts as none."""
    picture = character_drawing(by, form).picture
    return None if picture is None else picture.pk


def _with_reference(by: User, form: CreateForm, fields: ProjectFields) -> Project | None:
    upload = form.cleaned_data["character_reference"]
    if upload:
        try:
            fields["character_reference_id"] = asset_from_upload(by=by, upload=upload, kind=AssetKind.IMAGE).pk
        except InputError as error:
            form.add_error("character_reference", error.message)
            return None
    with transaction.atomic():
        return project_create(by=by, **fields)


def _chosen_song(form: CreateForm) -> str:
    """Return the song to offer again after an error: the one just uploaded, else the chosen one."""
    uploaded = getattr(form, "cleaned_data", {}).get("audio_id")
    return str(uploaded or form["audio_id"].value() or "")
