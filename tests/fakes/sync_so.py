"""A strict fake of Sync.so's API v2: generate, list by ids, cost, assets, idempotency keys, concurrency.

It rejects what the real one rejects: unknown or misspelled fields, any unknown key in a segment, incomplete crop
times, ends beyond the media's real length, overlaps, lowercase enums. Inputs by URL are really fetched and measured.
"""

import hashlib
import hmac
import json
import math
import re
import subprocess
import threading
import time
import urllib.request
import uuid
from collections import deque
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import pairwise
from typing import Any

from tests.fakes import media
from tests.fakes.server import Bill, FakeService, Refusal, Reply, Request, TokenBucket, post_signed, route
from tests.fakes.sync_so_checks import check_segment, option_problems, problem, segments_invalid

PRICE_PER_SECOND = {
    "lipsync-2": 0.05,
    "lipsync-2-pro": 0.083,
    "lipsync-1.9.0-beta": 0.025,
    "react-1": 0.1,
    "sync-3": 0.133,
}
BODY_KEYS = {"model", "input", "options", "segments", "webhookUrl", "outputFileName", "projectId"}
INPUT_KEYS = {
    "video": {"type", "url", "assetId", "segments_secs"},
    "audio": {"type", "url", "assetId", "refId"},
    "text": {"type", "provider", "refId"},
    "image": {"type", "url", "assetId"},
}
OPTION_KEYS = {
    "sync_mode", "temperature", "active_speaker_detection", "occlusion_detection_enabled", "model_mode", "prompt",
}  # fmt: skip
FINAL = {"COMPLETED", "FAILED", "REJECTED"}


@dataclass
class Generation:
    id: str
    payload: dict[str, Any]
    created: float
    ends: float
    verdict: str = "COMPLETED"
    error: str | None = None
    error_code: str | None = None
    video: bytes = b""
    audio: bytes = b""
    status: str = ""  # the final status, once fixed


class FakeSyncSo(FakeService):
    """`concurrency` is the plan's number of slots (PENDING + PROCESSING), None for no limit. `end_next_as` scripts
    (status, error code) of the next generation. `error_spelling` is the key that failures use; the real service has
    used both. `create_burst` is how many requests may come at once, None for a whole minute's worth.
    `fetch_inputs=False` skips fetching inputs (load tests). `result_is` are the bytes of every result, instead of a
    real one."""

    name = "sync_so"

    def __init__(
        self,
        *,
        key: str = "sk-sync-fake",
        concurrency: int | None = 15,
        creates_per_minute: int = 100,
        create_burst: int | None = None,
        url_lifetime_seconds: float = 7 * 86400.0,
        webhook_secret: str = "whsec_sync_fake_secret",  # noqa: S107
        fetch_inputs: bool = True,
        **facts: Any,
    ) -> None:
        super().__init__(**facts)
        self.key = key
        self.concurrency = concurrency
        self.creates_per_minute = creates_per_minute
        self.url_lifetime_seconds = url_lifetime_seconds
        self.webhook_secret = webhook_secret
        self.fetch_inputs = fetch_inputs
        self.error_spelling = "error_code"
        self.generations: dict[str, Generation] = {}
        self.by_key: dict[str, str] = {}
        self.uploads: dict[str, tuple[str, int, bytes]] = {}
        self.assets: dict[str, tuple[str, str]] = {}
        self.result_is = b""
        self.end_next_as: deque[tuple[str, str]] = deque()
        self.bucket = TokenBucket(create_burst)

    @property
    def base_url(self) -> str:
        return self.url

    def describe(self) -> dict[str, Any]:
        return {"generations": len(self.generations)}

    def bills(self) -> list[Bill]:
        with self.lock:
            keys = {generation_id: key for key, generation_id in self.by_key.items()}
            made = list(self.generations.values())
        return [Bill(one.id, keys.get(one.id, ""), str(self._usd(one))) for one in made]

    def _usd(self, generation: Generation) -> float:
        done = self._status(generation) == "COMPLETED"
        seconds = self._billed_seconds(generation.payload) if done else 0.0
        return round(seconds * PRICE_PER_SECOND[generation.payload["model"]], 4)

    def not_found(self, request: Request) -> Reply:
        return Reply(
            404, {"message": f"Cannot {request.method} {request.path}", "error": "Not Found", "statusCode": 404}
        )

    # --- routes ---

    @route("GET", "/v2/models")
    def models(self, request: Request) -> Reply:
        self._authorize(request)
        return Reply(200, [{"id": name, "name": name, "type": "lipsync"} for name in PRICE_PER_SECOND])

    @route("POST", "/v2/generate")
    def generate(self, request: Request) -> Reply:
        self._authorize(request)
        key = request.headers.get("idempotency-key", "")
        if key and not re.fullmatch(r"[A-Za-z0-9._~-]{1,128}", key):
            raise problem(400, "The idempotency key is malformed", "INVALID_IDEMPOTENCY_KEY")
        with self.lock:
            if key in self.by_key:
                return Reply(201, self._show(self.generations[self.by_key[key]]))
        payload = request.json()
        self._check_body(payload)
        with self.lock:
            if key in self.by_key:
                return Reply(201, self._show(self.generations[self.by_key[key]]))
            self._limit_rate()
            self._limit_concurrency()
            generation = self._accept(payload, key)
        threading.Thread(target=self._fetch_all, args=(generation,), daemon=True).start() if self.fetch_inputs else None
        if payload.get("webhookUrl"):
            threading.Timer(self.latency_seconds + 0.3, self.send_webhook, [generation.id]).start()
        return Reply(201, self._show(generation))

    @route("GET", "/v2/generate/(?P<generation_id>[^/]+)")
    def get(self, request: Request, generation_id: str) -> Reply:
        self._authorize(request)
        if not re.fullmatch("[0-9a-f-]{36}", generation_id):
            raise problem(400, "Invalid generation id", "invalid_generation_id")
        if generation_id not in self.generations:
            raise problem(404, "Generation not found", "generation_not_found")
        return Reply(200, self._show(self.generations[generation_id]), {"Retry-After": "2"})

    @route("GET", "/v2/generations")
    def listing(self, request: Request) -> Reply:
        self._authorize(request)
        ids = [one for value in request.query.get("ids", []) for one in value.split(",") if one]
        statuses = {one for value in request.query.get("status", []) for one in value.split(",") if one}
        unknown = set(request.query) - {"ids", "status", "limit", "cursor", "source", "projectId"}
        if unknown or statuses - {"PENDING", "PROCESSING", *FINAL}:
            raise problem(400, "Query validation failed")
        with self.lock:
            rows = (
                [self.generations[one] for one in ids if one in self.generations]
                if ids
                else list(self.generations.values())
            )
        shown = [self._show(generation) for generation in sorted(rows, key=lambda one: -one.created)]
        shown = [one for one in shown if not statuses or one["status"] in statuses]
        return Reply(200, shown[: int(request.first("limit", "0")) or None])

    @route("POST", "/v2/analyze/cost")
    def cost(self, request: Request) -> Reply:
        self._authorize(request)
        payload = request.json()
        self._check_body(payload)
        seconds = self._billed_seconds(payload)
        cost = round(seconds * PRICE_PER_SECOND[payload["model"]], 4)
        return Reply(201, [{"estimatedFrameCount": round(seconds * 25), "estimatedGenerationCost": cost}])

    @route("POST", "/v2/assets/upload")
    def presign(self, request: Request) -> Reply:
        self._authorize(request)
        body = request.json() or {}
        if set(body) != {"fileName", "contentType", "size"}:
            raise problem(400, ["fileName, contentType and size are required"])
        name = uuid.uuid4().hex
        self.uploads[name] = (body["contentType"], int(body["size"]), b"")
        address = f"{self.url}/bucket/{name}"
        response = {"uploadUrl": f"{address}?signature=fake", "url": address, "expiresIn": 604800}
        return Reply(201, response)

    @route("PUT", "/bucket/(?P<name>[0-9a-f]+)")
    def put(self, request: Request, name: str) -> Reply:
        content_type, size, _ = self.uploads.get(name, ("", 0, b""))
        if request.first("signature") != "fake" or request.headers.get("content-type") != content_type:
            return Reply(403, "<Error><Code>SignatureDoesNotMatch</Code></Error>")
        if "x-api-key" in request.headers or len(request.body) != size:
            return Reply(400, "<Error><Code>BadRequest</Code></Error>")
        self.uploads[name] = (content_type, size, request.body)
        return Reply(200, b"")

    @route("GET", "/bucket/(?P<name>[0-9a-f]+)")
    def stored(self, request: Request, name: str) -> Reply:
        content_type, _, content = self.uploads.get(name, ("", 0, b""))
        return Reply(200, content, {"Content-Type": content_type}) if content else Reply(404, "Not Found")

    @route("POST", "/v2/assets")
    def register(self, request: Request) -> Reply:
        self._authorize(request)
        body = request.json() or {}
        if set(body) != {"url", "type"} or body["type"] not in {"VIDEO", "AUDIO", "IMAGE"}:
            raise problem(400, ["type must be one of VIDEO, AUDIO, IMAGE"])
        if not self.uploads.get(body["url"].rsplit("/", 1)[-1], ("", 0, b""))[2]:
            raise problem(404, "Uploaded file not found", "uploaded_file_not_found")
        asset_id = str(uuid.uuid4())
        self.assets[asset_id] = (body["type"], body["url"])
        return Reply(201, {"id": asset_id, "url": body["url"], "type": body["type"]})

    @route("GET", r"/output/(?P<generation_id>[0-9a-f-]+)\.mp4")
    def output(self, request: Request, generation_id: str) -> Reply:
        expires = float(request.first("expires", "0"))
        if "x-api-key" in request.headers or time.time() > expires or generation_id not in self.generations:
            return Reply(403, "<Error><Code>AccessDenied</Code></Error>")
        generation = self.generations[generation_id]
        content = media.video()
        if self.result_is:
            content = self.result_is
        elif generation.video and generation.payload.get("segments"):
            content = generation.video
        elif generation.video:
            content = media.video_with_sound(generation.video, generation.audio)
        return Reply(200, content, {"Content-Type": "video/mp4"})

    # --- checks ---

    def _authorize(self, request: Request) -> None:
        given = request.headers.get("x-api-key")
        if given is None:
            raise Refusal(401, {"message": "Cookie or x-api-key required", "error": "Unauthorized", "statusCode": 401})
        if given != self.key:
            raise Refusal(401, {"message": "Unauthorized", "statusCode": 401})

    def _check_body(self, payload: Any) -> None:
        if not isinstance(payload, dict):
            raise problem(400, ["body must be an object"])
        problems = [f"property {key} should not exist" for key in payload if key not in BODY_KEYS]
        if payload.get("model") not in PRICE_PER_SECOND:
            raise problem(400, f"Unsupported model {payload.get('model')}", "generation_unsupported_model")
        webhook = payload.get("webhookUrl", "https://")
        if not str(webhook).startswith(("https://", "http://127.0.0.1")):
            problems.append("webhookUrl must be a URL address")
        problems += self._input_problems(payload.get("input"))
        problems += option_problems("options", payload.get("options", {}), OPTION_KEYS, payload["model"])
        if problems:
            raise problem(400, problems, "generation_input_validation_failed")
        if "segments" in payload:
            self._check_segments(payload)

    def _input_problems(self, items: Any) -> list[str]:
        if not isinstance(items, list) or not items:
            return ["input must be an array"]
        problems = []
        for item in items:
            keys = INPUT_KEYS.get(item.get("type"))
            if keys is None:
                problems.append("input type must be one of video, audio, text, image")
                continue
            problems += [f"input property {key} should not exist" for key in item if key not in keys]
            if item["type"] != "text" and ("url" in item) == ("assetId" in item):
                problems.append(f"{item['type']} needs either url or assetId")
            if "assetId" in item and item["assetId"] not in self.assets:
                raise problem(404, "Asset not found", "asset_not_found")
        kinds = [item.get("type") for item in items]
        if sum(kind in ("video", "image") for kind in kinds) != 1 or not {"audio", "text"} & set(kinds):
            problems.append("input needs exactly one video and at least one audio or text")
        return problems

    def _check_segments(self, payload: dict[str, Any]) -> None:
        references = [item["refId"] for item in payload["input"] if "refId" in item]
        if len(set(references)) != len(references) or not payload["segments"]:
            raise segments_invalid()
        lengths = self._lengths(payload) if self.fetch_inputs else {}
        spans = []
        for segment in payload["segments"]:
            check_segment(segment, references, lengths, payload["model"])
            spans.append((segment["startTime"], segment["endTime"]))
        spans.sort()
        if any(later[0] <= earlier[1] for earlier, later in pairwise(spans)):
            raise segments_invalid()

    def _lengths(self, payload: dict[str, Any]) -> dict[str, float]:
        lengths = {}
        for item in payload["input"]:
            try:
                lengths[item.get("refId", item["type"])] = media.duration(self._fetch(item) or b"")
            except ValueError:
                continue
        return lengths

    def _billed_seconds(self, payload: dict[str, Any]) -> float:
        if payload.get("segments"):
            return float(sum(one["endTime"] - one["startTime"] for one in payload["segments"]))
        return self._lengths(payload).get("audio", 1.0) if self.fetch_inputs else 1.0

    # --- work ---

    def finish(self) -> None:
        """End the work at hand now; new work takes no time."""
        self.latency_seconds = 0.0
        with self.lock:
            for one in self.generations.values():
                one.ends = 0.0

    def _limit_rate(self) -> None:
        wait = self.bucket.wait_seconds(self.creates_per_minute)
        if wait > 0:
            body = {"statusCode": 429, "errorCode": "rate_limit_exceeded", "message": "Too many requests", "error": "x"}
            raise Refusal(429, body, {"Retry-After": str(max(1, math.ceil(wait)))})

    def _limit_concurrency(self) -> None:
        if self.concurrency is None:
            return
        active = sum(1 for one in self.generations.values() if self._status(one) not in FINAL)
        if active >= self.concurrency:
            self.bucket.give_back()
            body = {
                "statusCode": 429, "errorCode": "concurrency_limit_reached", "message": "Concurrency limit reached",
                "activeGenerations": active, "concurrencyLimit": self.concurrency, "retryAfterSeconds": 1,
            }  # fmt: skip
            raise Refusal(429, body)

    def _accept(self, payload: dict[str, Any], key: str) -> Generation:
        generation = Generation(str(uuid.uuid4()), payload, time.time(), time.monotonic() + self.latency_seconds)
        if self.end_next_as:
            generation.verdict, generation.error_code = self.end_next_as.popleft()
            generation.error = f"Scripted: {generation.error_code}"
        self.generations[generation.id] = generation
        if key:
            self.by_key[key] = generation.id
        return generation

    def _fetch(self, item: dict[str, Any]) -> bytes | None:
        address = self.assets[item["assetId"]][1] if "assetId" in item else item["url"]
        if address.startswith(f"{self.url}/bucket/"):
            return self.uploads[address.rsplit("/", 1)[-1]][2]
        try:
            with urllib.request.urlopen(address, timeout=10) as response:  # noqa: S310
                return bytes(response.read())
        except (OSError, ValueError):
            return None

    def _fetch_all(self, generation: Generation) -> None:
        for item in generation.payload["input"]:
            content = self._fetch(item)
            if content is None:
                generation.verdict, generation.error = "FAILED", f"The {item['type']} could not be accessed"
                generation.error_code = f"generation_input_{item['type']}_inaccessible"
                return
            setattr(generation, item["type"], content)
        try:
            for content in (generation.video, generation.audio):
                media.duration(content)
        except (ValueError, subprocess.SubprocessError):
            generation.verdict, generation.error = "FAILED", "The input could not be decoded"
            generation.error_code = "generation_input_video_invalid"

    def _status(self, generation: Generation) -> str:
        remaining = generation.ends - time.monotonic()
        if not generation.status and remaining <= 0 and (not self.fetch_inputs or generation.audio or generation.error):
            generation.status = generation.verdict
        if generation.status:
            return generation.status
        return "PROCESSING" if remaining < self.latency_seconds * 0.8 else "PENDING"

    def _show(self, generation: Generation) -> dict[str, Any]:
        status = self._status(generation)
        shown: dict[str, Any] = {
            "id": generation.id,
            "createdAt": datetime.fromtimestamp(generation.created, UTC).isoformat(),
            "status": status,
            **{key: generation.payload.get(key) for key in ("model", "input", "options", "segments", "webhookUrl")},
        }
        if status == "COMPLETED":
            expires = time.time() + self.url_lifetime_seconds
            shown["outputUrl"] = f"{self.url}/output/{generation.id}.mp4?expires={expires:.3f}"
            shown["outputDuration"] = 1.0
        elif status in FINAL:
            shown |= {"error": generation.error, self.error_spelling: generation.error_code}
        return shown

    def send_webhook(self, generation_id: str, *, age_seconds: float = 0, secret: str = "") -> int:
        """Deliver the signed final event once and return the receiver's status (0: not reached)."""
        shown = self._show(self.generations[generation_id])
        body = json.dumps(shown).encode()
        return post_signed(shown["webhookUrl"], body, self.sign(body, age_seconds=age_seconds, secret=secret))

    def sign(self, body: bytes, *, age_seconds: float = 0, secret: str = "") -> dict[str, str]:
        sent = str(int(time.time() - age_seconds))
        digest = hmac.new((secret or self.webhook_secret).encode(), f"{sent}.".encode() + body, hashlib.sha256)
        return {"Sync-Signature": f"t={sent},v1={digest.hexdigest()}"}
