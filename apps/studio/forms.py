"""Forms of the pages. Services validate again; forms put each message next to its field."""

from collections.abc import Callable
from decimal import Decimal, InvalidOperation
from typing import Any

from django import forms
from django.utils.datastructures import MultiValueDict

from apps.core.errors import ConflictError, InputError, NotFound
from apps.flavors.discovery import DEFAULT
from apps.flavors.registry import flavor_names
from apps.projects.models import AspectRatio, Pace, Resolution
from apps.studio.choosing.forms import ModelsForm
from apps.studio.times import time_typed
from engines.listening.scene_slots import MAXIMUM_SCENES

QUICK_GEN = "quick"
EDIT = "edit"
TEXT_LENGTH = 8000
# (value, name, words) of each choice; scenes follow the song's energy at every pace.
PACE_WORDS = (
    ("", "As the flavor", "Whatever suits its look."),
    (Pace.CALM.value, "Calm", "Long shots, also in the chorus."),
    (Pace.NORMAL.value, "Normal", "Long shots in quiet parts, short ones in loud parts."),
    (Pace.FAST.value, "Fast", "A new shot every two to four seconds."),
)
NO_IDEA = "Describe the video in a sentence or two."


def number_words(sentence: str) -> dict[str, str]:
    """Return error messages that are one sentence for any problem with a number."""
    return dict.fromkeys(("invalid", "min_value", "max_value", "max_digits", "max_decimal_places"), sentence)


def text_field(*, length: int = TEXT_LENGTH, missing: str = "") -> forms.CharField:
    """Return a text field of at most `length` characters; `missing` is the error if it must not be empty."""
    errors = {"max_length": f"Shorten this to {length:,} characters.", "required": missing}
    return forms.CharField(max_length=length, required=bool(missing), error_messages=errors)


def pace_field() -> forms.ChoiceField:
    """Return the choice of a pace; empty is the flavor's."""
    return forms.ChoiceField(
        choices=[(value, name) for value, name, _ in PACE_WORDS],
        required=False,
        error_messages={"invalid_choice": "Choose one of the paces."},
    )


class DollarsField(forms.Field):
    """US dollars with or without the dollar sign; empty is None."""

    def to_python(self, value: Any) -> Decimal | None:
        text = str(value or "").strip().removeprefix("$").strip()
        if not text:
            return None
        try:
            amount = Decimal(text)
        except InvalidOperation as error:
            raise forms.ValidationError("Type an amount in US dollars, such as 12.50, or leave it empty.") from error
        if not amount.is_finite() or not 0 <= amount < 10**8:
            raise forms.ValidationError("Type an amount from 0 to 99,999,999, or leave it empty.")
        return amount.quantize(Decimal("0.0001"))


def dollars_typed(amount: Decimal | None) -> Decimal | None:
    """Return an amount as a `DollarsField` shows it: in cents, unless it has smaller parts, which saving would lose."""
    if amount is None:
        return None
    cents = amount.quantize(Decimal("0.01"))
    return cents if cents == amount else amount.normalize()


class ClockField(forms.Field):
    """Seconds, typed as `41.5` or `0:41.5`."""

    def to_python(self, value: Any) -> Decimal | None:
        text = str(value or "").strip()
        try:
            return time_typed(text) if text else None
        except InputError as error:
            raise forms.ValidationError(error.message) from error

    def has_changed(self, initial: Any, data: Any) -> bool:
        """Compare the times rather than their texts. Raises nothing: a wrong time counts as a change."""
        try:
            return bool(self.to_python(initial) != self.to_python(data))
        except forms.ValidationError:
            return True


class SongPartForm(forms.Form):
    """Which song a project uses, and which part of it; an empty end is the song's."""

    audio_id = forms.UUIDField(required=False)
    song_start = ClockField(required=False)
    song_end = ClockField(required=False)


class SongLinkForm(forms.Form):
    """A song that is downloaded from an address, all of it or a part."""

    song_link = forms.URLField(
        required=False,
        assume_scheme="https",
        max_length=2000,
        error_messages={"invalid": "This isn't a link. Paste an address such as https://example.com/song.mp3."},
    )
    link_start = ClockField(required=False)
    link_end = ClockField(required=False)


class CreateForm(SongPartForm, SongLinkForm, ModelsForm):
    """A new project. The song is a file, one uploaded before (`audio_id`), or absent."""

    mode = forms.ChoiceField(choices=[(QUICK_GEN, "Quick gen"), (EDIT, "Edit")], initial=QUICK_GEN)
    song = forms.FileField(required=False, error_messages={"empty": "This file is empty. Choose another one."})
    flavor = forms.ChoiceField(choices=(), required=False)
    idea = text_field(missing=NO_IDEA)
    character_description = text_field()
    character_reference = forms.FileField(
        required=False, error_messages={"empty": "This file is empty. Choose another one."}
    )
    # A picture drawn on the page, and the job that draws one.
    character_reference_id = forms.UUIDField(required=False)
    character_job = forms.UUIDField(required=False)
    aspect_ratio = forms.ChoiceField(choices=AspectRatio.choices, initial=AspectRatio.LANDSCAPE)
    resolution = forms.ChoiceField(choices=Resolution.choices, initial=Resolution.HD)
    number_of_scenes = forms.IntegerField(
        min_value=1,
        max_value=MAXIMUM_SCENES,
        required=False,
        error_messages=number_words(
            f"Type a whole number from 1 to {MAXIMUM_SCENES}, or leave it empty to let the song decide."
        ),
    )
    pace = pace_field()
    budget = DollarsField(required=False)

    def __init__(self, data: Any = None, files: MultiValueDict[str, Any] | None = None, **options: Any) -> None:
        super().__init__(data, files, **options)
        flavors = forms.ChoiceField(choices=[(name, name) for name in flavor_names()], required=False, initial=DEFAULT)
        self.fields["flavor"] = flavors


class PromptForm(forms.Form):
    """A scene's words. `version` is the version that the page showed."""

    prompt = forms.CharField(max_length=TEXT_LENGTH, required=False)
    negative_prompt = forms.CharField(max_length=TEXT_LENGTH, required=False)
    version = forms.IntegerField(min_value=1)


def form_saves(form: forms.Form, action: Callable[[], object]) -> bool:
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


def form_take_errors(form: forms.Form, error: InputError) -> None:
    """Show a service's errors at their fields, and the rest above the form."""
    placed = False
    for name, sentences in error.errors.items():
        field = name if name in form.fields else FIELD_OF_SERVICE.get(name, "")
        if field in form.fields:
            form.add_error(field, sentences if isinstance(sentences, list) else str(sentences))
            placed = True
    if not placed:
        form.add_error(None, error.message)


# The services talk about assets and files, the form about what the user chose.
FIELD_OF_SERVICE = {
    "file": "song",
    "url": "song_link",
    "start_time": "link_start",
    "end_time": "link_end",
    "character_reference_id": "character_reference",
}
