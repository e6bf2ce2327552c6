"""A project's videos: other outputs, how they are composed, lyrics, versions, budget, settings.

Each has a dialog on the project's page that is a page of its own without JavaScript; an error shows the form again
with the message at its field.
"""

from collections.abc import Callable
from decimal import Decimal
from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.datastructures import MultiValueDict
from django.views.decorators.http import require_http_methods, require_POST, require_safe
from django_htmx.http import HttpResponseClientRefresh

from apps.accounts.acting import acting_user
from apps.accounts.models import User
from apps.composition import services
from apps.composition.handoff.export import export_being_packed, latest_export, project_export
from apps.composition.handoff.options import HandoffOptions
from apps.composition.hook import hook_suggestion
from apps.composition.lyrics import LyricsReading, lyrics_from_song, lyrics_reading, lyrics_set, lyrics_update
from apps.composition.lyrics import lyrics_delete as project_lyrics_delete
from apps.composition.models import Lyrics
from apps.composition.planning import project_look
from apps.composition.project_looks import LONGEST_HOOK_SECONDS, SHORTEST_HOOK_SECONDS, outputs_add, project_look_set
from apps.composition.selectors import CurrentPlans, composition_get
from apps.composition.services import composition_revert, project_compose
from apps.core.errors import ConflictError, InputError, NotFound
from apps.core.htmx import current_path, in_dialogs, is_htmx
from apps.production.project_money import project_estimate
from apps.projects.models import Project
from apps.projects.selectors import project_get
from apps.projects.services import project_update
from apps.scenes.picks import project_pick
from apps.scenes.selectors import scenes_of
from apps.songs.selectors import songs_of
from apps.studio.choosing.pickers import project_pickers
from apps.studio.choosing.rows import pick_text
from apps.studio.forms import dollars_typed, form_take_errors
from apps.studio.live import held_pieces, live_response
from apps.studio.pages.acting import PAGES, live_url, project_action
from apps.studio.project.board import board_of
from apps.studio.project.cards import view_url
from apps.studio.project.finishing import main_versions, reencode_wish, versions_of
from apps.studio.project.finishing_forms import BudgetForm, LookForm, LyricsForm, OutputsForm, PackageForm, SettingsForm
from apps.studio.templatetags.studio import clock
from apps.studio.words import PROOF_WORDS
from apps.work.choice import CHOSEN_FOR
from apps.work.work import Spending
from engines.lyrics.encodings import Decoded, decoded

VERSIONS_ON_A_PAGE = 24
# How many of the newest songs the settings offer.
SONGS_OFFERED = 50
HOOK_LENGTHS = (SHORTEST_HOOK_SECONDS, 20, LONGEST_HOOK_SECONDS)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def outputs(request: HttpRequest, project_id: UUID) -> HttpResponse:
    """Add outputs: shapes, size, and whether it is the full video or a hook cut."""
    by, project = _mine(request, project_id)
    form = OutputsForm(_sent(request)[0], initial={"aspect_ratios": []})
    if _saved(form, lambda: outputs_add(by=by, project_id=project_id, **form.cleaned_data)):
        return _response(request, project_id)
    hooks = [(seconds, hook_suggestion(project, Decimal(seconds))) for seconds in HOOK_LENGTHS]
    return _dialog(request, "outputs", project, form, hooks=[(length, found) for length, found in hooks if found])


@login_required
@require_POST
def output_compose(request: HttpRequest, project_id: UUID, output_id: UUID) -> HttpResponse:
    overrides = reencode_wish(request)

    def start(by: User, _: Spending) -> object:
        return project_compose(by=by, project_id=project_id, output_id=output_id, overrides=overrides)

    return project_action(request, project_id, start)


@login_required
@require_POST
def output_delete(request: HttpRequest, project_id: UUID, output_id: UUID) -> HttpResponse:
    return project_action(
        request, project_id, lambda by, _: services.output_delete(by=by, project_id=project_id, output_id=output_id)
    )


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def look(request: HttpRequest, project_id: UUID) -> HttpResponse:
    """Set transitions, clip sound, fades and similar options for all of the project's videos."""
    by, project = _mine(request, project_id)
    now = project_look(project).told()
    volume = now.get("clip_sound_volume")
    form = LookForm(_sent(request)[0], initial={**now, "clip_sound": None if volume is None else round(100 * volume)})
    if _saved(form, lambda: project_look_set(by=by, project_id=project_id, options=form.options())):
        return _response(request, project_id)
    return _dialog(request, "project_look", project, form)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def lyrics(request: HttpRequest, project_id: UUID) -> HttpResponse:
    """Add lyrics, or choose how the video shows the existing ones."""
    by, project = _mine(request, project_id)
    words = Lyrics.objects.filter(project=project).first() or Lyrics(project=project)
    reading = _reading(words)
    likely = (words.encoding, *(reading.encodings if reading else ()))
    initial = {"burn": words.burn, "soft": words.soft, "preset": words.preset, "text": "", "encoding": words.encoding}
    form = LyricsForm(*_sent(request), initial=initial, likely=likely)
    saved = _saved(form, lambda: _lyrics_save(by, words, form.cleaned_data))
    stored = Lyrics.objects.filter(project=project).first()
    if saved and stored and stored.encoding_sure:
        return _response(request, project_id)
    if saved and stored:
        # Nobody can tell which encoding it is but somebody who knows the words: ask, with the lines in front of them.
        words, reading = stored, _reading(stored)
        initial = {name: getattr(stored, name) for name in ("burn", "soft", "preset", "encoding")}
        form = LyricsForm(initial=initial, likely=(stored.encoding, *(reading.encodings if reading else ())))
    return _dialog(request, "lyrics", project, form, lyrics=words, reading=reading)


@login_required
@require_POST
def lyrics_of_song(request: HttpRequest, project_id: UUID) -> HttpResponse:
    """Use the timed lyrics of the project's song."""
    return project_action(request, project_id, lambda by, _: lyrics_from_song(by=by, project_id=project_id))


@login_required
@require_POST
def lyrics_delete(request: HttpRequest, project_id: UUID) -> HttpResponse:
    return project_action(request, project_id, lambda by, _: project_lyrics_delete(by=by, project_id=project_id))


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def package(request: HttpRequest, project_id: UUID) -> HttpResponse:
    """Ask what the package for an editor contains; then return it if it is ready, else the job that packs it."""
    by, project = _mine(request, project_id)
    usual = HandoffOptions()
    initial = {"timeline_start": usual.timeline_start, "markers": [*usual.markers]}
    form = PackageForm(_sent(request)[0], initial=initial)
    if not form.is_bound or not form.is_valid():
        return _dialog(request, "package", project, form)
    try:
        archive = latest_export(project, form.options())
        if archive is not None:
            return redirect(view_url(archive))
        packing = export_being_packed(project_id, form.options())
        job = packing or project_export(by=by, project_id=project_id, options=form.options())
    except (InputError, ConflictError) as error:
        messages.error(request, error.message)
        return redirect("studio:edit", project_id)
    return redirect("studio:job", job.pk)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def budget(request: HttpRequest, project_id: UUID) -> HttpResponse:
    """Set the project's cap, and the cost above which it asks for confirmation."""
    by, project = _mine(request, project_id)
    initial = {name: dollars_typed(getattr(project, name)) for name in ("budget", "confirm_above")}
    form = BudgetForm(_sent(request)[0], initial=initial)
    if _saved(form, lambda: project_update(by=by, project_id=project_id, **form.cleaned_data)):
        return _response(request, project_id)
    return _dialog(request, "budget", project, form)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def settings(request: HttpRequest, project_id: UUID) -> HttpResponse:
    """Change title, idea, character, look, shape and providers. Existing results stay as they are."""
    by, project = _mine(request, project_id)
    initial = {name: getattr(project, name) for name in SettingsForm.base_fields if name != "audio_id"}
    initial |= {f"by_{capability}": pick_text(project_pick(project, capability)) for capability in CHOSEN_FOR}
    initial |= {
        "audio_id": project.song.asset_id if project.song else None,
        "song_start": clock(project.song_start) if project.song_start else "",
        "song_end": clock(project.song_end),
    }
    form = SettingsForm(_sent(request)[0], initial=initial, flavor=project.flavor)
    if _saved(form, lambda: _settings_save(by, project, form)):
        return _response(request, project_id, reload=True)
    songs = {song.pk: song for song in [*([project.song] if project.song else []), *songs_of(by)[:SONGS_OFFERED]]}
    pickers = project_pickers(by, project, form)
    return _dialog(request, "settings", project, form, pickers=pickers, songs=songs.values())


@login_required
@require_safe
def versions(request: HttpRequest, project_id: UUID) -> HttpResponse:
    """List every composed video in the project's own format."""
    _, project = _mine(request, project_id)
    page = Paginator(main_versions(project), VERSIONS_ON_A_PAGE).get_page(request.GET.get("page"))
    start = page.start_index() - 1 if page.paginator.count else 0
    found = list(main_versions(project)[start : start + VERSIONS_ON_A_PAGE + 1])
    shown = versions_of(CurrentPlans(project, list(scenes_of(project))), found)[:VERSIONS_ON_A_PAGE]
    return render(request, "studio/versions_page.html", {"project": project, "versions": shown, "page": page})


@login_required
@require_safe
def version(request: HttpRequest, project_id: UUID, composition_id: UUID) -> HttpResponse:
    """Show one composed video: a player, and what was verified about it."""
    _, project = _mine(request, project_id)
    found = composition_get(project=project, composition_id=composition_id)
    context = {
        "composition": found,
        "url": view_url(found.asset),
        "poster_url": view_url(found.poster),
        "in_use": found.asset_id == project.final_video_id,
        "checks": [(PROOF_WORDS.get(check["name"], check["name"]), check) for check in found.proof.get("checks", ())],
        "sentence": found.proof.get("sentence", ""),
    }
    return _dialog(request, "version", project, None, **context)


@login_required
@require_POST
def version_revert(request: HttpRequest, project_id: UUID, composition_id: UUID) -> HttpResponse:
    def action(by: User, _: Spending) -> object:
        return composition_revert(by=by, project_id=project_id, composition_id=composition_id)

    return project_action(request, project_id, action)


@login_required
@require_safe
def estimate(request: HttpRequest, project_id: UUID) -> HttpResponse:
    """Return what the missing work would cost; loaded after the page."""
    by, project = _mine(request, project_id)
    return render(request, "studio/estimate.html", {"estimate": project_estimate(by=by, project=project)})


def _sent(request: HttpRequest) -> tuple[QueryDict | None, MultiValueDict[str, Any] | None]:
    """Return a form's data; None if the page only shows it."""
    return (request.POST, request.FILES) if request.method == "POST" else (None, None)


def _mine(request: HttpRequest, project_id: UUID) -> tuple[User, Project]:
    by = acting_user(request)
    return by, project_get(by=by, project_id=project_id)


def _reading(words: Lyrics) -> LyricsReading | None:
    """Return what the stored lyrics say; None without any, or if they can't be read any more."""
    try:
        return lyrics_reading(words) if words.text else None
    except InputError:
        return None


def _lyrics_save(by: User, words: Lyrics, data: dict[str, Any]) -> object:
    ways = {name: data[name] for name in ("burn", "soft", "preset")}
    file, text, encoding = data["file"], data["text"], data["encoding"]
    if file or text.strip():
        name = file.name if file else "pasted.txt"
        # The encoding that is shown belongs to the file before, unless it was changed together with the file.
        chosen = encoding if encoding != words.encoding else ""
        try:
            source = decoded(file.read(), chosen) if file else Decoded(text, "")
            return lyrics_set(by=by, project_id=words.project_id, source=source, original_name=name, **ways)
        except InputError as error:
            place = "encoding" if "encoding" in error.errors else "file" if file else "text"
            raise InputError(error.message, errors={place: error.message}) from error
    if not words.text:
        raise InputError("Choose a file, or paste the lyrics.", errors={"file": "Choose a file, or paste the lyrics."})
    # Saving the encoding that was guessed confirms it.
    changed = encoding if words.encoding and (encoding != words.encoding or not words.encoding_sure) else ""
    return lyrics_update(by=by, project_id=words.project_id, encoding=changed, **ways)


def _settings_save(by: User, project: Project, form: SettingsForm) -> object:
    names = ["title", "idea", "character_description", "flavor", "aspect_ratio", "resolution"]
    if form.cleaned_data["fps"]:
        names.append("fps")
    return project_update(
        by=by,
        project_id=project.pk,
        expected_version=form.cleaned_data["version"],
        providers=form.providers(),
        chosen_models=form.chosen_models(),
        **{name: form.cleaned_data[name] for name in names},
        **_song_part(form),
    )


def _song_part(form: SettingsForm) -> dict[str, Any]:
    """Return the song and the part to use, where they were changed. A form without these fields changes nothing."""
    fields = [name for name in ("audio_id", "song_start", "song_end") if name in form.data]
    changed = {name: form.cleaned_data[name] for name in fields if name in form.changed_data}
    if "song_start" in changed:
        changed["song_start"] = changed["song_start"] or Decimal(0)
    return changed


def _saved(form: forms.Form, action: Callable[[], object]) -> bool:
    """Return whether the form was sent and its action done; otherwise errors are on the form."""
    if not form.is_bound or not form.is_valid():
        return False
    try:
        action()
    except InputError as error:
        form_take_errors(form, error)
    except (ConflictError, NotFound) as error:
        form.add_error(None, error.message)
    return not form.errors


def _response(request: HttpRequest, project_id: UUID, *, reload: bool = False) -> HttpResponse:
    """Return what changed on the page that asked; without htmx, a redirect to the project's. `reload`: another page
    than the project's loads again, because what changed is also outside of its pieces."""
    if not is_htmx(request):
        return redirect("studio:project", project_id)
    urls = {reverse(name, args=[project_id]): page for page, name in PAGES.items()}
    page = urls.get(current_path(request) or "", "project")
    if reload and page != "project":
        return HttpResponseClientRefresh()
    board = board_of(project_get(by=acting_user(request), project_id=project_id), page=page)
    pieces = board.changed_pieces(held_pieces(request))
    return live_response(request, pieces, url=live_url(board, page), busy=board.busy)


def _dialog(
    request: HttpRequest, name: str, project: Project, form: forms.Form | None, **context: object
) -> HttpResponse:
    """Return the dialog, or a page of its own. After an error the form replaces itself."""
    template = f"studio/dialog_{name}.html"
    context = {**context, "project": project, "form": form, "dialog": template, "page": "project"}
    if not is_htmx(request):
        return render(request, "studio/dialog_page.html", context, status=400 if form and form.errors else 200)
    return in_dialogs(render(request, template, context))
