"""Building blocks of the providers' sections in a flavor's files. Each provider declares its own in its folder."""

import datetime
import math
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

# A higher price is a typo, and would distort every sum it is part of.
Dollars = Annotated[Decimal, Field(ge=0, le=100_000, max_digits=20)]
AspectRatio = Annotated[str, Field(pattern=r"^\d{1,2}:\d{1,2}$", description='quoted, such as "16:9"')]


class ModelState(StrEnum):
    """Whether a model can be used. Only a retired one can't."""

    CURRENT = "current"
    RETIRING = "retiring"
    RETIRED = "retired"
    UNCHECKED = "unchecked"


@dataclass(frozen=True)
class ModelAbilities:
    """What a model takes. `durations` are the lengths offered, in seconds, if they are a list; else any whole second
    from `minimum_seconds` to `maximum_seconds` (None: no limit known). `references` is how many pictures of people,
    places or things it takes besides a first and a last frame. Empty `aspect_ratios`: any, or that of its image.
    `picks_face`: a lip-sync can be told which of several faces sings. `copes_with`: what it manages on a face that
    others don't, `profile` or `hidden` (a hand or a thing before the mouth)."""

    durations: tuple[int, ...] = ()
    minimum_seconds: float | None = None
    maximum_seconds: float | None = None
    aspect_ratios: tuple[str, ...] = ()
    references: int = 0
    first_frame: bool = False
    last_frame: bool = False
    audio_in: bool = False
    seed: bool = False
    picks_face: bool = False
    copes_with: tuple[str, ...] = ()

    def lengths(self) -> tuple[int, ...]:
        """Return the lengths that can be bought, in seconds; empty if any can, or the model has none."""
        if self.durations or self.minimum_seconds is None or self.maximum_seconds is None:
            return self.durations
        return tuple(range(math.ceil(self.minimum_seconds), math.floor(self.maximum_seconds) + 1))


class Section(BaseModel):
    """A mapping in a flavor file. Undeclared keys are refused."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class PriceVariant(Section):
    """The price of one unit if all of `when` is sent, such as `{mode: pro}` or `{resolution: 1080p}`."""

    when: dict[str, str | int | float | bool] = Field(min_length=1)
    usd: Dollars


class Price(Section):
    """What one unit costs, in US dollars, on the date it was looked up. `second` is a second of output.

    `usd` applies unless one of the `variants` matches what is sent; the first that does counts.
    """

    unit: Literal["second", "image", "run"]
    usd: Dollars
    dated: datetime.date
    note: str = ""
    variants: list[PriceVariant] = Field(default_factory=list)

    def usd_for(self, sent: Mapping[str, object]) -> Decimal:
        """Return the price of one unit with these values of the model's own fields."""
        for variant in self.variants:
            if all(sent.get(name) == value for name, value in variant.when.items()):
                return variant.usd
        return self.usd


class ModelDates(Section):
    """A model's name on pages, and until when it can be used.

    `checked` is when its fields were last compared with the vendor's own schema; without it, they are hearsay.
    From the day `retires` on, the vendor no longer runs it; `successor` is the model to use instead.
    """

    title: str = ""
    checked: datetime.date | None = None
    retires: datetime.date | None = None
    successor: str = ""

    def state(self, today: datetime.date) -> ModelState:
        """Return whether the model can be used, judged by its dates."""
        if self.retires is not None:
            return ModelState.RETIRED if self.retires <= today else ModelState.RETIRING
        return ModelState.CURRENT if self.checked else ModelState.UNCHECKED


class ModelFacts(ModelDates):
    """What pages and checks need to know of a model with a price per second, image or run."""

    price: Price

    def abilities(self) -> ModelAbilities:
        """Return which lengths, shapes and inputs the model takes."""
        return ModelAbilities()


class ModelsSection(Section):
    """A section with a table of models; `model` names the one to use.

    `former_models` are no longer offered, but a flavor that names one keeps working while the vendor runs it."""

    model: str
    models: Mapping[str, ModelFacts]
    former_models: Mapping[str, ModelFacts] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _model_is_listed(self) -> Self:
        if self.model not in self.models and self.model not in self.former_models:
            raise ValueError(f"model {self.model!r} is not under models ({', '.join(self.models) or 'none'})")
        return self
