"""A strict fake of Replicate's HTTP API: predictions, listing, cancel, files, outputs that expire.

Input schemas are those of the real models: an unknown field, a missing one or a value outside its enum (including
wrong case) is 422. Inputs by URL are really fetched. There is no idempotency.
"""

import base64
import copy
import hashlib
import hmac
import json
import math
import re
import secrets
import threading
import time
import urllib.request
from collections import deque
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from tests.fakes import media
from tests.fakes.replicate_models import IMAGE_USD, MODELS, MOST, SECOND_USD, Whole
from tests.fakes.server import Bill, FakeService, Refusal, Reply, Request, TokenBucket, multipart, post_signed, route

IMAGE_MODELS = re.compile(r"banana|flux|ideogram|seedream")
LIST_OUTPUT = re.compile(r"ideogram|seedream")
SPEECH_MODELS = re.compile(r"whisper")
PREDICTION_KEYS = {"input", "webhook", "webhook_events_filter", "stream"}
TYPES: dict[str, type | tuple[type, ...]] = {
    "string": str, "integer": int, "number": (int, float), "boolean": bool, "uri": str, "uris": list,
}  # fmt: skip
PAGE = 100


@dataclass
class Prediction:
    """One accepted prediction. `ends` is when its latency is over (monotonic)."""

    id: str
    model: str
    input: dict[str, Any]
    created: float
    ends: float
    webhook: str = ""
    verdict: str = "succeeded"  # how it will end
    error: str | None = None
    status: str = "starting"  # the final status, once fixed
    output: Any = None
    completed: float | None = None
    removed: bool = False
    trouble: str = field(default="", repr=False)


class FakeReplicate(FakeService):
    """`moderation_words` in a prompt lead to a failed prediction, as at the real service.

    `retention_seconds` is the real service's hour. `end_next_as` scripts how the next prediction ends, e.g.
    ("aborted", "deadline") or ("resting", None) for an unknown status. `every_video` is what its models return,
    whatever was requested.
    """

    name = "replicate"
    moderation_words = ("forbidden",)

    def __init__(
        self,
        *,
        token: str = "r8_fake_token",  # noqa: S107
        retention_seconds: float = 3600.0,
        webhook_secret: str = "whsec_" + base64.b64encode(b"replicate fake signing key").decode(),
        creates_per_minute: int = 600,
        **facts: Any,
    ) -> None:
        super().__init__(**facts)
        self.token = token
        self.retention_seconds = retention_seconds
        self.webhook_secret = webhook_secret
        self.creates_per_minute = creates_per_minute
        self.predictions: dict[str, Prediction] = {}
        self.files: dict[str, tuple[bytes, str, str]] = {}
        self.end_next_as: deque[tuple[str, str | None]] = deque()
        self.every_video: bytes | None = None
        # What its speech models hear, as (word, start, end); and the vocals it takes out, if not the whole sound.
        self.heard_words: list[tuple[str, float, float]] = [("hold", 1.0, 1.4), ("me", 1.5, 1.8), ("now", 2.0, 2.5)]
        self.every_vocals: bytes | None = None
        # Tests retire a model by deleting it here, and change its fields.
        self.models = copy.deepcopy(MODELS)
        self.bucket = TokenBucket(None)

    @property
    def base_url(self) -> str:
        return f"{self.url}/v1"

    def describe(self) -> dict[str, Any]:
        return {"predictions": len(self.predictions)}

    def bills(self) -> list[Bill]:
        with self.lock:
            made = list(self.predictions.values())
        for prediction in made:
            self._settle(prediction)
        return [Bill(one.id, one.webhook, str(_usd(one) if one.status == "succeeded" else 0)) for one in made]

    # --- routes ---

    @route("GET", "/v1/account")
    def account(self, request: Request) -> Reply:
        self._authorize(request)
        return Reply(200, {"type": "user", "username": "fake", "name": "Fake", "github_url": ""})

    @route("GET", "/v1/webhooks/default/secret")
    def secret(self, request: Request) -> Reply:
        self._authorize(request)
        return Reply(200, {"key": self.webhook_secret})

    @route("POST", "/v1/models/(?P<owner>[^/]+)/(?P<model>[^/]+)/predictions")
    def create_official(self, request: Request, owner: str, model: str) -> Reply:
        self._authorize(request)
        return self._create(request, f"{owner}/{model}", PREDICTION_KEYS)

    @route("POST", "/v1/predictions")
    def create(self, request: Request) -> Reply:
        self._authorize(request)
        version = str((request.json() or {}).get("version") or "")
        if not version:
            raise _problem(422, "Input validation failed", "- version is required\n")
        return self._create(request, version.split(":", 1)[0], PREDICTION_KEYS | {"version"})

    @route("GET", "/v1/models/(?P<owner>[^/]+)/(?P<model>[^/]+)")
    def model(self, request: Request, owner: str, model: str) -> Reply:
        self._authorize(request)
        schema = self.models.get(f"{owner}/{model}")
        if schema is None:
            raise _problem(404, "Not found", "The requested resource could not be found.")
        version = {"id": "hidden", "openapi_schema": {"components": {"schemas": _openapi(schema)}}}
        return Reply(200, {"owner": owner, "name": model, "visibility": "public", "latest_version": version})

    @route("GET", "/v1/predictions")
    def listing(self, request: Request) -> Reply:
        self._authorize(request)
        after, before = (_unix(request.first(name)) for name in ("created_after", "created_before"))
        start = int(request.first("cursor", "0"))
        with self.lock:
            rows = sorted(self.predictions.values(), key=lambda one: one.created, reverse=True)
        rows = [p for p in rows if (not after or p.created > after) and (not before or p.created < before)]
        page = [self._show(prediction) for prediction in rows[start : start + PAGE]]
        more = start + PAGE < len(rows)
        next_url = f"{self.base_url}/predictions?cursor={start + PAGE}" if more else None
        return Reply(200, {"previous": None, "next": next_url, "results": page})

    @route("GET", "/v1/predictions/(?P<prediction_id>[a-z0-9]+)")
    def get(self, request: Request, prediction_id: str) -> Reply:
        self._authorize(request)
        return Reply(200, self._show(self._find(prediction_id)))

    @route("POST", "/v1/predictions/(?P<prediction_id>[a-z0-9]+)/cancel")
    def cancel(self, request: Request, prediction_id: str) -> Reply:
        self._authorize(request)
        prediction = self._find(prediction_id)
        self._settle(prediction)
        if prediction.completed is None:
            prediction.status, prediction.completed = "canceled", time.time()
        return Reply(200, self._show(prediction))

    @route("POST", "/v1/files")
    def upload(self, request: Request) -> Reply:
        self._authorize(request)
        name, content_type, content = multipart(request).get("content", ("", "", b""))
        if not content:
            raise _problem(400, "Bad request", "Missing content")
        file_id = secrets.token_hex(12)
        self.files[file_id] = (content, content_type, name)
        urls = {"get": f"{self.base_url}/files/{file_id}"}
        facts = {"id": file_id, "name": name, "content_type": content_type, "size": len(content), "urls": urls}
        return Reply(201, facts | {"created_at": _iso(time.time()), "expires_at": _iso(time.time() + 86400)})

    @route("GET", r"/out/(?P<prediction_id>[a-z0-9]+)/\d+\.(?P<extension>\w+)")
    def output(self, request: Request, prediction_id: str, extension: str) -> Reply:
        if "authorization" in request.headers:
            return Reply(400, "The key does not belong on the delivery host.")
        prediction = self.predictions.get(prediction_id)
        if prediction is None or self._expired(prediction):
            return Reply(404, "Not Found")
        content, content_type = self._content(prediction, extension)
        return Reply(200, content, {"Content-Type": content_type})

    # --- what it does ---

    def _authorize(self, request: Request) -> None:
        given = request.headers.get("authorization", "")
        if given != f"Bearer {self.token}":
            detail = "You did not pass a valid authentication token" if given else "Authentication not provided"
            raise _problem(401, "Unauthenticated", detail)

    def _create(self, request: Request, model: str, keys: set[str]) -> Reply:
        body = request.json() or {}
        if model not in self.models:
            raise _problem(404, "Not found", "The requested resource could not be found.")
        unknown = [f"- {key}: Additional property {key} is not allowed\n" for key in body if key not in keys]
        problems = unknown + _input_problems(self.models[model], body.get("input"))
        if problems:
            raise _problem(422, "Input validation failed", "".join(problems))
        webhook = body.get("webhook", "")
        self._limit_rate()
        now = time.time()
        verdict, error = self.end_next_as.popleft() if self.end_next_as else ("succeeded", None)
        prediction = Prediction(
            secrets.token_hex(13), model, body["input"], now, time.monotonic() + self.latency_seconds, webhook
        )
        prediction.verdict, prediction.error = verdict, error
        prediction.trouble = self._trouble(prediction)
        with self.lock:
            self.predictions[prediction.id] = prediction
        if webhook:
            threading.Timer(self.latency_seconds + 0.05, self.send_webhook, [prediction.id]).start()
        return Reply(201, self._show(prediction, as_created=True))

    def finish(self) -> None:
        """End the work at hand now; new work takes no time."""
        self.latency_seconds = 0.0
        with self.lock:
            for one in self.predictions.values():
                one.ends = 0.0

    def _limit_rate(self) -> None:
        with self.lock:
            wait = math.ceil(self.bucket.wait_seconds(self.creates_per_minute))
        if wait > 0:
            body = {"detail": "Request was throttled.", "status": 429, "retry_after": wait}
            raise Refusal(429, body, {"Retry-After": str(wait), "ratelimit-remaining": "0"})

    def _trouble(self, prediction: Prediction) -> str:
        """Return what will make the prediction fail: moderation, or an input that can't be fetched."""
        words = str(prediction.input.get("prompt", "")).lower()
        if any(word in words for word in self.moderation_words):
            return "The input or output was flagged as sensitive. Please try again with different inputs. (E005)"
        for name, value in prediction.input.items():
            schema = self.models.get(prediction.model, {})
            if schema.get(name, schema.get(f"!{name}")) in ("uri", "uris"):
                for address in value if isinstance(value, list) else [value]:
                    if self._fetch(address) is None:
                        return f"Failed to fetch input {name}: {address}"
        return ""

    def _fetch(self, address: str) -> bytes | None:
        own = re.fullmatch(re.escape(f"{self.base_url}/files/") + "([0-9a-f]+)", address)
        if own:
            return self.files.get(own[1], (None, "", ""))[0]
        try:
            with urllib.request.urlopen(address, timeout=10) as response:  # noqa: S310
                return bytes(response.read())
        except (OSError, ValueError):
            return None

    def _find(self, prediction_id: str) -> Prediction:
        if prediction_id not in self.predictions:
            raise _problem(404, "Not found", "The requested resource could not be found.")
        return self.predictions[prediction_id]

    def _settle(self, prediction: Prediction) -> None:
        with self.lock:
            if prediction.completed is not None or time.monotonic() < prediction.ends:
                return
            prediction.completed = time.time()
            prediction.status = "failed" if prediction.trouble else prediction.verdict
            prediction.error = prediction.trouble or prediction.error
            if prediction.status == "succeeded":
                prediction.output = self._output(prediction)

    def _output(self, prediction: Prediction) -> Any:
        if SPEECH_MODELS.search(prediction.model):
            return self._transcript(prediction)
        if prediction.model == "cjwbw/demucs":
            ending = prediction.input.get("output_format", "mp3")
            names = {"other": f"1.{ending}", "vocals": f"0.{ending}"}
            return {name: f"{self.url}/out/{prediction.id}/{file}" for name, file in names.items()}
        if not IMAGE_MODELS.search(prediction.model):
            return f"{self.url}/out/{prediction.id}/0.mp4"
        address = f"{self.url}/out/{prediction.id}/0.{prediction.input.get('output_format', 'png')}"
        return [address] if LIST_OUTPUT.search(prediction.model) else address

    def _transcript(self, prediction: Prediction) -> dict[str, Any]:
        """Return what was heard, in the form of the model."""
        if "whisperx" not in prediction.model:
            chunks = [{"text": f" {word}", "timestamp": [start, end]} for word, start, end in self.heard_words]
            return {"text": " ".join(word for word, _, _ in self.heard_words), "chunks": chunks}
        words = [{"word": word, "start": start, "end": end, "score": 0.9} for word, start, end in self.heard_words]
        text = " ".join(word for word, _, _ in self.heard_words)
        segment = {"start": 0.0, "end": 30.0, "text": text}
        # Without alignment, only the segments have times.
        aligned = {"words": words} if prediction.input.get("align_output") else {}
        return {"segments": [segment | aligned] if words else [], "detected_language": "en"}

    def _content(self, prediction: Prediction, extension: str) -> tuple[bytes, str]:
        if extension in {"mp3", "wav", "flac"}:
            sound = self.every_vocals or self._fetch(prediction.input["audio"]) or b""
            return media.sound_as(sound, extension), f"audio/{extension.replace('mp3', 'mpeg')}"
        size = "180x320" if prediction.input.get("aspect_ratio") == "9:16" else "320x180"
        if extension != "mp4":
            return media.image(size, extension), f"image/{extension.replace('jpg', 'jpeg')}"
        if self.every_video is not None:
            return self.every_video, "video/mp4"
        if "audio" in prediction.input and "video" in prediction.input:
            parts = [self._fetch(prediction.input[name]) or b"" for name in ("video", "audio")]
            return media.video_with_sound(*parts), "video/mp4"
        return media.video(float(prediction.input.get("duration", 5)), size), "video/mp4"

    def _expired(self, prediction: Prediction) -> bool:
        self._settle(prediction)
        done = prediction.completed
        return prediction.removed or (done is not None and time.time() - done > self.retention_seconds)

    def _show(self, prediction: Prediction, *, as_created: bool = False) -> dict[str, Any]:
        if not as_created:
            self._settle(prediction)
        status = prediction.status
        if prediction.completed is None and not as_created:
            begun = self.latency_seconds * 0.8
            status = "processing" if prediction.ends - time.monotonic() < begun else "starting"
        gone = prediction.completed is not None and self._expired(prediction)
        root = f"{self.base_url}/predictions/{prediction.id}"
        return {
            "id": prediction.id,
            "model": prediction.model,
            "version": "hidden",
            "status": status,
            "input": {} if gone else prediction.input,
            "output": None if gone else prediction.output,
            "error": prediction.error if prediction.completed else None,
            "logs": "",
            "metrics": {"predict_time": self.latency_seconds} if prediction.completed else {},
            "created_at": _iso(prediction.created),
            "started_at": None if status == "starting" else _iso(prediction.created),
            "completed_at": _iso(prediction.completed) if prediction.completed else None,
            "data_removed": gone,
            "urls": {"get": root, "cancel": f"{root}/cancel"},
        }

    def send_webhook(self, prediction_id: str, *, age_seconds: float = 0, secret: str = "") -> int:
        """Deliver the signed completed event once and return the receiver's status (0: not reached)."""
        prediction = self.predictions[prediction_id]
        body = json.dumps(self._show(prediction)).encode()
        return post_signed(prediction.webhook, body, self.sign(body, age_seconds=age_seconds, secret=secret))

    def sign(self, body: bytes, *, age_seconds: float = 0, secret: str = "") -> dict[str, str]:
        event_id, sent = f"msg_{secrets.token_hex(8)}", str(int(time.time() - age_seconds))
        key = base64.b64decode((secret or self.webhook_secret).removeprefix("whsec_"))
        digest = hmac.new(key, f"{event_id}.{sent}.".encode() + body, hashlib.sha256).digest()
        signature = "v1," + base64.b64encode(digest).decode()
        return {"webhook-id": event_id, "webhook-timestamp": sent, "webhook-signature": signature}


def _problem(status: int, title: str, detail: str) -> Refusal:
    return Refusal(status, {"title": title, "detail": detail, "status": status})


def _input_problems(schema: dict[str, Any], given: Any) -> list[str]:
    if not isinstance(given, dict):
        return ["- input: input is required\n"]
    known = {name.removeprefix("!"): rule for name, rule in schema.items()}
    missing = [name[1:] for name in schema if name.startswith("!") and name[1:] not in given]
    problems = [f"- input: {name} is required\n" for name in missing]
    for name, value in given.items():
        rule = known.get(name)
        if rule is None:
            problems.append(f"- input: Additional property {name} is not allowed\n")
        elif isinstance(rule, Whole):
            if not isinstance(value, int) or isinstance(value, bool) or not rule.least <= value <= rule.most:
                problems.append(f"- input.{name}: Must be a whole number from {rule.least} to {rule.most}\n")
        elif isinstance(rule, list):
            if value not in rule or isinstance(value, bool):
                problems.append(f"- input.{name}: {name} must be one of the following: {rule}\n")
        elif not isinstance(value, TYPES[rule]) or (rule in ("integer", "number") and isinstance(value, bool)):
            problems.append(f"- input.{name}: Invalid type. Expected: {rule}, given: {type(value).__name__}\n")
        if isinstance(value, list) and not 1 <= len(value) <= MOST.get(name, 3):
            problems.append(f"- input.{name}: Takes 1 to {MOST.get(name, 3)} files\n")
    if given.get("reference_images") and {"image", "last_frame_image"} & given.keys() and "last_frame_image" in known:
        problems.append("- input: Reference images cannot be combined with first or last frame images\n")
    if "end_image" in given and "start_image" not in given:
        problems.append("- input: end_image requires start_image\n")
    return problems


def _openapi(schema: dict[str, Any]) -> dict[str, Any]:
    """Return the schema as the service publishes it: enums are components of their own."""
    components: dict[str, Any] = {}
    properties: dict[str, Any] = {}
    for order, (marked, rule) in enumerate(schema.items()):
        name = marked.removeprefix("!")
        if isinstance(rule, list):
            kind = "integer" if isinstance(rule[0], int) else "string"
            components[name] = {"type": kind, "title": name, "enum": rule, "description": "An enumeration."}
            properties[name] = {"allOf": [{"$ref": f"#/components/schemas/{name}"}], "x-order": order}
        elif isinstance(rule, Whole):
            properties[name] = {"type": "integer", "minimum": rule.least, "maximum": rule.most, "x-order": order}
        elif rule == "uris":
            properties[name] = {"type": "array", "items": {"type": "string", "format": "uri"}, "x-order": order}
        else:
            kind = "string" if rule == "uri" else rule
            properties[name] = {"type": kind, "x-order": order} | ({"format": "uri"} if rule == "uri" else {})
    required = [marked[1:] for marked in schema if marked.startswith("!")]
    return {"Input": {"type": "object", "properties": properties, "required": required}, **components}


def _usd(prediction: Prediction) -> Decimal:
    seconds = Decimal(str(prediction.input.get("duration", 0)))
    each = IMAGE_USD.get(prediction.model)
    return Decimal(each) if each else seconds * Decimal(SECOND_USD.get(prediction.model, "0"))


def _iso(moment: float) -> str:
    return datetime.fromtimestamp(moment, UTC).isoformat().replace("+00:00", "Z")


def _unix(text: str) -> float:
    return datetime.fromisoformat(text).timestamp() if text else 0.0
