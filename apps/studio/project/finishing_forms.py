"""Forms of the dialogs about a project's videos. Services validate again; forms put each message next to its field."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from django import forms

from apps.composition.handoff.options import HandoffOptions, MarkerKind, TimelineStart
from apps.composition.models import Transition
from apps.composition.project_looks import LONGEST_HOOK_SECONDS, SHORTEST_HOOK_SECONDS
from apps.flavors.registry import flavor_names
from apps.projects.models import AspectRatio, FrameRate, Resolution
from apps.studio.choosing.forms import ModelsForm
from apps.studio.forms import NO_IDEA, ClockField, DollarsField, SongPartForm, number_words, text_field
from apps.studio.words import LOOK_WORDS, PRESET_WORDS
from engines.composing.shot_plan import ShortClip
from engines.lyrics.encodings import ENCODINGS
from engines.lyrics.reading import MOST_BYTES
from engines.lyrics.styling import LyricsPreset

FLAVORS_CHOICE = ("", "Flavor's default")
HOOK_LENGTH = f"A hook cut lasts {SHORTEST_HOOK_SECONDS} to {LONGEST_HOOK_SECONDS} seconds."


def lowered(values: Any) -> list[tuple[str, str]]:
    """Return options as choices, with the words of a look."""
    return [FLAVORS_CHOICE, *((value, LOOK_WORDS[value][:1].upper() + LOOK_WORDS[value][1:]) for value in values)]


def seconds_field(least: float, most: float) -> forms.FloatField:
    words = number_words(f"Type {least:g} to {most:g} seconds, or leave it empty.")
    return forms.FloatField(min_value=least, max_value=most, required=False, error_messages=words)


class OutputsForm(forms.Form):
    """Other shapes of the video, or short cuts from it."""

    aspect_ratios = forms.MultipleChoiceField(
        choices=AspectRatio.choices, error_messages={"required": "Choose at least one shape."}
    )
    resolution = forms.ChoiceField(choices=Resolution.choices, initial=Resolution.FULL_HD)
    hook_seconds = forms.DecimalField(
        min_value=Decimal(SHORTEST_HOOK_SECONDS),
        max_value=Decimal(LONGEST_HOOK_SECONDS),
        required=False,
        error_messages=number_words(HOOK_LENGTH),
    )
    hook_start = ClockField(required=False)

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or {}
        if data.get("hook_start") is not None and data.get("hook_seconds") is None and "hook_seconds" in data:
            self.add_error("hook_seconds", "Also enter how long the cut is.")
        return data


class LookForm(forms.Form):
    """How the videos are composed. An empty field leaves it to the flavor."""

    transition = forms.ChoiceField(choices=lowered(Transition.values), required=False)
    transition_seconds = seconds_field(0.04, 3)
    clip_sound = forms.IntegerField(
        min_value=0,
        max_value=400,
        required=False,
        error_messages=number_words("Type 0 to 400 percent, or leave it empty."),
    )
    short_clip = forms.ChoiceField(choices=lowered([way.value for way in ShortClip]), required=False)
    background = forms.ChoiceField(choices=lowered(["blur", "black"]), required=False)
    fade_in_seconds = seconds_field(0, 10)
    fade_out_seconds = seconds_field(0, 10)
    quality = forms.ChoiceField(choices=lowered(["draft", "standard", "high"]), required=False)

    def options(self) -> dict[str, Any]:
        """Return the options as a project's look stores them; None for those left to the flavor."""
        data = dict(self.cleaned_data)
        percent = data.pop("clip_sound")
        values = {name: None if value in {"", None} else value for name, value in data.items()}
        return {**values, "clip_sound_volume": None if percent is None else percent / 100}


class LyricsForm(forms.Form):
    """A file or a text; without either, existing lyrics stay."""

    file = forms.FileField(required=False, allow_empty_file=True)
    text = forms.CharField(max_length=MOST_BYTES, required=False, strip=False)
    encoding = forms.ChoiceField(required=False)
    burn = forms.BooleanField(required=False)
    soft = forms.BooleanField(required=False)
    preset = forms.ChoiceField(choices=[(preset.value, PRESET_WORDS[preset]) for preset in LyricsPreset])

    def __init__(self, *arguments: Any, likely: Sequence[str] = (), **options: Any) -> None:
        """`likely` are the encodings that read the stored file well; they are listed first."""
        super().__init__(*arguments, **options)
        names = dict.fromkeys([name for name in likely if name in ENCODINGS] + list(ENCODINGS))
        chooser = self.fields["encoding"]
        if isinstance(chooser, forms.ChoiceField):
            chooser.choices = [("", "Recognize it"), *((name, ENCODINGS[name]) for name in names)]

    def clean_file(self) -> Any:
        file = self.cleaned_data["file"]
        if file and file.size > MOST_BYTES:
            raise forms.ValidationError("Lyrics can be at most 5 MB. Is this the right file?")
        if file and not file.size:
            raise forms.ValidationError("This file is empty. Choose another one, or paste the text.")
        return file


class PackageForm(forms.Form):
    """What the package for an editor contains. A request without the dialog's fields gets the usual one."""

    timeline_start = forms.ChoiceField(
        choices=[(TimelineStart.ZERO, "00:00:00:00"), (TimelineStart.ONE_HOUR, "01:00:00:00")], required=False
    )
    markers = forms.MultipleChoiceField(choices=[(kind, kind.capitalize()) for kind in MarkerKind], required=False)
    chosen = forms.BooleanField(required=False)

    def options(self) -> HandoffOptions:
        usual = HandoffOptions()
        markers = self.cleaned_data["markers"] if self.cleaned_data["chosen"] else usual.markers
        start = self.cleaned_data["timeline_start"] or usual.timeline_start
        return HandoffOptions(timeline_start=start, markers=markers)


class BudgetForm(forms.Form):
    """Empty fields remove the cap and the confirmation."""

    budget = DollarsField(required=False)
    confirm_above = DollarsField(required=False)


class SettingsForm(SongPartForm, ModelsForm):
    """What the project is about and how it is made."""

    title = text_field(length=200, missing="Give the project a title.")
    idea = text_field(missing=NO_IDEA)
    character_description = text_field()
    flavor = forms.ChoiceField(choices=())
    aspect_ratio = forms.ChoiceField(choices=AspectRatio.choices)
    resolution = forms.ChoiceField(choices=Resolution.choices)
    fps = forms.ChoiceField(choices=FrameRate.choices, required=False)
    version = forms.IntegerField(min_value=1)

    def __init__(self, *arguments: Any, flavor: str = "", **options: Any) -> None:
        super().__init__(*arguments, **options)
        # A deleted flavor stays the project's flavor and acts as `default`.
        names = [*flavor_names(), *([flavor] if flavor and flavor not in flavor_names() else [])]
        self.fields["flavor"] = forms.ChoiceField(choices=[(name, name) for name in names])
