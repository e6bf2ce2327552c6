"""Scene writing, and judging takes, by any OpenAI-compatible chat server: OpenAI, Gemini's compatible endpoint,
OpenRouter, Ollama, vLLM.

The call is synchronous: `submit` waits for the response and returns it as succeeded work, `collect` reads the scenes
from it. An unusable response is corrected once: the second call happens inside the same `submit`, the quote includes
its price from the start, and both responses are kept in the status, so an attempt never pays for more than two calls.
A crash in between is an unknown outcome like any other.
"""

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from datetime import date
from decimal import ROUND_UP, Decimal
from pathlib import Path
from typing import Any, ClassVar
from urllib.parse import urlsplit

import structlog

from apps.core.errors import InputError, ProviderError
from apps.core.http_failures import HttpFailure
from apps.providers.base import (
    ModelUse,
    PreparedSubmit,
    ProviderResult,
    Quote,
    RemoteRef,
    RemoteState,
    RemoteStatus,
    TakeVerdict,
    WrittenScene,
)
from apps.providers.capabilities import Capability
from apps.providers.chat.judging import (
    ExpectedVerdicts,
    blind,
    expected_verdicts,
    image_count,
    judge_format,
    judge_messages,
    refuse_blind,
    verdicts_of,
)
from apps.providers.chat.parameters import without_unsupported
from apps.providers.chat.prompts import messages_of, repair_message, scene_count
from apps.providers.chat.responses import (
    Expected,
    UnusableResponse,
    cost_of,
    error_within,
    response_text,
    scenes_of,
    scenes_schema,
)
from apps.providers.chat.sections import ChatCall, ChatSection, TokenPrice
from apps.providers.offers import Finding, FindingKind, ModelOffer, ModelReport
from apps.providers.openai_server import OpenAIServer
from apps.providers.remote_http import VendorRefusal
from apps.providers.request_types import JudgeRequest, ProviderRequest, ScenesRequest
from apps.providers.sections import ModelState

log = structlog.get_logger(__name__)

# Two calls fit into the time limit of a scene-writing job; a local server may have to load its model first.
CALL_SECONDS = 240.0
# A high estimate: English has about four characters per token.
CHARACTERS_PER_TOKEN = 3
# How servers refuse pictures (OpenAI, OpenRouter, vLLM, Ollama, DeepSeek). It is free: nothing was generated.
BLIND = re.compile(
    r"image_url is only supported|support image input|not a multimodal model|At most 0 image|required for image input"
    r"|unknown variant `?image_url|not support (?:image|vision)|vision is not supported",
    re.IGNORECASE,
)
BLIND_STATUSES = frozenset({400, 404, 415, 422, 500})
# The correction prompt, and what a server adds around the messages.
TOKENS_AROUND = 300


class Chat(OpenAIServer[ChatSection]):
    """See the module."""

    name = "chat"
    title = "The language model's server"
    label = "Chat"
    purpose = "Writes the scenes and judges takes. Any server with OpenAI's chat completions API, hosted or your own."
    account = "The language model's account"
    aim = "let a language model write scenes"
    model_advice = " (Ollama: pull it first)"
    section = ChatSection
    sections = {Capability.SCENES: ChatSection, Capability.JUDGE: ChatSection}
    url_setting = "LLM_BASE_URL"
    key_setting = "LLM_API_KEY"
    model_setting = "LLM_MODEL"
    capabilities = frozenset({Capability.SCENES, Capability.JUDGE})
    deadline_seconds: ClassVar[float] = 900.0

    def read_refusal(self, body: Any) -> VendorRefusal:
        error = error_within(body)
        if error is None:
            return VendorRefusal()
        code = error.get("code") if isinstance(error.get("code"), str) else error.get("type") or error.get("status")
        return VendorRefusal(str(error.get("message") or ""), str(code or ""), _retry_delay(error))

    def special_error(self, failure: HttpFailure, refusal: VendorRefusal) -> ProviderError | None:
        if failure.status in BLIND_STATUSES and BLIND.search(refusal.words):
            told = f"{blind('This model').message} {self.shown(refusal.words)}"
            return ProviderError(told, permanent=True, code="sees_no_images")
        if refusal.code == "context_length_exceeded":
            advice = "The song's text is too long for this model. Choose one with a larger context."
            return ProviderError(f"{advice} {self.shown(refusal.words)}", permanent=True, code="refused")
        return super().special_error(failure, refusal)

    def quote(self, request: ProviderRequest) -> Quote:
        if isinstance(request, JudgeRequest):
            return self._judge_quote(request)
        scenes = _scenes_request(request)
        call = _call(scenes)
        price, tokens_out = call.price, call.max_completion_tokens
        tokens_in = _most_tokens(messages_of(scenes)) + _most_tokens(_response_format(call, scenes))
        # The correction repeats the conversation including the first response.
        total_in, total_out = 2 * tokens_in + tokens_out + TOKENS_AROUND, 2 * tokens_out
        amount = _tokens_price(price, total_in, total_out)
        basis = f"at most {tokens_in} tokens in and {tokens_out} out, and one correction, {_rates(price, scenes)}"
        return Quote(amount, basis)

    def _judge_quote(self, request: JudgeRequest) -> Quote:
        call, images = _call(request), image_count(request)
        refuse_blind(call, _model(request))
        messages = judge_messages(request, detail=call.detail, with_images=False)
        tokens_in = _most_tokens(messages) + _most_tokens(judge_format(call, request)) + TOKENS_AROUND
        tokens_in += images * call.tokens_per_image
        tokens_out = call.max_completion_tokens
        basis = f"{images} pictures, at most {tokens_in} tokens in and {tokens_out} out, {_rates(call.price, request)}"
        return Quote(_tokens_price(call.price, tokens_in, tokens_out), basis)

    def prepare(self, request: ProviderRequest, *, key: str, webhook_url: str | None) -> PreparedSubmit:
        if isinstance(request, JudgeRequest):
            call, asked = _call(request), request
            refuse_blind(call, _model(request))
            messages = judge_messages(request, detail=call.detail, with_images=True)
            answer, expected = judge_format(call, request), asdict(expected_verdicts(request))
            return self._prepared(asked, call, messages, answer, expected)
        scenes = _scenes_request(request)
        call = _call(scenes)
        answer = _response_format(call, scenes)
        return self._prepared(scenes, call, messages_of(scenes), answer, asdict(_expected(scenes)))

    def _prepared(
        self,
        request: ScenesRequest | JudgeRequest,
        call: ChatCall,
        messages: Sequence[Mapping[str, Any]],
        answer: Mapping[str, Any],
        expected: Mapping[str, Any],
    ) -> PreparedSubmit:
        body: dict[str, Any] = {
            "model": _model(request),
            "messages": messages,
            "response_format": answer,
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
        return PreparedSubmit(payload={"body": body, "expected": expected, "prices": prices}, model=body["model"])

    def submit(self, prepared: PreparedSubmit, *, capability: Capability, key: str) -> RemoteStatus:
        first, body = self._complete(prepared.payload["body"])
        completions = [first]
        raw = {
            "completions": completions,
            "expected": prepared.payload["expected"],
            "prices": prepared.payload["prices"],
        }
        problem = _problem_of(first, _expected_from(raw)) if capability is Capability.SCENES else ""
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

    def collect(self, status: RemoteStatus, *, capability: Capability, into: Path) -> ProviderResult:
        completions = status.raw["completions"]
        scenes: tuple[WrittenScene, ...] = ()
        verdicts: tuple[TakeVerdict, ...] = ()
        try:
            text = response_text(completions[-1])
            if capability is Capability.JUDGE:
                verdicts = verdicts_of(text, ExpectedVerdicts(**status.raw["expected"]))
            else:
                scenes = scenes_of(text, _expected_from(status.raw))
        except UnusableResponse as error:
            tries = f"after {len(completions)} attempts" if capability is Capability.SCENES else "as marks"
            raise ProviderError(
                f"The model's response could not be used {tries}: {error} Try again, or choose another model.",
                permanent=True,
                code="unusable_answer",
                raw=dict(status.raw),
            ) from error
        prices = status.raw["prices"]
        cost = cost_of(completions, input_price=Decimal(prices["input"]), output_price=Decimal(prices["output"]))
        facts = {"model": completions[-1].get("model", ""), "calls": len(completions)}
        return ProviderResult(scenes=scenes, verdicts=verdicts, facts=facts, cost=cost)

    def prices_of(self, prepared: PreparedSubmit) -> Iterable[Decimal]:
        return (Decimal(price) for price in prepared.payload["prices"].values())

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

    def offer(self, name: str, section: ChatSection, today: date) -> ModelOffer:
        if name not in section.models:
            return ModelOffer(self.name, name, name or self.label, ModelState.UNCHECKED)
        entry = section.models[name]
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
    raise InputError("A language model can only write scenes and judge takes. Choose another provider for this.")


def _tokens_price(price: TokenPrice, tokens_in: int, tokens_out: int) -> Decimal:
    amount = tokens_in * price.per_million_input_tokens + tokens_out * price.per_million_output_tokens
    return (amount / 1_000_000).quantize(Decimal("0.0001"), rounding=ROUND_UP)


def _rates(price: TokenPrice, request: ScenesRequest | JudgeRequest) -> str:
    rates = f"${price.per_million_input_tokens} and ${price.per_million_output_tokens} per million"
    return f"× {rates} ({_model(request)}, price of {price.dated:%Y-%m-%d})"


def _model(request: ScenesRequest | JudgeRequest) -> str:
    name = PROVIDER.section_of(request.settings).model or PROVIDER.setting(PROVIDER.model_setting)
    if not name:
        raise InputError("No language model is chosen. Set LLM_MODEL, or providers.chat.model in the flavor.")
    return str(name)


def _call(request: ScenesRequest | JudgeRequest) -> ChatCall:
    return PROVIDER.section_of(request.settings).call(_model(request))


def _response_format(call: ChatCall, request: ScenesRequest) -> dict[str, Any]:
    if call.structured_output == "json_object":
        return {"type": "json_object"}
    schema = scenes_schema(with_subjects=bool(request.subjects))
    return {"type": "json_schema", "json_schema": {"name": "scenes", "strict": True, "schema": schema}}


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
        subjects=tuple(one.name for one in request.subjects),
    )


def _expected_from(stored: Mapping[str, Any]) -> Expected:
    kept = dict(stored["expected"])
    lists = {name: tuple(kept.get(name, ())) for name in ("durations", "subjects")}
    return Expected(**kept | lists)


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
