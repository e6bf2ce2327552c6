"""Validation of segmented lip-sync orders, before anything is stored, sent or paid."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from apps.core.json import JsonObject
from apps.providers.request_types import MediaInput, SegmentedLipsyncRequest

LARGEST_NUMBER = 1e9


@dataclass(frozen=True)
class SegmentProblem:
    """`index` counts segments from 0, or is None for a problem of the whole order; `field` is the API's name."""

    index: int | None
    field: str
    message: str


class OrderRules(ABC):
    """The rules of one service. Lengths and frame rates come from the request's files; nothing is probed.

    A provider with the capability but without rules of its own uses those of the default provider: see `order_rules`
    in the registry.
    """

    # Used if the order names none.
    default_model: ClassVar[str]
    default_sync_mode: ClassVar[str]
    # The options if voice and segment differ in length: the service's name, and our description.
    sync_modes: ClassVar[Mapping[str, str]]

    @abstractmethod
    def order_models(self, settings: JsonObject) -> Mapping[str, Collection[str]]:
        """Return the models in a flavor's resolved settings, each with the names of the options it supports."""

    @abstractmethod
    def order_options_check(self, request: SegmentedLipsyncRequest) -> None:
        """Raise InputError for an unlisted model, unknown options or invalid values."""

    @abstractmethod
    def order_problems(self, request: SegmentedLipsyncRequest, *, places: Sequence[int]) -> list[SegmentProblem]:
        """Return all problems of the segments. `places` are their positions in the user's list, which may have entries
        that could not be read."""

    @abstractmethod
    def order_fitted(self, request: SegmentedLipsyncRequest) -> SegmentedLipsyncRequest:
        """Return the request with its segments as they will be sent. Expects segments without problems."""

    @abstractmethod
    def order_payload(self, request: SegmentedLipsyncRequest, *, address_of: Callable[[MediaInput], str]) -> JsonObject:
        """Return what would be sent for a fitted request whose files are at these URLs."""


def is_number(value: Any) -> bool:
    """Whether a JSON value is a usable number: not a boolean, NaN, or too large for a float."""
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) <= LARGEST_NUMBER
