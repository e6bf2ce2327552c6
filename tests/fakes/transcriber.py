"""A strict fake of an OpenAI-compatible `/audio/transcriptions`.

It takes the fields of OpenAI's reference and refuses others, wants a decodable sound of at most 25 MB with a known
ending, and gives words with times only if they are asked for with `verbose_json`. `heard_words` is what it hears.
"""

import time
from collections import Counter
from pathlib import PurePath
from typing import Any

from tests.fakes import media
from tests.fakes.server import FakeService, Refusal, Reply, Request, multipart, multipart_names, route

FIELDS = {
    "file", "model", "language", "prompt", "response_format", "temperature", "timestamp_granularities[]",
}  # fmt: skip
ENDINGS = {".flac", ".mp3", ".mp4", ".mpeg", ".mpga", ".m4a", ".ogg", ".wav", ".webm"}
MOST_BYTES = 25 * 1024**2
LANGUAGES = {"en", "es", "ja", "de", "fr", "ru", "pt", "it", "zh", "ko", "ar"}


class FakeTranscriber(FakeService):
    """`heard_words` are (word, start, end) in seconds; those after the sound's end aren't heard. `knows_words` is
    false for a model that gives no times of words."""

    name = "transcriber"

    def __init__(self, *, key: str = "sk-fake-ears", model: str = "whisper-1", **facts: Any) -> None:
        super().__init__(**facts)
        self.key = key
        self.model = model
        self.heard_words: list[tuple[str, float, float]] = [("hold", 1.0, 1.4), ("me", 1.5, 1.8), ("now", 2.0, 2.5)]
        self.knows_words = True
        self.sounds: list[bytes] = []
        self.asked: list[dict[str, str]] = []

    @property
    def base_url(self) -> str:
        return f"{self.url}/v1"

    @route("GET", "/v1/models")
    def models(self, request: Request) -> Reply:
        self._authorize(request)
        return Reply(200, {"object": "list", "data": [{"id": self.model, "object": "model"}]})

    @route("POST", "/v1/audio/transcriptions")
    def transcribe(self, request: Request) -> Reply:
        self._authorize(request)
        names = Counter(multipart_names(request))
        parts = multipart(request)
        for name, times in names.items():
            if name not in FIELDS or (times > 1 and not name.endswith("[]")):
                raise _error(400, f"Unrecognized request argument supplied: {name}")
        values = {name: content.decode() for name, (_, _, content) in parts.items() if name != "file"}
        self._check(values)
        filename, _, content = parts.get("file", ("", "", b""))
        if not content:
            raise _error(400, "[{'type': 'missing', 'loc': ('body', 'file'), 'msg': 'Field required'}]")
        if len(content) > MOST_BYTES:
            raise _error(413, f"Maximum content size limit (26214400) exceeded ({len(content)} bytes read)")
        if PurePath(filename).suffix not in ENDINGS:
            raise _error(400, f"Invalid file format. Supported formats: {sorted(ENDINGS)}")
        try:
            seconds = media.duration(content)
        except ValueError:
            raise _error(400, "Audio file might be corrupted or unsupported", code="invalid_value") from None
        time.sleep(self.latency_seconds)
        with self.lock:
            self.sounds.append(content)
            self.asked.append(values)
        heard = [one for one in self.heard_words if one[1] < seconds]
        text = " ".join(word for word, _, _ in heard)
        if values.get("response_format", "json") != "verbose_json":
            return Reply(200, {"text": text})
        found: dict[str, Any] = {
            "task": "transcribe", "language": "english", "duration": round(seconds, 2), "text": text,
            "usage": {"type": "duration", "seconds": round(seconds)},
        }  # fmt: skip
        if values.get("timestamp_granularities[]") == "word" and self.knows_words:
            found["words"] = [{"word": word, "start": start, "end": end} for word, start, end in heard]
        else:
            found["segments"] = [{"id": 0, "start": 0.0, "end": seconds, "text": text}]
        return Reply(200, found)

    def _authorize(self, request: Request) -> None:
        given = request.headers.get("authorization", "")
        if given != f"Bearer {self.key}":
            raise _error(401, f"Incorrect API key provided: {given.removeprefix('Bearer ')}.", code="invalid_api_key")

    def _check(self, values: dict[str, str]) -> None:
        if values.get("model") != self.model:
            raise _error(404, f"The model `{values.get('model')}` does not exist", code="model_not_found")
        if values.get("response_format", "json") not in {"json", "text", "srt", "verbose_json", "vtt"}:
            raise _error(400, "response_format is not valid")
        granularity = values.get("timestamp_granularities[]", "segment")
        if granularity not in {"word", "segment"}:
            raise _error(400, "timestamp_granularities must be word or segment")
        if granularity == "word" and values.get("response_format") != "verbose_json":
            raise _error(400, "Timestamp granularities are only supported with response_format verbose_json")
        if values.get("language") and values["language"] not in LANGUAGES:
            raise _error(
                400, f"Invalid language '{values['language']}'. Language parameter must be in ISO-639-1 format."
            )
        if not 0 <= float(values.get("temperature", "0")) <= 1:
            raise _error(400, "temperature must be between 0 and 1")


def _error(status: int, message: str, *, code: str | None = None) -> Refusal:
    error = {"message": message, "type": "invalid_request_error", "param": None, "code": code}
    return Refusal(status, {"error": error})
