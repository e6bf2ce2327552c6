"""The dialog in which a scene's crop is set: followed or fixed, and its keys."""

import json
from typing import Any
from uuid import UUID

from django import forms
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_http_methods

from apps.accounts.acting import acting_user
from apps.accounts.models import User
from apps.composition.crops.keys import stored
from apps.composition.crops.scene import ScenePath, scene_path, scene_path_set
from apps.composition.looks import scene_look
from apps.composition.models import SceneFraming, SceneLook
from apps.core.errors import InputError
from apps.scenes.selectors import scene_get
from apps.studio.pages.acting import refuse_stale_look, scene_action, scene_dialog
from apps.studio.project.cards import view_url
from apps.work.work import Spending
from engines.media.crop_path import Key

# The shapes that the dialog's frame can have; the first is shown.
UPRIGHT, WIDE = ("9:16", "4:5", "1:1", "16:9"), ("16:9", "1:1", "4:5", "9:16")


class CropForm(forms.Form):
    """`keys`: JSON rows of [time, x, y, zoom], none for the path that was found."""

    framing = forms.ChoiceField(choices=SceneFraming.choices)
    focus_x = forms.FloatField(min_value=0, max_value=1)
    focus_y = forms.FloatField(min_value=0, max_value=1)
    keys = forms.CharField(required=False, max_length=20_000)

    def clean_keys(self) -> list[Key]:
        try:
            rows = json.loads(self.cleaned_data["keys"] or "[]")
            return [Key(*(float(value) for value in row)) for row in rows]
        except (ValueError, TypeError) as error:
            raise forms.ValidationError("The keys couldn't be read.") from error


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def scene_crop_page(request: HttpRequest, project_id: UUID, sequence: int) -> HttpResponse:
    """Set what stays in view of a scene in outputs of another shape. GET: the dialog."""
    by = acting_user(request)
    if request.method != "POST":
        path = scene_path(by=by, project_id=project_id, sequence=sequence, look_for_it=True)
        return scene_dialog(request, path.clip.scene, "crop", **_context(path))
    form = CropForm(request.POST)

    def action(by: User, _: Spending) -> None:
        if not form.is_valid():
            raise InputError("The crop wasn't saved: choose Follow or Fixed, and set the frame on the picture.")
        now = scene_look(scene_get(by=by, project_id=project_id, sequence=sequence))
        refuse_stale_look(request, now=_mark(now), what="crop")
        scene_path_set(by=by, project_id=project_id, sequence=sequence, **form.cleaned_data)

    return scene_action(request, project_id, sequence, action)


def _context(path: ScenePath) -> dict[str, Any]:
    asset = path.clip.asset
    found = path.found.keys if path.found and path.found.keys else [(0.0, 0.5, 0.5, 1.0)]
    faces = path.found.faces if path.found else []
    hand = stored(path.keys) if path.by_hand and not path.fixed else path.look.crop_keys if path.by_hand else []
    seconds = float(asset.duration_seconds or 1)
    tall = (asset.height or 0) > (asset.width or 1)
    data = {"found": found, "hand": hand, "faces": [face["keys"] for face in faces], "seconds": seconds}
    return {
        "path": path,
        "look": path.look,
        "data": json.dumps(data),
        "by_hand": json.dumps(hand) if hand else "",
        "faces": faces,
        "seconds": seconds,
        "shapes": WIDE if tall else UPRIGHT,
        "clip_url": view_url(asset),
        "seen": _mark(path.look),
    }


def _mark(look: SceneLook) -> str:
    """Return a fingerprint of what the dialog shows, to detect changes when it is sent."""
    return f"{look.framing}|{look.focus_x}|{look.focus_y}|{json.dumps(look.crop_keys)}"
