"""The page on which a frame of a clip becomes a picture of somebody or something in the cast."""

from dataclasses import dataclass, replace
from math import isfinite
from uuid import UUID

from django import forms
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST

from apps.accounts.acting import acting_user
from apps.accounts.models import User
from apps.projects.cast.selectors import subjects_of
from apps.projects.models import Project
from apps.projects.selectors import project_get
from apps.scenes.frame_pictures import picture_from_frame
from apps.scenes.selectors import scenes_of
from apps.studio.forms import form_saves
from apps.studio.live import live_response, poll_of
from apps.studio.project.board import Board, board_of
from apps.studio.project.cards import view_url
from apps.studio.project.pages.cast import PAGE
from apps.studio.project.pages.overview import board_context
from engines.media.stills import Part

_CROP = ("crop_x", "crop_y", "crop_width", "crop_height")


@dataclass(frozen=True)
class ClipChoice:
    """A scene's current clip: `start` is where the scene begins in it, `fps` its rate or the film's."""

    value: str
    label: str
    url: str
    seconds: float
    start: float
    fps: float


class FrameForm(forms.Form):
    """Whose picture, of which clip, at which second of it, and the part of it: shares of the picture, or nothing."""

    subject_id = forms.UUIDField(error_messages={"required": "Choose whose picture it is."})
    clip_id = forms.UUIDField(error_messages={"required": "Choose a scene."})
    time = forms.FloatField(min_value=0, error_messages={"required": "Choose a moment.", "invalid": "Type seconds."})
    crop_x = forms.FloatField(required=False)
    crop_y = forms.FloatField(required=False)
    crop_width = forms.FloatField(required=False)
    crop_height = forms.FloatField(required=False)

    def clean_time(self) -> float:
        seconds: float = self.cleaned_data["time"]
        if not isfinite(seconds):
            raise forms.ValidationError("Type seconds.")
        return seconds

    def part(self) -> Part | None:
        values = [self.cleaned_data.get(name) for name in _CROP]
        if any(value is None for value in values):
            return None
        left, top, width, height = (float(value or 0) for value in values)
        return left, top, width, height


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def cast_frame(request: HttpRequest, project_id: UUID) -> HttpResponse:
    """Choose a scene's clip and a frame of it for a subject (`subject`, `scene`: the first choice). POST: use it."""
    by = acting_user(request)
    project = project_get(by=by, project_id=project_id)
    subjects, clips = list(subjects_of(project)), _clips(project)
    wished = {"subject_id": request.GET.get("subject", ""), "clip_id": _clip_of(clips, request.GET.get("scene", ""))}
    form = FrameForm(request.POST if request.method == "POST" else None, initial=wished)
    if form_saves(form, lambda: _use(by, project, form)):
        return redirect("studio:subject", project.pk, form.cleaned_data["subject_id"])
    board = _board(project)
    chosen = str(form["clip_id"].value() or "")
    context = {
        **board_context(request, board, PAGE),
        "poll": poll_of(_news_url(project.pk), busy=board.busy),
        "form": form,
        "subjects": subjects,
        "clips": clips,
        "first": next((one for one in clips if one.value == chosen), clips[0] if clips else None),
    }
    return render(request, "studio/cast_frame.html", context, status=400 if form.errors else 200)


@login_required
@require_POST
def cast_frame_news(request: HttpRequest, project_id: UUID) -> HttpResponse:
    """Return what changed above the form."""
    board = _board(project_get(by=acting_user(request), project_id=project_id))
    return live_response(request, board.pieces, url=_news_url(project_id), busy=board.busy)


def _board(project: Project) -> Board:
    board = board_of(project, page=PAGE)
    return replace(board, pieces=[piece for piece in board.pieces if piece.id != "money"])


def _news_url(project_id: UUID) -> str:
    return reverse("studio:cast-frame-news", args=[project_id])


def _clips(project: Project) -> list[ClipChoice]:
    found = []
    for scene in scenes_of(project):
        clip = scene.current_clip
        if clip is not None:
            section = f" · {scene.section}" if scene.section else ""
            label = f"Scene {scene.sequence}{section}"
            asset, start = clip.asset, float(scene.clip_in)
            rate = asset.fps or project.fps
            top, _, bottom = str(rate).partition("/")
            fps = float(top) / float(bottom or 1)
            found.append(ClipChoice(str(clip.pk), label, view_url(asset), asset.duration_seconds or 0.0, start, fps))
    return found


def _clip_of(clips: list[ClipChoice], scene: str) -> str:
    return next((one.value for one in clips if one.label.split(" · ")[0] == f"Scene {scene}"), "")


def _use(by: User, project: Project, form: FrameForm) -> object:
    data = form.cleaned_data
    return picture_from_frame(
        by=by,
        project_id=project.pk,
        subject_id=data["subject_id"],
        clip_id=data["clip_id"],
        seconds=data["time"],
        part=form.part(),
    )
