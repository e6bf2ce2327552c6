"""Actions of the Edit page: the chosen scene's panel, its look, several scenes at once, the editor's package."""

from typing import Any
from uuid import UUID

from django import forms
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_http_methods, require_safe

from apps.accounts.acting import acting_user
from apps.accounts.models import User
from apps.composition.looks import scene_look, scene_look_update
from apps.composition.models import SHORT_CLIP_CHOICES, SceneLook, Transition
from apps.core.errors import ConflictError, InputError
from apps.projects.selectors import project_get
from apps.providers.capabilities import Capability
from apps.scenes.images import images_of
from apps.scenes.making import MAXIMUM_TAKES
from apps.scenes.remaking import scenes_remake, scenes_remake_works
from apps.scenes.selectors import scene_get, scenes_of
from apps.studio.choosing.pickers import scene_picker
from apps.studio.pages.acting import project_action, scene_action, scene_dialog
from apps.studio.project.cards import scene_cards
from apps.studio.project.clip_views import clip_views
from apps.studio.project.pages.lipsync import chosen_quote, chosen_scenes
from apps.work.work import Spending

# Facts are a word or two; anything longer belongs in the prompt.
CHIP_LENGTH = 40
FILMED = ("shot", "camera", "light")


class LookForm(forms.Form):
    """How one scene is composed. An empty field leaves it to the project."""

    transition = forms.ChoiceField(choices=[("", "As the project"), *Transition.choices], required=False)
    short_clip = forms.ChoiceField(choices=[("", "As the project"), *SHORT_CLIP_CHOICES], required=False)
    clip_volume = forms.FloatField(min_value=0, max_value=4, required=False)
    focus_x = forms.FloatField(min_value=0, max_value=1, required=False)
    focus_y = forms.FloatField(min_value=0, max_value=1, required=False)

    def changes(self) -> dict[str, Any]:
        """Return the values; the point in view stays if the form doesn't name it."""
        data = self.cleaned_data
        return {name: data[name] for name in data if data[name] is not None or not name.startswith("focus")}


@login_required
@require_safe
def scene_inspector(request: HttpRequest, project_id: UUID, sequence: int) -> HttpResponse:
    """Show the chosen scene next to the Edit page's player."""
    by = acting_user(request)
    scene_get(by=by, project_id=project_id, sequence=sequence)
    project = project_get(by=by, project_id=project_id)
    card = next(card for card in scene_cards(project, list(scenes_of(project))) if card.scene.sequence == sequence)
    facts = [
        (name, value)
        for name, value in sorted(card.scene.facts.items(), key=_fact_order)
        if isinstance(value, str) and 0 < len(value) < CHIP_LENGTH
    ]
    context = {"card": card, "scene": card.scene, "project": project, "facts": facts, "page": "edit"}
    images = len(images_of(card.scene))
    model = scene_picker(by, card.scene, Capability.VIDEO).effective
    more = {"clips": clip_views(card.scene), "images": images if images > 1 else 0, "model": model}
    more["takes_offered"] = range(1, MAXIMUM_TAKES + 1)
    return render(request, "studio/inspector.html", context | more)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def scene_look_page(request: HttpRequest, project_id: UUID, sequence: int) -> HttpResponse:
    """Set how the scene is composed: transition, clip sound, handling of a short clip. GET: the dialog."""
    if request.method != "POST":
        scene = scene_get(by=acting_user(request), project_id=project_id, sequence=sequence)
        look = scene_look(scene)
        return scene_dialog(request, scene, "look", look=look, seen=_look_mark(look), form=LookForm())
    form = LookForm(request.POST)

    def action(by: User, _: Spending) -> object:
        if not form.is_valid():
            raise InputError("The scene's look wasn't saved: choose from the lists; the volume must be 0 to 4.")
        now = scene_look(scene_get(by=by, project_id=project_id, sequence=sequence))
        if request.POST.get("seen_look", "") not in {"", _look_mark(now)}:
            raise ConflictError(
                "This look was changed in the meantime. Open it again to see the current version.", code="stale"
            )
        return scene_look_update(by=by, project_id=project_id, sequence=sequence, **form.changes())

    return scene_action(request, project_id, sequence, action)


def _fact_order(fact: tuple[str, object]) -> tuple[bool, int, str]:
    """Sort facts about the shot first; the database keeps no order."""
    name, _ = fact
    return (name not in FILMED, FILMED.index(name) if name in FILMED else 0, name)


def _look_mark(look: SceneLook) -> str:
    """Return a fingerprint of what the dialog shows, to detect changes when it is sent."""
    return f"{look.transition}|{look.short_clip}|{look.clip_volume}|{look.focus_x}|{look.focus_y}"


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def project_videos(request: HttpRequest, project_id: UUID) -> HttpResponse:
    """Regenerate the clips of the scenes in `scene`, all or none. GET: the price on the button."""
    if request.method != "POST":
        return chosen_quote(request, project_id, scenes_remake_works)

    def action(by: User, spending: Spending) -> object:
        sequences = chosen_scenes(request)
        return scenes_remake(by=by, project_id=project_id, sequences=sequences, spending=spending)

    return project_action(request, project_id, action)
