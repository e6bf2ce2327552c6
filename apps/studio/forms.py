"""Forms of the pages. Services check again; these put each sentence beside its field."""

from decimal import Decimal
from typing import Any

from django import forms
from django.utils.datastructures import MultiValueDict

from apps.core.errors import InputError
from apps.flavors.discovery import DEFAULT
from apps.flavors.registry import flavor_names
from apps.projects.models import AspectRatio, Resolution

QUICK_GEN = "quick"
EDIT = "edit"
TEXT_LENGTH = 8000


class CreateForm(forms.Form):
    """What makes a project. A song comes as a file, as one uploaded before (`audio_id`), or not at all."""

    mode = forms.ChoiceField(choices=[(QUICK_GEN, "Quick gen"), (EDIT, "Edit")], initial=QUICK_GEN)
    song = forms.FileField(required=False)
    audio_id = forms.UUIDField(required=False)
    song_link = forms.URLField(required=False, assume_scheme="https", max_length=2000)
    flavor = forms.ChoiceField(choices=(), required=False)
    idea = forms.CharField(
        max_length=TEXT_LENGTH, error_messages={"required": "Describe the video in a sentence or two."}
    )
    character_description = forms.CharField(max_length=TEXT_LENGTH, required=False)
    character_reference = forms.FileField(required=False)
    aspect_ratio = forms.ChoiceField(choices=AspectRatio.choices, initial=AspectRatio.LANDSCAPE)
    resolution = forms.ChoiceField(choices=Resolution.choices, initial=Resolution.HD)
    number_of_scenes = forms.IntegerField(min_value=1, max_value=200, required=False)
    budget = forms.DecimalField(min_value=Decimal(0), max_digits=12, decimal_places=4, required=False)

    def __init__(self, data: Any = None, files: MultiValueDict[str, Any] | None = None, **options: Any) -> None:
        super().__init__(data, files, **options)
        flavors = forms.ChoiceField(choices=[(name, name) for name in flavor_names()], required=False, initial=DEFAULT)
        self.fields["flavor"] = flavors


class PromptForm(forms.Form):
    """The words of a scene. `version` is the one that the page showed."""

    prompt = forms.CharField(max_length=TEXT_LENGTH, required=False)
    negative_prompt = forms.CharField(max_length=TEXT_LENGTH, required=False)
    version = forms.IntegerField(min_value=1)


def form_take_errors(form: forms.Form, error: InputError) -> None:
    """Show a service's refusal at its fields, and the rest above the form."""
    placed = False
    for name, sentences in error.errors.items():
        field = name if name in form.fields else FIELD_OF_SERVICE.get(name, "")
        if field in form.fields:
            form.add_error(field, sentences if isinstance(sentences, list) else str(sentences))
            placed = True
    if not placed:
        form.add_error(None, error.message)


# The services speak of assets and files, the form of what a person chose.
FIELD_OF_SERVICE = {"file": "song", "url": "song_link", "character_reference_id": "character_reference"}
