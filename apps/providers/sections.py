"""Building blocks of the providers' sections in a flavor's files. Each provider declares its own in its folder."""

import datetime
from collections.abc import Mapping
from decimal import Decimal
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

# A higher price is a typo, and would distort every sum it is part of.
Dollars = Annotated[Decimal, Field(ge=0, le=100_000, max_digits=20)]
AspectRatio = Annotated[str, Field(pattern=r"^\d{1,2}:\d{1,2}$", description='quoted, such as "16:9"')]


class Section(BaseModel):
    """A mapping in a flavor file. Undeclared keys are refused."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Price(Section):
    """What one unit costs, in US dollars, on the date it was looked up. `second` is a second of output."""

    unit: Literal["second", "image", "run"]
    usd: Dollars
    dated: datetime.date
    note: str = ""


class ModelsSection(Section):
    """A section with a table of models; `model` names the one to use."""

    model: str
    models: Mapping[str, Any]

    @model_validator(mode="after")
    def _model_is_listed(self) -> Self:
        if self.model not in self.models:
            raise ValueError(f"model {self.model!r} is not under models ({', '.join(self.models) or 'none'})")
        return self
