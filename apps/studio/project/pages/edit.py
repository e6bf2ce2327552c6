"""Actions of the Edit page: the chosen scene's panel, its look, several scenes at once, the editor's package."""

from uuid import UUID

from django import forms
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from apps.accounts.acting import acting_user
from apps.accounts.models import User
from apps.composition.looks import scene_look, scene_look_update
from apps.composition.models import SHORT_CLIP_CHOICES, SceneColor, SceneLook, Transition
from apps.core.errors import InputError, NotFound
from apps.projects.selectors import project_get
from apps.providers.capabilities import Capability
from apps.scenes.images import images_of
from apps.scenes.making import MAXIMUM_TAKES
from apps.scenes.picture_notes import scene_pictures_note
from apps.scenes.remaking import scenes_remake, scenes_remake_works
from apps.scenes.selectors import scene_get, scenes_of
from apps.studio.choosing.pickers import scene_picker
from apps.studio.pages.acting import project_action, refuse_stale_look, scene_action, scene_dialog
from apps.studio.project.cards import scene_cards
from apps.studio.project.clip_views import clip_views
from apps.studio.project.pages.lipsync import chosen_quote, chosen_scenes
from apps.work.work import Spending

# Facts are a word or two; anything longer belongs in the prompt.
CHIP_LENGTH = 40
TAKES_OFFERED = (1, 2, 4, MAXIMUM_TAKES)
REMAKE_TIPS = {
    False: "A new picture and a new clip for the words on screen",
    True: "A new picture for the words on screen, to be approved before its clip is made",
}
FILMED = ("shot", "camera", "light")


COLOR_WORDS = [
    (SceneColor.MATCH.value, "With the others of its section"),
    (SceneColor.LEAVE.value, "Left as it is"),
    (SceneColor.REFERENCE.value, "The others follow this one"),
]


class LookForm(forms.Form):
    """How one scene is composed. An empty field leaves it to the project."""

    transition = forms.ChoiceField(choices=[("", "As the project"), *Transition.choices], required=False)
    short_clip = forms.ChoiceField(choices=[("", "As the project"), *SHORT_CLIP_CHOICES], required=False)
    color_match = forms.ChoiceField(choices=COLOR_WORDS, required=False)
    clip_volume = forms.FloatField(min_value=0, max_value=4, required=False)

    def clean_color_match(self) -> str:
        """A form that doesn't ask leaves the usual."""
        return self.cleaned_data["color_match"] or SceneColor.MATCH


@login_required
@require_safe
def scene_inspector(request: HttpRequest, project_id: UUID, sequence: int) -> HttpResponse:
    """Show the chosen scene next to the Edit page's player."""
    by = acting_user(request)
    scene_get(by=by, project_id=project_id, sequence=sequence)
    project = project_get(by=by, project_id=project_id)
    cards = scene_cards(project, list(scenes_of(project)))
    card = next((card for card in cards if card.scene.sequence == sequence), None)
    if card is None:
        raise NotFound("This scene was deleted in the meantime.")
    facts = [
        (name, value)
        for name, value in sorted(card.scene.facts.items(), key=_fact_order)
        if isinstance(value, str) and 0 < len(value) < CHIP_LENGTH
    ]
    context = {"card": card, "scene": card.scene, "project": project, "facts": facts, "page": "edit"}
    images = len(images_of(card.scene))
    model = scene_picker(by, card.scene, Capability.VIDEO).effective
    more = {"clips": clip_views(card.scene), "images": images if images > 1 else 0, "model": model}
    more["pictures_note"] = scene_pictures_note(card.scene) if card.cast or card.entry_words else ""
    more["takes_offered"] = TAKES_OFFERED
    more["remake_text"] = "New picture" if project.needs_approval else "Remake scene"
    more["remake_tip"] = REMAKE_TIPS[project.needs_approval]
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
        refuse_stale_look(request, now=_look_mark(now), what="look")
        return scene_look_update(by=by, project_id=project_id, sequence=sequence, **form.cleaned_data)

    return scene_action(request, project_id, sequence, action)


@login_required
@require_POST
def scene_gap(request: HttpRequest, project_id: UUID, sequence: int) -> HttpResponse:
    """Choose what fills the end of a scene that is longer than the part of its clip: `way`."""
    way = request.POST.get("way", "")

    def action(by: User, _: Spending) -> object:
        if way not in dict(SHORT_CLIP_CHOICES):
            raise InputError("Choose what fills the gap: hold, slow, loop or bounce.", errors={"way": ["unknown"]})
        return scene_look_update(by=by, project_id=project_id, sequence=sequence, short_clip=way)

    return scene_action(request, project_id, sequence, action)


def _fact_order(fact: tuple[str, object]) -> tuple[bool, int, str]:
    """Sort facts about the shot first; the database keeps no order."""
    name, _ = fact
    return (name not in FILMED, FILMED.index(name) if name in FILMED else 0, name)


def _look_mark(look: SceneLook) -> str:
    """Return a fingerprint of what the dialog shows, to detect changes when it is sent."""
    return f"{look.transition}|{look.short_clip}|{look.clip_volume}|{look.color_match}"


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
