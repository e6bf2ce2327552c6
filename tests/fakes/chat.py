"""A strict fake of an OpenAI-compatible chat server that behaves like OpenAI, Gemini or Ollama.

It writes as many scenes as the user message requests ("exactly N scenes"). `answers` scripts the next contents,
`bodies` the next whole bodies. It looks at pictures (`tests/fakes/vision.py`) unless `sees_images` is False, and then
gives each take a better mark than the one before. Schemas outside the subset that all servers accept are refused.
"""

import hashlib
import json
import re
import time
from collections import deque
from decimal import Decimal
from typing import Any

from tests.fakes.server import Bill, FakeService, Refusal, Reply, Request, route
from tests.fakes.vision import asks_for_verdicts, message_problem, texts_of, tokens_of, verdicts

BODY_KEYS = {
    "model", "messages", "response_format", "max_completion_tokens", "max_tokens", "temperature", "top_p", "stop", "n",
    "seed", "reasoning_effort",
}  # fmt: skip
# What current models of several vendors refuse, whatever the value.
REFUSED_NOW = frozenset({"temperature", "top_p", "max_tokens"})
REFUSED_IN_SCHEMA = {"$schema", "const", "default", "minimum", "maximum", "minItems", "maxItems", "minLength", "$ref"}
# US dollars per million tokens in and out.
PRICES = (Decimal("0.40"), Decimal("1.60"))
PLACES = [
    "a rooftop above the city",
    "an empty beach",
    "a room with one lamp",
    "a road through fields",
    "a small stage",
]


class FakeChat(FakeService):
    """`manners`: "openai" (error object), "gemini" (error in a list), "anthropic" (no `param`), "fastapi" (a list of
    details), "ollama" (no key, unknown fields ignored). `refuses` are the parameters that its models don't take."""

    name = "chat"

    def __init__(
        self, *, key: str = "sk-fake-chat", model: str = "fake-writer", manners: str = "openai", **facts: Any
    ) -> None:
        super().__init__(**facts)
        self.key = key
        self.model = model
        self.manners = manners
        self.refuses = frozenset() if manners == "ollama" else REFUSED_NOW
        self.also: list[str] = []
        self.sees_images = True
        self.answers: deque[str] = deque()
        self.bodies: deque[Any] = deque()
        self.billed: list[Bill] = []

    def bills(self) -> list[Bill]:
        with self.lock:
            return list(self.billed)

    @property
    def base_url(self) -> str:
        return f"{self.url}/v1"

    @route("GET", "/v1/models")
    def models(self, request: Request) -> Reply:
        self._authorize(request)
        return Reply(
            200, {"object": "list", "data": [{"id": name, "object": "model"} for name in (self.model, *self.also)]}
        )

    @route("POST", "/v1/chat/completions")
    def complete(self, request: Request) -> Reply:
        self._authorize(request)
        body = request.json() or {}
        self._check(body)
        time.sleep(self.latency_seconds)
        with self.lock:
            if self.bodies:
                return Reply(200, self.bodies.popleft())
            usual = verdicts if asks_for_verdicts(body) else _scenes
            content = self.answers.popleft() if self.answers else usual(body)
            completion = self.completion(content, body)
            self.billed.append(Bill("", digest_of(body), str(_usd(completion["usage"]))))
        return Reply(200, completion)

    def completion(self, content: str | None, body: Any = None, **choice: Any) -> dict[str, Any]:
        """Return a whole 200 body around `content`; other arguments go into the choice."""
        words = tokens_of(body or {})
        usage = {"prompt_tokens": words, "completion_tokens": len(content or "") // 4, "total_tokens": words}
        message = {"role": "assistant", "content": content, "refusal": choice.pop("refusal", None)}
        return {
            "id": "chatcmpl-123",
            "object": "chat.completion",
            "model": (body or {}).get("model", self.model),
            "choices": [{"index": 0, "message": message, "finish_reason": "stop", **choice}],
            "usage": usage,
        }

    def error(self, status: int, message: str, *, code: Any = None, kind: str = "invalid_request_error") -> Refusal:
        """Return an error in this server's format."""
        if self.manners == "gemini":
            return Refusal(status, [{"error": {"code": status, "message": message, "status": "INVALID_ARGUMENT"}}])
        return Refusal(status, {"error": {"message": message, "type": kind, "param": None, "code": code}})

    def unsupported(self, name: str) -> Refusal:
        """Return the refusal of one parameter, as the vendors word it."""
        match self.manners:
            case "anthropic":
                return self.error(400, f"`{name}` is deprecated for this model.")
            case "fastapi":
                detail = {"type": "extra_forbidden", "loc": ["body", name], "msg": "Extra inputs are not permitted"}
                return Refusal(422, {"detail": [detail]})
        other = " Use 'max_completion_tokens' instead." if name == "max_tokens" else ""
        message = f"Unsupported parameter: '{name}' is not supported with this model.{other}"
        refusal = self.error(400, message, code="unsupported_parameter")
        if self.manners == "openai":
            refusal.reply.body["error"]["param"] = name
        return refusal

    def _authorize(self, request: Request) -> None:
        given = request.headers.get("authorization", "")
        if self.manners == "ollama" or given == f"Bearer {self.key}":
            return
        shown = (
            f"Incorrect API key provided: {given.removeprefix('Bearer ')}."
            if given
            else "You didn't provide an API key."
        )
        raise self.error(401, shown, code="invalid_api_key")

    def _check(self, body: dict[str, Any]) -> None:
        unknown = sorted(set(body) - BODY_KEYS)
        if unknown and self.manners != "ollama":
            raise self.error(400, f"Unrecognized request argument supplied: {unknown[0]}")
        for name in body:
            if name in self.refuses:
                raise self.unsupported(name)
        if body.get("model") not in {self.model, *self.also}:
            raise self.error(404, f"The model `{body.get('model')}` does not exist", code="model_not_found")
        messages = body.get("messages")
        if (
            not isinstance(messages, list)
            or not messages
            or not all({"role", "content"} == set(one) for one in messages)
        ):
            raise self.error(400, "Invalid value for 'messages'.")
        for message in messages:
            if problem := message_problem(message, sees_images=self.sees_images):
                raise self.error(400, problem)
        wanted = body.get("response_format") or {"type": "text"}
        if wanted["type"] == "json_object" and "json" not in json.dumps(texts_of(messages)).lower():
            raise self.error(400, "'messages' must contain the word 'json' in some form.")
        if wanted["type"] == "json_schema":
            named = wanted.get("json_schema") or {}
            if not re.fullmatch(r"[A-Za-z0-9_-]{1,64}", str(named.get("name", ""))):
                raise self.error(400, "Invalid 'response_format.json_schema.name'.")
            self._check_schema(named.get("schema"), "()")

    def _check_schema(self, schema: Any, place: str) -> None:
        """Check what OpenAI's strict mode requires and other servers reject."""
        if not isinstance(schema, dict) or isinstance(schema.get("type"), list) or REFUSED_IN_SCHEMA & set(schema):
            raise self.error(400, f"Invalid schema for response_format: in context={place}.")
        properties = schema.get("properties", {})
        strict = schema.get("additionalProperties") is False and set(schema.get("required", [])) == set(properties)
        if schema.get("type") == "object" and not strict:
            raise self.error(400, f"Invalid schema for response_format: in context={place}, 'required' is incomplete.")
        for name, inner in properties.items():
            self._check_schema(inner, f"{place}.{name}")
        if "items" in schema:
            self._check_schema(schema["items"], f"{place}[]")


def digest_of(body: dict[str, Any]) -> str:
    """Return what tells one conversation from others, whatever parameters were sent with it."""
    return hashlib.sha256(json.dumps(body["messages"], sort_keys=True).encode()).hexdigest()


def _usd(usage: dict[str, int]) -> Decimal:
    total = usage["prompt_tokens"] * PRICES[0] + usage["completion_tokens"] * PRICES[1]
    return (total / 1_000_000).quantize(Decimal("0.0001"))


def _scenes(body: dict[str, Any]) -> str:
    messages = body["messages"]
    asked = next(
        (
            match
            for one in messages
            if one["role"] == "user" and (match := re.search(r"exactly (\d+) scenes", one["content"]))
        ),
        None,
    )
    scenes = [
        {
            "description": f"Wide shot of the singer at {PLACES[index % len(PLACES)]}, the camera pushes in slowly.",
            "negative_description": "text, watermark",
            "lipsync": index % 2 == 1,
            "duration": 8.0,
        }
        for index in range(int(asked[1]) if asked else 3)
    ]
    if "subjects" in json.dumps(body.get("response_format", {})):
        # As a schema in strict mode makes it: present in every scene, with names that the prompt gave.
        cast = re.findall(r"^- (.+?) \((character|place|prop|style)\)", messages[0]["content"], re.MULTILINE)
        people = [name for name, kind in cast if kind == "character"]
        places = [name for name, kind in cast if kind == "place"]
        for index, scene in enumerate(scenes):
            pair = [people[index % len(people)], people[(index + 1) % len(people)]] if people else []
            scene["subjects"] = (
                [*dict.fromkeys(pair), *places[index % len(places) : index % len(places) + 1]]
                if (places)
                else list(dict.fromkeys(pair))
            )
    return json.dumps({"scenes": scenes})
