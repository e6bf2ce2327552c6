"""Forms about a project as a whole: its settings and its budget. Services validate again."""

from typing import Any

from django import forms

from apps.flavors.registry import flavor_names
from apps.projects.models import AspectRatio, FrameRate, Resolution
from apps.studio.choosing.forms import ModelsForm
from apps.studio.forms import NO_IDEA, DollarsField, SongLinkForm, SongPartForm, pace_field, text_field


class BudgetForm(forms.Form):
    """Empty fields remove the cap and the confirmation."""

    budget = DollarsField(required=False)
    confirm_above = DollarsField(required=False)


class SongForm(SongPartForm, SongLinkForm):
    """The project's song (one of the user's, a file or a link) and part. `scenes`: what that means for the scenes."""

    song = forms.FileField(required=False, error_messages={"empty": "This file is empty. Choose another one."})
    scenes = forms.ChoiceField(choices=[("replan", ""), ("keep", "")], required=False)
    version = forms.IntegerField(min_value=1)


class SettingsForm(ModelsForm):
    """What the project is about and how it is made. Its song has a form of its own."""

    title = text_field(length=200, missing="Give the project a title.")
    idea = text_field(missing=NO_IDEA)
    character_description = text_field()
    flavor = forms.ChoiceField(choices=())
    aspect_ratio = forms.ChoiceField(choices=AspectRatio.choices)
    resolution = forms.ChoiceField(choices=Resolution.choices)
    fps = forms.ChoiceField(choices=FrameRate.choices, required=False)
    pace = pace_field()
    version = forms.IntegerField(min_value=1)

    def __init__(self, *arguments: Any, flavor: str = "", **options: Any) -> None:
        super().__init__(*arguments, **options)
        # A deleted flavor stays the project's flavor and acts as `default`.
        names = [*flavor_names(), *([flavor] if flavor and flavor not in flavor_names() else [])]
        self.fields["flavor"] = forms.ChoiceField(choices=[(name, name) for name in names])
