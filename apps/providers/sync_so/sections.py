"""Sync.so's section of `lipsync_params`."""

from typing import Literal

from pydantic import Field

from apps.providers.sections import ModelsSection, Price, Section


class SyncModel(Section):
    """A lip-sync model of Sync.so: which of our options it supports, and its price."""

    options: list[str] = Field(default_factory=list)
    maximum_seconds: float | None = Field(default=None, gt=0)
    price: Price


class SyncSection(ModelsSection):
    """`sync_mode` says what happens if audio and video differ in length."""

    models: dict[str, SyncModel]
    sync_mode: Literal["bounce", "loop", "cut_off", "silence", "remap"] = "cut_off"
