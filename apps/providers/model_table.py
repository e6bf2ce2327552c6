"""A provider's models, as a flavor lists them: what can be chosen, what is used, and another choice."""

import datetime
from collections.abc import Mapping
from typing import Any, ClassVar

from apps.core.errors import InputError
from apps.providers.capabilities import Capability
from apps.providers.offers import ModelOffer, offer_of
from apps.providers.sections import ModelAbilities, ModelsSection, Section


class ModelTable:
    """The part of a provider that knows its models. `settings` are a capability's resolved settings."""

    # The folder's name; also used by flavors, the API and stored jobs.
    name: ClassVar[str]
    # What people call it, at the start of a sentence.
    title: ClassVar[str]
    # Its name in lists and tables, if that is not the title.
    label: ClassVar[str] = ""
    # Its sections in the flavors' files, under `providers`. Segmented lip-sync shares the section of lip-sync.
    sections: ClassVar[Mapping[Capability, type[Section]]] = {}
    # What it can do for a capability without a table of models.
    own_abilities: ClassVar[Mapping[Capability, ModelAbilities]] = {}

    def models(
        self, capability: Capability, settings: Mapping[str, Any], *, today: datetime.date
    ) -> tuple[ModelOffer, ...]:
        """Return the models to choose from, the one in use first. A provider without a table offers itself."""
        section = self._model_table(capability, settings)
        if section is None:
            own = self.own_abilities.get(capability, ModelAbilities())
            return (ModelOffer(self.name, "", self.label or self.title, abilities=own),)
        used = {section.model: section.models.get(section.model) or section.former_models[section.model]}
        return tuple(
            offer_of(self.name, name, facts, today=today) for name, facts in {**used, **section.models}.items()
        )

    def abilities(self, capability: Capability, settings: Mapping[str, Any]) -> ModelAbilities:
        """Return what the model that these settings use can do."""
        section = self._model_table(capability, settings)
        if section is None:
            return self.own_abilities.get(capability, ModelAbilities())
        return (section.models.get(section.model) or section.former_models[section.model]).abilities()

    def model_used(self, capability: Capability, settings: Mapping[str, Any]) -> str:
        """Return the model that these settings use, or "" if the provider has only one."""
        section = self._model_table(capability, settings)
        return section.model if section else ""

    def with_model(self, capability: Capability, settings: Mapping[str, Any], model: str) -> dict[str, Any]:
        """Return the settings with another of the flavor's models. Raises InputError for one it doesn't list."""
        if not self.lists_model(capability, settings, model):
            names = self.offered_names(capability, settings)
            known = f"Choose one of: {', '.join(names)}." if names else "Leave the model out."
            raise InputError(
                f"{self.label or self.title} has no model {model[:100]!r} in this flavor. {known}",
                code="unknown_model",
                errors={"model": [known]},
            )
        if not model:
            return dict(settings)
        providers = settings["providers"]
        return {**settings, "providers": {**providers, self.name: {**providers[self.name], "model": model}}}

    def lists_model(self, capability: Capability, settings: Mapping[str, Any], model: str) -> bool:
        """Return whether these settings describe the model, whether it is still offered or not."""
        section = self._model_table(capability, settings)
        if section is None:
            return model == self.model_used(capability, settings)
        return model in section.models or model in section.former_models

    def offered_names(self, capability: Capability, settings: Mapping[str, Any]) -> tuple[str, ...]:
        """Return the names of the models to choose from; none if the provider has only one."""
        section = self._model_table(capability, settings)
        return tuple(section.models) if section else ()

    def _model_table(self, capability: Capability, settings: Mapping[str, Any]) -> ModelsSection | None:
        """Return the flavor's table of this provider's models, or None if the capability has none."""
        if capability is Capability.SEGMENTED_LIPSYNC:
            capability = Capability.LIPSYNC
        kind = self.sections.get(capability)
        if kind is None or not issubclass(kind, ModelsSection):
            return None
        return kind.model_validate(settings["providers"][self.name])
