"""Turn a chat completion into scenes: extract the text, then its JSON, and validate it. Pure functions."""

import copy
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from pydantic import BaseModel, Field, ValidationError

from apps.core.errors import ProviderError
from apps.core.json import storable
from apps.providers.base import WrittenScene

# The subset that OpenAI's strict mode, Gemini, Ollama, vLLM and OpenRouter all accept: an object at the root, every
# property required, no others allowed, no bounds, no defaults, no references. Bounds are checked below.
SCENES_SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {
        "scenes": {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {
                    "description": {"type": "string"},
                    "negative_description": {"type": "string"},
                    "lipsync": {"type": "boolean"},
                    "duration": {"type": "number"},
                },
                "required": ["description", "negative_description", "lipsync", "duration"],
                "additionalProperties": False,
            },
        }
    },
    "required": ["scenes"],
    "additionalProperties": False,
}


def scenes_schema(*, with_subjects: bool) -> dict[str, Any]:
    """Return the schema of a response, in which each scene names its subjects where the film has a cast."""
    if not with_subjects:
        return SCENES_SCHEMA
    schema = copy.deepcopy(SCENES_SCHEMA)
    scene = schema["properties"]["scenes"]["items"]
    scene["properties"]["subjects"] = {"type": "array", "items": {"type": "string"}}
    scene["required"].append("subjects")
    return schema


# More than any model reads or writes in one call; a larger number is an error, not a bill.
MOST_TOKENS = 10**9
FENCE = re.compile(r"```(?:json)?\s*\n(.*?)```", re.DOTALL)


class ReplyScene(BaseModel):
    """One scene as a model writes it; servers without structured output leave fields out."""

    description: str = Field(min_length=1, max_length=4000)
    negative_description: str = ""
    lipsync: bool = False
    duration: float | None = None
    subjects: list[str] | None = None


class Reply(BaseModel):
    """The whole response."""

    scenes: list[ReplyScene] = Field(min_length=1)


@dataclass(frozen=True)
class Expected:
    """What the response must match. `durations` has one number per slot, or is empty if the model may choose
    between `shortest` and `longest`. `subjects` are the names that a scene may use."""

    count: int
    durations: tuple[float, ...]
    usual: float
    shortest: float
    longest: float
    negative_description: str
    subjects: tuple[str, ...] = ()


class UnusableResponse(ValueError):
    """The response is invalid; the message tells the model what to correct."""


def response_text(completion: Mapping[str, Any]) -> str:
    """Return the message's text. Raises ProviderError (permanent) for a refusal or a filtered or truncated response,
    UnusableResponse for an empty one."""
    choice = _choice(completion)
    message = choice.get("message") or {}
    reason = choice.get("finish_reason")
    if message.get("refusal"):
        raise _permanent(f"The model refused: {message['refusal']}", "content_refused", completion)
    if reason == "content_filter":
        words = "The model's content filter stopped the response. Change the idea, then try again."
        raise _permanent(words, "content_refused", completion)
    if reason == "length":
        # The text may also be empty, if reasoning used up the whole budget.
        words = "The response was cut off. Raise max_completion_tokens in the flavor, or ask for fewer scenes."
        raise _permanent(words, "truncated", completion)
    content = message.get("content")
    if isinstance(content, list):
        content = "".join(str(part.get("text", "")) for part in content if isinstance(part, dict))
    if not content or not str(content).strip():
        raise UnusableResponse("it was empty.")
    return str(content)


def scenes_of(text: str, expected: Expected) -> tuple[WrittenScene, ...]:
    """Return the scenes, each with its planned slot's length. Raises UnusableResponse."""
    found = json_within(text)
    try:
        reply = Reply.model_validate({"scenes": found} if isinstance(found, list) else found)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        place = ".".join(str(part) for part in first["loc"])
        raise UnusableResponse(f"at {place or 'the top'}: {first['msg']}.") from error
    if len(reply.scenes) != expected.count:
        raise UnusableResponse(f"it has {len(reply.scenes)} scenes; exactly {expected.count} are needed.")
    return tuple(
        WrittenScene(
            sequence=index + 1,
            description=scene.description.strip(),
            negative_description=scene.negative_description.strip() or expected.negative_description,
            duration=_duration(index, scene, expected),
            lipsync=scene.lipsync,
            subjects=_subjects(scene, expected),
        )
        for index, scene in enumerate(reply.scenes)
    )


def cost_of(completions: Sequence[Mapping[str, Any]], *, input_price: Decimal, output_price: Decimal) -> Decimal | None:
    """Return US dollars for the tokens that the server counted (prices per million); None if any count is missing or
    isn't a number."""
    total = Decimal(0)
    for completion in completions:
        usage = completion.get("usage")
        if not isinstance(usage, Mapping):
            return None
        for name, price in (("prompt_tokens", input_price), ("completion_tokens", output_price)):
            tokens = usage.get(name)
            if not isinstance(tokens, int) or isinstance(tokens, bool) or not 0 <= tokens <= MOST_TOKENS:
                return None
            total += tokens * price
    return (total / 1_000_000).quantize(Decimal("0.000001"))


def error_within(body: Any) -> Mapping[str, Any] | None:
    """Return the error object of an error body or of a 200 that contains one, or None.

    OpenAI uses {"error": {...}}, Gemini wraps it in a list, Ollama's native API sends plain text, and OpenRouter may
    put it into a choice."""
    if isinstance(body, list) and len(body) == 1:
        body = body[0]
    if not isinstance(body, dict):
        return None
    error = body.get("error")
    choices = body.get("choices")
    if error is None and isinstance(choices, list) and choices and isinstance(choices[0], dict):
        failed = choices[0].get("finish_reason") == "error"
        error = choices[0].get("error") or ({"message": "the model's server failed"} if failed else None)
    if error is None:
        return None
    return error if isinstance(error, dict) else {"message": str(error)}


def _choice(completion: Mapping[str, Any]) -> Mapping[str, Any]:
    choices = completion.get("choices")
    if not isinstance(choices, list) or not choices or not isinstance(choices[0], dict):
        raise UnusableResponse("it contained no choices.")
    return choices[0]


def json_within(text: str) -> Any:
    """Return the JSON in a text that may wrap it in a code fence or prose. Raises UnusableResponse."""
    decoder = json.JSONDecoder()
    for candidate in (text, *FENCE.findall(text)):
        try:
            return storable(json.loads(candidate))
        except ValueError:
            continue
    for match in re.finditer(r"[{\[]", text):
        try:
            found, _ = decoder.raw_decode(text, match.start())
        except ValueError:
            continue
        if isinstance(found, dict | list) and found:
            return storable(found)
    raise UnusableResponse("it was not JSON.")


def _duration(index: int, scene: ReplyScene, expected: Expected) -> float:
    if expected.durations:
        return expected.durations[index]
    wanted = scene.duration if scene.duration is not None else expected.usual
    return min(max(wanted, expected.shortest), expected.longest)


def _subjects(scene: ReplyScene, expected: Expected) -> tuple[str, ...] | None:
    """Return the names that the cast has, as it writes them. A name that nobody has isn't worth a second call."""
    if not expected.subjects or scene.subjects is None:
        return None
    known = {name.casefold(): name for name in expected.subjects}
    return tuple(dict.fromkeys(known[name] for one in scene.subjects if (name := one.strip().casefold()) in known))


def _permanent(message: str, code: str, completion: Mapping[str, Any]) -> ProviderError:
    return ProviderError(message, permanent=True, code=code, raw=completion)
