"""Scene writing by any OpenAI-compatible chat server: OpenAI, Gemini's compatible endpoint, OpenRouter, Ollama, vLLM.

The call is synchronous: `submit` waits for the response and returns it as succeeded work, `collect` reads the scenes
from it. An unusable response is corrected once: the second call happens inside the same `submit`, the quote includes
its price from the start, and both responses are kept in the status, so an attempt never pays for more than two calls.
A crash in between is an unknown outcome like any other.
"""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import date
from decimal import ROUND_UP, Decimal
from pathlib import Path
from typing import Any, ClassVar
from urllib.parse import urlsplit

import structlog
from pydantic import ValidationError

from apps.core.errors import InputError, ProviderError
from apps.core.http_failures import FailureKind, HttpFailure
from apps.providers.base import (
    ModelUse,
    PreparedSubmit,
    ProviderRequest,
    ProviderResult,
    Quote,
    RemoteRef,
    RemoteState,
    RemoteStatus,
    ScenesRequest,
)
from apps.providers.capabilities import Capability
from apps.providers.chat.parameters import without_unsupported
from apps.providers.chat.prompts import messages_of, repair_message, scene_count
from apps.providers.chat.responses import (
    SCENES_SCHEMA,
    Expected,
    UnusableResponse,
    cost_of,
    error_within,
    response_text,
    scenes_of,
)
from apps.providers.chat.sections import ChatCall, ChatModel, ChatSection
from apps.providers.offers import Finding, FindingKind, ModelOffer, ModelReport
from apps.providers.remote_http import KEY_CHECK_SECONDS, HttpProvider, VendorRefusal
from apps.providers.sections import ModelState

log = structlog.get_logger(__name__)

# Two calls fit into the time limit of a scene-writing job; a local server may have to load its model first.
CALL_SECONDS = 240.0
# A high estimate: English has about four characters per token.
CHARACTERS_PER_TOKEN = 3
# The correction prompt, and what a server adds around the messages.
TOKENS_AROUND = 300
# These mean that the account is out of credit, although they come as 429.
NO_CREDIT_CODES = frozenset({"insufficient_quota", "credit_balance_exhausted", "billing_hard_limit_reached"})
HOSTS_THAT_NEED_A_KEY = ("api.openai.com", "generativelanguage.googleapis.com", "openrouter.ai", "ollama.com")
# The model used if the flavor sets none.
_MODEL_SETTING = "LLM_MODEL"


class Chat(HttpProvider):
    """See the module."""

    name = "chat"
    title = "The language model's server"
    label = "Chat"
    purpose = "Writes the scenes. Any server with OpenAI's chat completions API, hosted or your own."
    sections = {Capability.SCENES: ChatSection}
    url_setting = "LLM_BASE_URL"
    key_setting = "LLM_API_KEY"
    capabilities = frozenset({Capability.SCENES})
    deadline_seconds: ClassVar[float] = 900.0

    def missing_configuration(self) -> str:
        host = urlsplit(self.base_url).hostname or ""
        needed = [_MODEL_SETTING] + (["LLM_API_KEY"] if host in HOSTS_THAT_NEED_A_KEY or not host else [])
        missing = [name for name in needed if not self.setting(name)]
        return f"Set {' and '.join(missing)} to let a language model write scenes." if missing else ""

    def headers(self) -> dict[str, str]:
        # Ollama and vLLM need no key; an empty Bearer would be rejected.
        return {"Authorization": f"Bearer {self.key}"} if self.key else {}

    def read_refusal(self, body: Any) -> VendorRefusal:
        error = error_within(body)
        if error is None:
            return VendorRefusal()
        code = error.get("code") if isinstance(error.get("code"), str) else error.get("type") or error.get("status")
        return VendorRefusal(str(error.get("message") or ""), str(code or ""), _retry_delay(error))

    def special_error(self, failure: HttpFailure, refusal: VendorRefusal) -> ProviderError | None:
        words = self.shown(refusal.words)
        if failure.kind is FailureKind.THROTTLED and refusal.code in NO_CREDIT_CODES:
            message = f"The language model's account has no credit left. Add credit there, then retry. It said: {words}"
            return ProviderError(message, permanent=True, code="no_credit")
        if failure.status == 404:
            message = f"The model was not found. Check LLM_MODEL and LLM_BASE_URL (Ollama: pull it first). {words}"
            return ProviderError(message, permanent=True, code="unknown")
        if refusal.code == "context_length_exceeded":
            message = f"The song's text is too long for this model. Choose one with a larger context. {words}"
            return ProviderError(message, permanent=True, code="refused")
        return None

    def quote(self, request: ProviderRequest) -> Quote:
        scenes = _scenes_request(request)
        call = _call(scenes)
        price, tokens_out = call.price, call.max_completion_tokens
        tokens_in = _most_tokens(messages_of(scenes)) + _most_tokens(_response_format(call))
        # The correction repeats the conversation including the first response.
        total_in, total_out = 2 * tokens_in + tokens_out + TOKENS_AROUND, 2 * tokens_out
        amount = total_in * price.per_million_input_tokens + total_out * price.per_million_output_tokens
        rates = f"${price.per_million_input_tokens} and ${price.per_million_output_tokens} per million"
        dated = f"{_model(scenes)}, price of {price.dated:%Y-%m-%d}"
        basis = f"at most {tokens_in} tokens in and {tokens_out} out, and one correction, × {rates} ({dated})"
        return Quote((amount / 1_000_000).quantize(Decimal("0.0001"), rounding=ROUND_UP), basis)

    def prepare(self, request: ProviderRequest, *, key: str, webhook_url: str | None) -> PreparedSubmit:
        scenes = _scenes_request(request)
        call = _call(scenes)
        body: dict[str, Any] = {
            "model": _model(scenes),
            "messages": messages_of(scenes),
            "response_format": _response_format(call),
            "max_completion_tokens": call.max_completion_tokens,
        }
        sampling = {"temperature": call.temperature, "top_p": call.top_p}
        body |= {name: value for name, value in sampling.items() if value is not None}
        if urlsplit(self.base_url).hostname == "openrouter.ai":
            # Without it, OpenRouter may choose servers without structured output and silently drop the format.
            body["provider"] = {"require_parameters": True}
        prices = {
            "input": str(call.price.per_million_input_tokens),
            "output": str(call.price.per_million_output_tokens),
        }
        return PreparedSubmit(
            payload={"body": body, "expected": asdict(_expected(scenes)), "prices": prices}, model=body["model"]
        )

    def submit(self, prepared: PreparedSubmit, *, capability: Capability, key: str) -> RemoteStatus:
        expected = _expected_from(prepared.payload)
        first, body = self._complete(prepared.payload["body"])
        completions = [first]
        raw = {
            "completions": completions,
            "expected": prepared.payload["expected"],
            "prices": prepared.payload["prices"],
        }
        problem = _problem_of(completions[0], expected)
        if problem:
            said = {"role": "assistant", "content": _said(completions[0])}
            correction = {**body, "messages": [*body["messages"], said, repair_message(problem)]}
            try:
                completions.append(self._complete(correction)[0])
            except ProviderError as error:
                # The first response is paid for, so this must not look like a request that was never accepted.
                raw["correction_error"] = {"message": error.message, "outcome_unknown": error.outcome_unknown}
        # Ollama numbers its responses with three random digits, so we use our own id.
        return RemoteStatus(RemoteRef(self.name, key), RemoteState.SUCCEEDED, raw=raw)

    def poll(self, refs: Sequence[RemoteRef]) -> Mapping[RemoteRef, RemoteStatus]:
        """Return NOT_FOUND: nothing remains to poll after the response, and a lost response can't be fetched again."""
        lost = "A chat response can't be fetched again."
        return {ref: RemoteStatus(ref, RemoteState.NOT_FOUND, message=lost) for ref in refs}

    def collect(self, status: RemoteStatus, *, capability: Capability, into: Path) -> ProviderResult:
        completions, expected = status.raw["completions"], _expected_from(status.raw)
        try:
            scenes = scenes_of(response_text(completions[-1]), expected)
        except UnusableResponse as error:
            raise ProviderError(
                f"The model's response could not be used after {len(completions)} attempts: {error} "
                "Try again, or choose another model.",
                permanent=True,
                code="unusable_answer",
                raw=dict(status.raw),
            ) from error
        prices = status.raw["prices"]
        cost = cost_of(completions, input_price=Decimal(prices["input"]), output_price=Decimal(prices["output"]))
        facts = {"model": completions[-1].get("model", ""), "calls": len(completions)}
        return ProviderResult(scenes=scenes, facts=facts, cost=cost)

    def cancel(self, ref: RemoteRef) -> None:
        """Do nothing: the response came with the call."""

    def find_unknown(self, prepared: PreparedSubmit, *, key: str, sent_after: float) -> RemoteStatus | None:
        """Return None for a server without a price: it charged nothing, so the call may simply be repeated."""
        if all(Decimal(price) == 0 for price in prepared.payload["prices"].values()):
            return None
        return super().find_unknown(prepared, key=key, sent_after=sent_after)

    def models(self, capability: Capability, settings: Mapping[str, Any], *, today: date) -> tuple[ModelOffer, ...]:
        table = _section(settings).models
        return tuple(self._offer(name, table.get(name), today) for name in self.offered_names(capability, settings))

    def offered_names(self, capability: Capability, settings: Mapping[str, Any]) -> tuple[str, ...]:
        return tuple(dict.fromkeys((self.model_used(capability, settings), *_section(settings).models)))

    def lists_model(self, capability: Capability, settings: Mapping[str, Any], model: str) -> bool:
        return model in self.offered_names(capability, settings)

    def model_used(self, capability: Capability, settings: Mapping[str, Any]) -> str:
        return str(settings["providers"][self.name].get("model") or self.setting(_MODEL_SETTING))

    def check_models(self, uses: Sequence[ModelUse], *, today: date) -> tuple[ModelReport, ...] | None:
        try:
            answer = self.read("/models")
        except ProviderError as error:
            if error.code == "unknown":
                return None  # not every server has a list
            raise
        listed = answer.get("data") if isinstance(answer, dict) else None
        if not isinstance(listed, list):
            raise self.unclear(answer, paid=False)
        # Gemini's compatible endpoint lists "models/…" and takes the name with or without it.
        names = {str(one.get("id", "")).removeprefix("models/") for one in listed if isinstance(one, dict)}
        return tuple(_report(use.model, names) for use in uses if use.model)

    def check_key(self) -> str:
        listed = self.read("/models", time_limit_seconds=KEY_CHECK_SECONDS)
        names = [str(model.get("id")) for model in (listed.get("data") or [])] if isinstance(listed, dict) else []
        model = self.setting(_MODEL_SETTING)
        known = "offers" if model in names else "does not list"
        return f"the server responds and {known} {model or 'no model (none is set)'}"

    def _offer(self, name: str, entry: ChatModel | None, today: date) -> ModelOffer:
        if entry is None:
            return ModelOffer(self.name, name, name or self.label, ModelState.UNCHECKED)
        return ModelOffer(
            provider=self.name,
            model=name,
            title=entry.title or name,
            state=entry.state(today),
            retires=entry.retires,
            checked=entry.checked,
            successor=entry.successor,
        )

    def _complete(self, body: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
        """Return the response, and the request as the server took it: each parameter that it names as unsupported is
        left out once. Such a refusal is free; anything else is not sent again."""
        sent = dict(body)
        while True:
            try:
                return self._completion(sent), sent
            except ProviderError as error:
                failure = error.__cause__
                answer = failure.json() if isinstance(failure, HttpFailure) else None
                fitting = without_unsupported(sent, status=error.evidence.get("status"), answer=answer)
                if fitting is None:
                    raise
                left_out = ", ".join(sent.keys() - fitting.keys())
                log.info("chat_parameter_unsupported", model=sent["model"], parameter=left_out)
                sent = fitting

    def _completion(self, body: Mapping[str, Any]) -> dict[str, Any]:
        response = self.write("POST", "/chat/completions", json_body=body, paid=True, time_limit_seconds=CALL_SECONDS)
        error = error_within(response)
        if error is not None:
            raise self._error_in_success(error, response)
        if not isinstance(response, dict):
            raise self.unclear(response, paid=True)
        return response

    def _error_in_success(self, error: Mapping[str, Any], response: Any) -> ProviderError:
        """Return the error for a 200 that contains one. The error's code says whether retrying can help."""
        code = error.get("code")
        temporary = code in {408, 429, 500, 502, 503, 504, 524, 529} or code is None
        words = self.shown(str(error.get("message") or "no reason was given"))
        return ProviderError(
            f"The language model's server failed: {words}",
            permanent=not temporary,
            retry_after=_retry_delay(error),
            raw=self.without_key(response),
            code="unavailable" if temporary else "refused",
        )


def _scenes_request(request: ProviderRequest) -> ScenesRequest:
    if isinstance(request, ScenesRequest):
        return request
    raise InputError("A language model can only write scenes. Choose another provider for this.")


def _section(settings: Mapping[str, Any]) -> ChatSection:
    try:
        return ChatSection.model_validate(settings["providers"]["chat"])
    except (KeyError, ValidationError) as error:
        raise InputError("The flavor has no valid providers.chat section.") from error


def _model(request: ScenesRequest) -> str:
    name = _section(request.settings).model or PROVIDER.setting(_MODEL_SETTING)
    if not name:
        raise InputError("No language model is chosen. Set LLM_MODEL, or providers.chat.model in the flavor.")
    return str(name)


def _call(request: ScenesRequest) -> ChatCall:
    return _section(request.settings).call(_model(request))


def _response_format(call: ChatCall) -> dict[str, Any]:
    if call.structured_output == "json_object":
        return {"type": "json_object"}
    return {"type": "json_schema", "json_schema": {"name": "scenes", "strict": True, "schema": SCENES_SCHEMA}}


def _most_tokens(content: Any) -> int:
    """Return an upper bound: a non-ASCII byte is at most one token; an ASCII token has three characters or more."""
    text = json.dumps(content, ensure_ascii=False)
    ascii_only = sum(character.isascii() for character in text)
    return ascii_only // CHARACTERS_PER_TOKEN + len(text.encode(errors="replace")) - ascii_only


def _expected(request: ScenesRequest) -> Expected:
    values = request.settings
    return Expected(
        count=scene_count(request),
        durations=tuple(end - start for start, end in request.slots),
        usual=float(values["duration_seconds"]),
        shortest=float(values["shortest_scene_seconds"]),
        longest=float(values["longest_scene_seconds"]),
        negative_description=str(values["scene_prompts"].get("negative_description", "")),
    )


def _expected_from(stored: Mapping[str, Any]) -> Expected:
    return Expected(**{**stored["expected"], "durations": tuple(stored["expected"]["durations"])})


def _problem_of(completion: Mapping[str, Any], expected: Expected) -> str:
    """Return what a correction should fix; "" if the response is good or no correction can help."""
    try:
        scenes_of(response_text(completion), expected)
    except UnusableResponse as error:
        return str(error)
    except ProviderError:
        return ""
    return ""


def _said(completion: Mapping[str, Any]) -> str:
    try:
        return response_text(completion)
    except UnusableResponse:
        return "{}"


def _retry_delay(error: Mapping[str, Any]) -> float | None:
    """Return Gemini's hint, {"details": [{"retryDelay": "32s"}]}, in seconds."""
    match = re.search(r'"retryDelay": "(\d+(?:\.\d+)?)s"', json.dumps(error.get("details") or []))
    return float(match[1]) if match else None


def _report(model: str, listed: set[str]) -> ModelReport:
    wanted = model.removeprefix("models/")
    # Ollama lists "llama3:latest" and also takes "llama3".
    if wanted in listed or f"{wanted}:latest" in listed:
        return ModelReport(model)
    text = f"The language model's server does not offer {model}. Choose one of its models as LLM_MODEL."
    return ModelReport(model, (Finding(FindingKind.GONE, text),))


PROVIDER = Chat()
