"""The chat server's section of `parameters`."""

import datetime
from typing import Literal

from pydantic import Field

from apps.providers.openai_server import ServerSection
from apps.providers.sections import Dollars, ModelDates, Section


class TokenPrice(Section):
    """What a chat model costs, in US dollars per million tokens."""

    per_million_input_tokens: Dollars
    per_million_output_tokens: Dollars
    dated: datetime.date
    note: str = ""


class ChatCall(Section):
    """What is sent to a model besides the messages. A sampling parameter that is not set is not sent: many current
    models refuse it."""

    temperature: float | None = Field(default=None, ge=0, le=2)
    top_p: float | None = Field(default=None, gt=0, le=1)
    max_completion_tokens: int = Field(default=8000, gt=0)
    structured_output: Literal["json_schema", "json_object"] = "json_schema"
    # Of models that look at pictures, to judge takes: how closely, and what a picture counts as at most.
    sees_images: bool = True
    detail: Literal["low", "high", "auto"] = "high"
    tokens_per_image: int = Field(default=1600, gt=0)
    price: TokenPrice


class ChatModel(ModelDates):
    """A model to choose besides the one in use. What it doesn't set is as in the section around it."""

    temperature: float | None = Field(default=None, ge=0, le=2)
    top_p: float | None = Field(default=None, gt=0, le=1)
    max_completion_tokens: int | None = Field(default=None, gt=0)
    structured_output: Literal["json_schema", "json_object"] | None = None
    sees_images: bool | None = None
    detail: Literal["low", "high", "auto"] | None = None
    tokens_per_image: int | None = Field(default=None, gt=0)
    price: TokenPrice


class ChatSection(ServerSection, ChatCall):
    """How the model in use is called, and others to choose from."""

    models: dict[str, ChatModel] = Field(default_factory=dict)

    def call(self, model: str) -> ChatCall:
        """Return what is sent to this model, and its price."""
        usual = {name: getattr(self, name) for name in ChatCall.model_fields}
        entry = self.models.get(model)
        own = {name: getattr(entry, name) for name in ChatCall.model_fields} if entry else {}
        return ChatCall(**usual | {name: value for name, value in own.items() if value is not None})
