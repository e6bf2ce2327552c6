"""Sync.so's section of `lipsync_params`."""

from typing import Literal

from pydantic import Field

from apps.providers.sections import ModelAbilities, ModelFacts, ModelsSection


class SyncModel(ModelFacts):
    """A lip-sync model of Sync.so: which of our options it supports, what it copes with on a face, and its price."""

    options: list[str] = Field(default_factory=list)
    maximum_seconds: float | None = Field(default=None, gt=0)
    copes_with: list[Literal["profile", "hidden"]] = Field(default_factory=list)

    def abilities(self) -> ModelAbilities:
        return ModelAbilities(
            maximum_seconds=self.maximum_seconds,
            audio_in=True,
            picks_face="active_speaker_detection" in self.options,
            copes_with=tuple(self.copes_with),
        )


class SyncSection(ModelsSection):
    """`sync_mode` says what happens if audio and video differ in length."""

    models: dict[str, SyncModel]
    former_models: dict[str, SyncModel] = Field(default_factory=dict)
    sync_mode: Literal["bounce", "loop", "cut_off", "silence", "remap"] = "cut_off"
