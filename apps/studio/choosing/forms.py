"""Fields for the models of a project, one per kind of work."""

from typing import Any

from django import forms

from apps.core.errors import InputError
from apps.providers.capabilities import Capability
from apps.studio.choosing.rows import pick_checked
from apps.work.choice import CHOSEN_FOR, Picked

CHOICE_LENGTH = 240


class ModelsForm(forms.Form):
    """A form with a choice for each kind of work: `by_video`, …; see `pick_text`. It has a `flavor` field."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        for capability in CHOSEN_FOR:
            self.fields[f"by_{capability}"] = forms.CharField(max_length=CHOICE_LENGTH, required=False)
        self.picked: dict[Capability, Picked] = {}

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or {}
        for capability in CHOSEN_FOR:
            try:
                text = data.get(f"by_{capability}", "")
                self.picked[capability] = pick_checked(text, capability, flavor=data.get("flavor", ""))
            except InputError as error:
                self.add_error(f"by_{capability}", error.message)
        return data

    def providers(self) -> dict[str, str]:
        return {capability: picked.provider for capability, picked in self.picked.items()}

    def chosen_models(self) -> dict[str, str]:
        return {capability: picked.model for capability, picked in self.picked.items()}
