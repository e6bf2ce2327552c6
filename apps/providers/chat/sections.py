"""The chat server's section of `parameters`."""

import datetime
from typing import Literal

from pydantic import Field

from apps.providers.sections import Dollars, Section


class TokenPrice(Section):
    """What a chat model costs, in US dollars per million tokens."""

    per_million_input_tokens: Dollars
    per_million_output_tokens: Dollars
    dated: datetime.date
    note: str = ""


class ChatSection(Section):
    """An OpenAI-compatible server. With an empty `model`, LLM_MODEL from the environment is used."""

    model: str = ""
    temperature: float | None = Field(default=None, ge=0, le=2)
    max_completion_tokens: int = Field(default=8000, gt=0)
    structured_output: Literal["json_schema", "json_object"] = "json_schema"
    price: TokenPrice
