"""Hearing a song's words by any server with OpenAI's `/audio/transcriptions`: OpenAI, Groq, faster-whisper, vLLM.

Source: OpenAI's API reference of "Create transcription": a multipart form with `file`, `model`,
`response_format=verbose_json`, `timestamp_granularities[]=word`, `language`, `temperature`; the response has `text`,
`duration` in seconds, `language`, and `words` as `{word, start, end}` in seconds. Files may have 25 MB.

The sound travels inside the frozen payload, since a retry must send the same request when the files are no longer open;
it is compact (0.24 MB a minute).
"""

import base64
import math
import tempfile
from collections.abc import Iterable, Mapping
from datetime import date
from decimal import ROUND_UP, Decimal
from pathlib import Path
from typing import Any, ClassVar

from apps.core.errors import InputError, ProviderError
from apps.core.json import JsonObject
from apps.core.multipart import Upload
from apps.providers.base import PreparedSubmit, ProviderResult, Quote, RemoteRef, RemoteState, RemoteStatus
from apps.providers.capabilities import Capability
from apps.providers.lengths import seconds_of
from apps.providers.offers import ModelOffer, offer_of
from apps.providers.openai_server import OpenAIServer
from apps.providers.remote_http import VendorRefusal, extension_of
from apps.providers.request_types import ProviderRequest, TranscriptionRequest
from apps.providers.sections import ModelState, Price
from apps.providers.transcriber.sections import TranscriberSection
from engines.lyrics.transcript import HeardWord

# A long song on a local server without a graphics card.
CALL_SECONDS = 540.0
FILE_MAX_BYTES = 25 * 1024**2


class Transcriber(OpenAIServer[TranscriberSection]):
    """See the module."""

    name = "transcriber"
    title = "The transcription server"
    label = "Transcription"
    purpose = "Hears a song's lyrics, word by word. Any server with OpenAI's transcriptions API, hosted or your own."
    key_page = "https://platform.openai.com/api-keys"
    account = "The transcription account"
    aim = "have lyrics heard by a service"
    section = TranscriberSection
    sections = {Capability.TRANSCRIPTION: TranscriberSection}
    url_setting = "TRANSCRIPTION_BASE_URL"
    key_setting = "TRANSCRIPTION_API_KEY"
    model_setting = "TRANSCRIPTION_MODEL"
    capabilities = frozenset({Capability.TRANSCRIPTION})
    deadline_seconds: ClassVar[float] = 900.0

    def read_refusal(self, body: Any) -> VendorRefusal:
        error = body.get("error") if isinstance(body, Mapping) else None
        if isinstance(error, Mapping):
            return VendorRefusal(str(error.get("message") or ""), str(error.get("code") or error.get("type") or ""))
        words = (body.get("detail") or body.get("message")) if isinstance(body, Mapping) else None
        return VendorRefusal(str(error or words or ""))

    def quote(self, request: ProviderRequest) -> Quote:
        heard = _checked(request)
        model, seconds, price = self._model(heard), seconds_of(heard.audio), self._price(heard)
        dated = f"{model}, price of {price.dated:%Y-%m-%d}"
        if price.unit == "run":
            return Quote(price.usd, f"1 run × ${price.usd} ({dated})")
        # Whole seconds are billed.
        units = Decimal(math.ceil(seconds))
        amount = (units * price.usd).quantize(Decimal("0.0001"), rounding=ROUND_UP)
        return Quote(amount, f"{units} seconds × ${price.usd} ({dated})", bought_seconds=seconds)

    def prepare(self, request: ProviderRequest, *, key: str, webhook_url: str | None) -> PreparedSubmit:
        heard = _checked(request)
        if heard.audio.path.stat().st_size > FILE_MAX_BYTES:
            raise InputError("The transcription server takes up to 25 MB. Use a shorter song.", code="too_large")
        fields = {
            "model": self._model(heard),
            "response_format": "verbose_json",
            "timestamp_granularities[]": "word",
            "temperature": "0",
        }
        if heard.language:
            fields["language"] = heard.language
        payload = {
            "fields": fields,
            "content_type": heard.audio.content_type,
            "audio": base64.b64encode(heard.audio.path.read_bytes()).decode(),
            "price": str(self._price(heard).usd),
        }
        return PreparedSubmit(payload=payload, model=fields["model"])

    def submit(self, prepared: PreparedSubmit, *, capability: Capability, key: str) -> RemoteStatus:
        payload = prepared.payload
        with tempfile.NamedTemporaryFile(suffix=extension_of(payload["content_type"])) as file:
            file.write(base64.b64decode(payload["audio"]))
            file.flush()
            path = Path(file.name)
            response = self.write(
                "POST",
                "/audio/transcriptions",
                fields=payload["fields"],
                uploads={"file": Upload(path, f"song{path.suffix}", payload["content_type"])},
                paid=True,
                time_limit_seconds=CALL_SECONDS,
            )
        if not isinstance(response, dict):
            raise self.unclear(response, paid=True)
        return RemoteStatus(RemoteRef(self.name, key), RemoteState.SUCCEEDED, raw=response)

    def collect(self, status: RemoteStatus, *, capability: Capability, into: Path) -> ProviderResult:
        found = status.raw.get("words")
        if not isinstance(found, list):
            raise ProviderError(
                "The response has no times of words. Choose a model that gives them, such as whisper-1.",
                permanent=True,
                code="unusable_answer",
                raw=dict(status.raw),
            )
        words = tuple(word for one in found if (word := _word(one)))
        facts: JsonObject = {name: status.raw[name] for name in ("language", "duration", "text") if name in status.raw}
        return ProviderResult(words=words, facts=facts)

    def prices_of(self, prepared: PreparedSubmit) -> Iterable[Decimal]:
        return (Decimal(prepared.payload["price"]),)

    def offer(self, name: str, section: TranscriberSection, today: date) -> ModelOffer:
        if name in section.models:
            return offer_of(self.name, name, section.models[name], today=today)
        return ModelOffer(self.name, name, name, ModelState.UNCHECKED, price=section.price)

    def _model(self, request: TranscriptionRequest) -> str:
        return self.model_used(Capability.TRANSCRIPTION, request.settings)

    def _price(self, request: TranscriptionRequest) -> Price:
        return self.section_of(request.settings).price_of(self._model(request))


def _checked(request: ProviderRequest) -> TranscriptionRequest:
    if isinstance(request, TranscriptionRequest):
        return request
    raise InputError("A transcription server can only hear words. Choose another provider for this.")


def _word(found: Any) -> HeardWord | None:
    """Return the word; None for an entry without a word or usable times."""
    try:
        text, start, end = str(found["word"]).strip(), float(found["start"]), float(found["end"])
    except (KeyError, TypeError, ValueError):
        return None
    return HeardWord(text, start, end) if text and math.isfinite(start) and math.isfinite(end) else None


PROVIDER = Transcriber()
