"""Forms of the Deliver page's dialogs. Services validate again; forms put each message next to its field."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from django import forms

from apps.composition.handoff.options import HandoffOptions, MarkerKind, TimelineStart
from apps.composition.hook import LONGEST_HOOK_SECONDS, SHORTEST_HOOK_SECONDS
from apps.composition.models import Output, OutputFraming, Transition
from apps.composition.options import Captions, CaptionTrack
from apps.composition.outputs import OutputChanges
from apps.projects.models import AspectRatio, Resolution
from apps.studio.forms import ClockField, number_words
from apps.studio.words import LOOK_WORDS, PRESET_WORDS, STYLE_WORDS, TRACK_WORDS
from engines.composing.shot_plan import ShortClip
from engines.lyrics.caption_look import CaptionPreset, CaptionStyle
from engines.lyrics.encodings import ENCODINGS
from engines.lyrics.reading import MOST_BYTES

FLAVORS_CHOICE = ("", "Flavor's default")
HOOK_LENGTH = f"A hook cut lasts {SHORTEST_HOOK_SECONDS} to {LONGEST_HOOK_SECONDS} seconds."
AS_THE_FILM = ("", "As the film")


def lowered(values: Any) -> list[tuple[str, str]]:
    """Return options as choices, with the words of a look."""
    return [FLAVORS_CHOICE, *((value, _sentence(LOOK_WORDS[value])) for value in values)]


def _sentence(words: str) -> str:
    return words[:1].upper() + words[1:]


STYLES = [(style.value, STYLE_WORDS[style]) for style in CaptionStyle]
TRACKS = [(track.value, _sentence(TRACK_WORDS[track])) for track in CaptionTrack]
PRESETS = [(preset.value, PRESET_WORDS[preset]) for preset in CaptionPreset]


def seconds_field(least: float, most: float) -> forms.FloatField:
    words = number_words(f"Type {least:g} to {most:g} seconds, or leave it empty.")
    return forms.FloatField(min_value=least, max_value=most, required=False, error_messages=words)


def hook_seconds_field() -> forms.DecimalField:
    return forms.DecimalField(
        min_value=Decimal(SHORTEST_HOOK_SECONDS),
        max_value=Decimal(LONGEST_HOOK_SECONDS),
        required=False,
        error_messages=number_words(HOOK_LENGTH),
    )


class OutputsForm(forms.Form):
    """Other shapes of the video, or short cuts from it."""

    aspect_ratios = forms.MultipleChoiceField(
        choices=AspectRatio.choices, error_messages={"required": "Choose at least one shape."}
    )
    resolution = forms.ChoiceField(choices=Resolution.choices)
    framing = forms.ChoiceField(choices=OutputFraming.choices, initial=OutputFraming.FOLLOW, required=False)
    hook_seconds = hook_seconds_field()
    hook_start = ClockField(required=False)

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or {}
        if data.get("hook_start") is not None and data.get("hook_seconds") is None and "hook_seconds" in data:
            self.add_error("hook_seconds", "Also enter how long the cut is.")
        return data


class OutputForm(forms.Form):
    """What can be changed of an output. Captions of its own start as the film's."""

    framing = forms.ChoiceField(choices=OutputFraming.choices)
    style = forms.ChoiceField(choices=[AS_THE_FILM, *STYLES], required=False)
    track = forms.ChoiceField(choices=[AS_THE_FILM, *TRACKS], required=False)
    preset = forms.ChoiceField(choices=[AS_THE_FILM, *PRESETS], required=False)
    hook_seconds = hook_seconds_field()
    hook_start = ClockField(required=False)

    def __init__(self, *arguments: Any, output: Output, film: Captions, **options: Any) -> None:
        """`film`: how the film shows its words, which the first choices name."""
        super().__init__(*arguments, **options)
        self.output = output
        now = {"style": STYLE_WORDS[film.style], "track": TRACK_WORDS[film.track], "preset": PRESET_WORDS[film.preset]}
        for name, choices in (("style", STYLES), ("track", TRACKS), ("preset", PRESETS)):
            first = (AS_THE_FILM[0], f"{AS_THE_FILM[1]}: {now[name].split(':')[0].lower()}")
            self.fields[name] = forms.ChoiceField(choices=[first, *choices], required=False)

    def changes(self) -> OutputChanges:
        data = self.cleaned_data
        captions = {name: data[name] for name in ("style", "track", "preset") if data[name]}
        if "font" in self.output.captions:
            captions["font"] = self.output.captions["font"]
        if self.output.hook_seconds is None:
            return OutputChanges(framing=data["framing"], captions=captions)
        start = data["hook_start"]
        return OutputChanges(
            framing=data["framing"],
            captions=captions,
            hook_seconds=data["hook_seconds"],
            hook_start=start,
            suggested_start=start is None,
        )


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
    color_match = forms.BooleanField(required=False)

    def options(self) -> dict[str, Any]:
        """Return the options as a project's look stores them; None for those left to the flavor."""
        data = dict(self.cleaned_data)
        percent = data.pop("clip_sound")
        values = {name: None if value in {"", None} else value for name, value in data.items()}
        values["color_match"] = data["color_match"] or None
        return {**values, "clip_sound_volume": None if percent is None else percent / 100}


class CaptionsForm(forms.Form):
    """How the videos show the words of the song."""

    style = forms.ChoiceField(choices=STYLES)
    track = forms.ChoiceField(choices=TRACKS)
    preset = forms.ChoiceField(choices=PRESETS)
    font = forms.ChoiceField(required=False)

    def __init__(self, *arguments: Any, fonts: Sequence[str] = (), **options: Any) -> None:
        """`fonts` cover the words; the one that is chosen stays one of the choices."""
        super().__init__(*arguments, **options)
        names = dict.fromkeys(["", *fonts, self.initial.get("font") or ""])
        self.font_choices = [(name, name or "By the script of the words") for name in names]
        self.fields["font"] = forms.ChoiceField(choices=self.font_choices, required=False)


class CoverForm(forms.Form):
    """A moment of the film: one of those offered, or another one, which then counts."""

    moment = forms.DecimalField(required=False)
    seconds = ClockField(required=False)

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or {}
        if data.get("seconds") is None and data.get("moment") is None and not self.errors:
            self.add_error("seconds", "Choose one of the frames, or type a moment, such as 0:41.5.")
        return data

    def wanted(self) -> Decimal:
        typed: Decimal | None = self.cleaned_data["seconds"]
        return self.cleaned_data["moment"] if typed is None else typed


class LyricsForm(forms.Form):
    """A file or a text; without either, existing lyrics stay."""

    file = forms.FileField(required=False, allow_empty_file=True)
    text = forms.CharField(max_length=MOST_BYTES, required=False, strip=False)
    encoding = forms.ChoiceField(required=False)

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
