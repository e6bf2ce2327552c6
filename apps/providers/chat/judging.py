"""Judging takes: frames and pictures as a chat server takes them, and the verdicts in its response. Pure functions.

A take is judged once: weak models get no second try, since every try pays for all the pictures again.
"""

import base64
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel, ValidationError

from apps.core.errors import InputError
from apps.providers.base import TakeVerdict
from apps.providers.chat.responses import UnusableResponse, json_within
from apps.providers.chat.sections import ChatCall
from apps.providers.request_types import JudgeRequest, MediaInput

# A frame of 768 pixels has a tenth of it.
MOST_IMAGE_BYTES = 1_000_000
MOST_WORDS, LONGEST_WORDS = 4, 100
SYSTEM = (
    "You judge takes of one shot of a music video. You see a few frames of each take, in order. Give each take whole "
    "marks from 0 (useless) to 10 (flawless) for: {marks}. Compare the takes with each other, so that a better one "
    "never has lower marks, and don't be polite. Also give up to three reasons in plain words, at most six words each, "
    'the most important first, such as "left hand has six fingers". Answer with one JSON object and nothing else: '
    '{{"takes": [{{"take": 1, {example}, "reasons": ["…"]}}]}}, one item per take, in order.'
)
MARKS = {
    "identity": "`identity`, how well the people and places look like their pictures",
    "prompt": "`prompt`, how well it shows what the shot should show",
    "artifacts": "`artifacts`, 10 if nothing is malformed, flickering or garbled",
}


@dataclass(frozen=True)
class ExpectedVerdicts:
    """What the response must match."""

    takes: int
    identity: bool


class ReplyTake(BaseModel):
    """A take's marks as a model writes them."""

    take: int | None = None
    identity: float | None = None
    prompt: float
    artifacts: float
    reasons: list[str] = []


class Reply(BaseModel):
    takes: list[ReplyTake]


def expected_verdicts(request: JudgeRequest) -> ExpectedVerdicts:
    return ExpectedVerdicts(len(request.takes), any(one.picture is not None for one in request.subjects))


def image_count(request: JudgeRequest) -> int:
    pictures = sum(one.picture is not None for one in request.subjects)
    return pictures + len(request.takes) * request.frames_each


def judge_messages(request: JudgeRequest, *, detail: str, with_images: bool) -> list[dict[str, Any]]:
    """Return the system message and the user's, which holds the pictures; `with_images` False leaves them out, for a
    quote. Raises InputError for a picture that is too large to be sent."""
    expected = expected_verdicts(request)
    names = [name for name in MARKS if name != "identity" or expected.identity]
    example = ", ".join(f'"{name}": 7' for name in names)
    system = SYSTEM.format(marks="; ".join(MARKS[name] for name in names), example=example)
    parts = [_text(f"The shot should show: {request.prompt}")]
    for subject in request.subjects:
        told = f"{subject.name} ({subject.kind}): {subject.description} {subject.wardrobe}".strip()
        parts.append(_text(f"{told} {subject.never_change}".strip()))
        if subject.picture is not None and with_images:
            parts.append(_image(subject.picture, detail))
    for number, take in enumerate(request.takes, start=1):
        parts.append(_text(f"Take {number}, {request.frames_each} frames:"))
        parts += [_image(frame, detail) for frame in take.frames] if with_images else []
    return [{"role": "system", "content": system}, {"role": "user", "content": parts}]


def verdicts_schema(*, identity: bool) -> dict[str, Any]:
    """Return the schema of a response, in the subset that all servers accept."""
    names = [name for name in MARKS if name != "identity" or identity]
    properties: dict[str, Any] = {"take": {"type": "integer"}, **{name: {"type": "integer"} for name in names}}
    properties["reasons"] = {"type": "array", "items": {"type": "string"}}
    take = {"type": "object", "properties": properties, "required": list(properties), "additionalProperties": False}
    return {
        "type": "object",
        "properties": {"takes": {"type": "array", "items": take}},
        "required": ["takes"],
        "additionalProperties": False,
    }


def judge_format(call: ChatCall, request: JudgeRequest) -> dict[str, Any]:
    if call.structured_output == "json_object":
        return {"type": "json_object"}
    schema = verdicts_schema(identity=expected_verdicts(request).identity)
    return {"type": "json_schema", "json_schema": {"name": "verdicts", "strict": True, "schema": schema}}


def refuse_blind(call: ChatCall, model: str) -> None:
    """Raise InputError if the flavor says that the model can't see pictures."""
    if not call.sees_images:
        raise blind(model)


def blind(model: str) -> InputError:
    return InputError(
        f"{model} can't see pictures, so it can't judge takes. Choose a model that can.",
        code="sees_no_images",
        errors={"model": ["can't see pictures"]},
    )


def verdicts_of(text: str, expected: ExpectedVerdicts) -> tuple[TakeVerdict, ...]:
    """Return one verdict per take, in the request's order. Raises UnusableResponse."""
    found = json_within(text)
    try:
        takes = Reply.model_validate({"takes": found} if isinstance(found, list) else found).takes
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        place = ".".join(str(part) for part in first["loc"])
        raise UnusableResponse(f"at {place or 'the top'}: {first['msg']}.") from error
    if len(takes) != expected.takes:
        raise UnusableResponse(f"it judges {len(takes)} takes instead of {expected.takes}.")
    return tuple(_verdict(one, expected) for one in _in_order(takes))


def _in_order(takes: Sequence[ReplyTake]) -> Sequence[ReplyTake]:
    """Return the takes by their numbers, where each has its own."""
    numbers = [one.take for one in takes if one.take is not None]
    if sorted(numbers) != list(range(1, len(takes) + 1)):
        return takes
    return sorted(takes, key=lambda one: one.take or 0)


def _verdict(said: ReplyTake, expected: ExpectedVerdicts) -> TakeVerdict:
    if expected.identity and said.identity is None:
        raise UnusableResponse("a take has no mark for identity.")
    words = [" ".join(one.split())[:LONGEST_WORDS] for one in said.reasons]
    return TakeVerdict(
        prompt=_mark(said.prompt),
        artifacts=_mark(said.artifacts),
        identity=_mark(said.identity) if expected.identity and said.identity is not None else None,
        words=tuple(one for one in words if one)[:MOST_WORDS],
    )


def _mark(value: float) -> int:
    # A scale of its own, such as 0 to 100, can't be compared with others.
    if not math.isfinite(value) or not 0 <= value <= 10:
        raise UnusableResponse(f"a mark is {value:g}, not 0 to 10.")
    return round(value)


def _text(text: str) -> Mapping[str, Any]:
    return {"type": "text", "text": text}


def _image(picture: MediaInput, detail: str) -> Mapping[str, Any]:
    content = picture.path.read_bytes()
    if len(content) > MOST_IMAGE_BYTES or picture.content_type != "image/jpeg":
        raise InputError("A picture for the judge is too large or no JPEG. Choose another picture.", code="bad_picture")
    data = base64.b64encode(content).decode()
    return {"type": "image_url", "image_url": {"url": f"data:image/jpeg;base64,{data}", "detail": detail}}
