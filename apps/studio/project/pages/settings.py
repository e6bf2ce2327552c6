"""Settings of a project: what it is about, its song, look, models, money, and its end."""

from decimal import Decimal
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST

from apps.accounts.acting import acting_user
from apps.accounts.models import User
from apps.core.errors import ConflictError, InputError
from apps.jobs.models import Job
from apps.projects.models import Project
from apps.projects.selectors import project_get
from apps.projects.services import project_update
from apps.scenes.new_song import project_song_change, synced_to_song
from apps.scenes.picks import project_pick
from apps.scenes.selectors import scenes_of
from apps.songs.selectors import songs_of
from apps.songs.services import song_import, song_upload
from apps.studio.choosing.pickers import project_pickers
from apps.studio.choosing.rows import pick_text
from apps.studio.forms import form_saves, form_take_errors
from apps.studio.project.board import board_of
from apps.studio.project.pages.overview import board_context, board_page
from apps.studio.project.settings_forms import SettingsForm, SongForm
from apps.studio.templatetags.studio import clock
from apps.work.choice import CHOSEN_FOR

PAGE = "settings"
# How many of the newest songs the settings offer.
SONGS_OFFERED = 50
_BEFORE = "before"
SCENES_QUESTION = "Choose what this means for the scenes: plan their cuts again, or keep their lengths."


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def settings(request: HttpRequest, project_id: UUID) -> HttpResponse:
    """Change title, idea, character, look, pace, shape and providers. Existing results stay as they are."""
    by = acting_user(request)
    project = project_get(by=by, project_id=project_id)
    form = SettingsForm(
        request.POST if request.method == "POST" else None, initial=_initial(project), flavor=project.flavor
    )
    if form_saves(form, lambda: _save(by, project, form)):
        messages.success(request, "Saved. Everything generated from now on uses these settings.")
        return redirect("studio:settings", project_id)
    return _page(request, by, project, form, SongForm(initial=_song_used(project)))


@login_required
@require_POST
def song_use(request: HttpRequest, project_id: UUID) -> HttpResponse:
    """Change the song or its part. With scenes, the form says whether they keep their lengths."""
    by = acting_user(request)
    project = project_get(by=by, project_id=project_id)
    song_form = SongForm(request.POST, request.FILES, initial=_song_used(project))
    settings_form = SettingsForm(initial=_initial(project), flavor=project.flavor)
    if song_form.is_valid() and song_form.cleaned_data["song_link"]:
        job = _import_started(by, song_form)
        return _page(request, by, project, settings_form, song_form, job=job)
    if form_saves(song_form, lambda: _save_song(by, project, song_form)):
        back = urlencode({_BEFORE: project.song.asset_id if project.song else "", **_range(project)})
        return redirect(f"{reverse('studio:settings', args=[project_id])}?{back}#song-changed")
    return _page(request, by, project, settings_form, song_form)


def _import_started(by: User, form: SongForm) -> Job | None:
    """Start importing a linked song. Without scripts the page can't wait, so the user picks it from the list later."""
    start, end = (form.cleaned_data[name] for name in ("link_start", "link_end"))
    try:
        return song_import(
            by=by,
            url=form.cleaned_data["song_link"],
            start_time=None if start is None else float(start),
            end_time=None if end is None else float(end),
        )
    except InputError as error:
        form_take_errors(form, error)
    except ConflictError as error:
        form.add_error("song_link", error.message)
    return None


def _page(
    request: HttpRequest,
    by: User,
    project: Project,
    form: SettingsForm,
    song_form: SongForm,
    *,
    job: Job | None = None,
) -> HttpResponse:
    songs = {song.pk: song for song in [*([project.song] if project.song else []), *songs_of(by)[:SONGS_OFFERED]]}
    context = {
        **board_context(request, board_of(project, page=PAGE), PAGE),
        "form": form,
        "song_form": song_form,
        "pickers": project_pickers(by, project, form),
        "songs": songs.values(),
        "chosen": str(song_form["audio_id"].value() or ""),
        "import_job": job,
        "synced": len(synced_to_song(project)),
        "before": request.GET if _BEFORE in request.GET else None,
    }
    status = 400 if form.errors or song_form.errors else 200
    return render(request, "studio/settings.html", context, status=202 if job else status)


@login_required
@require_POST
def settings_news(request: HttpRequest, project_id: UUID) -> HttpResponse:
    """Return what changed on the settings page, whose own POST saves it."""
    return board_page(request, project_id, page=PAGE, template="studio/settings.html")


def _initial(project: Project) -> dict[str, Any]:
    initial = {name: getattr(project, name) for name in SettingsForm.base_fields}
    return initial | {f"by_{capability}": pick_text(project_pick(project, capability)) for capability in CHOSEN_FOR}


def _song_used(project: Project) -> dict[str, Any]:
    return {"audio_id": project.song.asset_id if project.song else None, **_range(project)}


def _range(project: Project) -> dict[str, str]:
    start = clock(project.song_start) if project.song_start else ""
    return {"song_start": start, "song_end": clock(project.song_end)}


def _save(by: User, project: Project, form: SettingsForm) -> object:
    names = ["title", "idea", "character_description", "flavor", "aspect_ratio", "resolution"]
    if form.cleaned_data["fps"]:
        names.append("fps")
    if "pace" in form.data:
        names.append("pace")
    return project_update(
        by=by,
        project_id=project.pk,
        expected_version=form.cleaned_data["version"],
        providers=form.providers(),
        chosen_models=form.chosen_models(),
        **{name: form.cleaned_data[name] for name in names},
    )


def _save_song(by: User, project: Project, form: SongForm) -> object:
    if upload := form.cleaned_data["song"]:
        # The range was the earlier song's.
        changed: dict[str, Any] = {"audio_id": song_upload(by=by, upload=upload).song.asset_id}
    elif "back" in form.data:
        names = ("audio_id", "song_start", "song_end")
        changed = {name: form.cleaned_data[name] for name in names}
        changed["song_start"] = changed["song_start"] or Decimal(0)
    else:
        changed = _song_part(form)
    if not changed:
        return project
    scenes = form.cleaned_data["scenes"]
    if not scenes and scenes_of(project).exists():
        raise InputError(SCENES_QUESTION, errors={"scenes": [SCENES_QUESTION]})
    return project_song_change(
        by=by,
        project_id=project.pk,
        keep_lengths=scenes == "keep",
        expected_version=form.cleaned_data["version"],
        **changed,
    )


def _song_part(form: SongForm) -> dict[str, Any]:
    """Return the song and the part to use, where they were changed. A form without these fields changes nothing."""
    fields = [name for name in ("audio_id", "song_start", "song_end") if name in form.data]
    changed = {name: form.cleaned_data[name] for name in fields if name in form.changed_data}
    if "song_start" in changed:
        changed["song_start"] = changed["song_start"] or Decimal(0)
    return changed
