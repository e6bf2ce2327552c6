"""What a provider with segmented lip-sync says of an order before anything of it is stored, sent or paid."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from apps.providers.base import MediaInput, SegmentedLipsyncRequest

LARGEST_NUMBER = 1e9


@dataclass(frozen=True)
class SegmentProblem:
    """`index` counts segments from 0, or is None for a problem of the whole; `field` is the API's name."""

    index: int | None
    field: str
    message: str


class OrderRules(ABC):
    """The rules of one service. Lengths and frame rates are those that the request's files say; nothing is probed.

    A provider that has the capability and no rules of its own follows those of the default one: see `order_rules` in
    the registry.
    """

    # Used where the order names none.
    default_model: ClassVar[str]
    default_sync_mode: ClassVar[str]
    # What can be done where voice and segment differ in length: the service's word, and what it does in ours.
    sync_modes: ClassVar[Mapping[str, str]]

    @abstractmethod
    def order_models(self, settings: Mapping[str, Any]) -> Mapping[str, Collection[str]]:
        """The models in a flavor's resolved settings, each with the names of the options that it knows."""

    @abstractmethod
    def order_options_check(self, request: SegmentedLipsyncRequest) -> None:
        """Raises InputError for a model that is not listed, and for options that it does not know or cannot have."""

    @abstractmethod
    def order_problems(self, request: SegmentedLipsyncRequest, *, places: Sequence[int]) -> list[SegmentProblem]:
        """Everything that is wrong with the segments, at once. `places` are theirs in the user's list, where some of
        it could not be read."""

    @abstractmethod
    def order_fitted(self, request: SegmentedLipsyncRequest) -> SegmentedLipsyncRequest:
        """The request with its segments as they will be sent. Expects segments without problems."""

    @abstractmethod
    def order_payload(
        self, request: SegmentedLipsyncRequest, *, address_of: Callable[[MediaInput], str]
    ) -> dict[str, Any]:
        """What would be sent for a fitted request whose files lie at these addresses."""


def is_number(value: Any) -> bool:
    """Whether a JSON value is a number that can be meant: no truth value, no NaN, none too large for a float."""
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) <= LARGEST_NUMBER
