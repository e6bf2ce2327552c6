"""Sync.so: lip-sync of a whole clip, and of segments of one.

A create request has an `Idempotency-Key`, so if its response was lost, it is sent again with the same key. The account
has a number of concurrent slots (by plan); a 429 because all are taken means "wait", not a failure.
"""

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any

from apps.core import http
from apps.core.errors import InputError, ProviderError
from apps.core.http_failures import FailureKind, HttpFailure
from apps.core.json import JsonObject
from apps.providers.base import (
    ModelUse,
    PreparedSubmit,
    ProducedFile,
    ProviderResult,
    Quote,
    RemoteRef,
    RemoteState,
    RemoteStatus,
)
from apps.providers.capabilities import Capability
from apps.providers.lengths import lipsync_seconds, seconds_of
from apps.providers.offers import Finding, FindingKind, ModelReport
from apps.providers.remote_http import (
    FRESH_LINK_HELPS,
    KEY_CHECK_SECONDS,
    HttpProvider,
    VendorRefusal,
    extension_of,
    result_fetch,
)
from apps.providers.request_types import LipsyncRequest, MediaInput, ProviderRequest, SegmentedLipsyncRequest
from apps.providers.sync_so.errors import error_code, is_transient, with_advice
from apps.providers.sync_so.orders import SyncOrders, checked_segments
from apps.providers.sync_so.payload import (
    lipsync_body,
    model_of,
    price_quote,
    section_of,
    segmented_body,
)
from apps.providers.sync_so.sections import SyncSection
from apps.providers.sync_so.webhooks import webhook_is_genuine

STATES = {
    "PENDING": RemoteState.QUEUED,
    "PROCESSING": RemoteState.RUNNING,
    "COMPLETED": RemoteState.SUCCEEDED,
    "FAILED": RemoteState.FAILED,
    "REJECTED": RemoteState.FAILED,
}
# A slot becomes free when a generation ends, which takes tens of seconds; used if the service gives no time.
PLACE_RETRY_SECONDS = 15.0
LIST_LIMIT = 100
# A person is waiting for the price, and there is a table as a fallback.
ESTIMATE_SECONDS = 10.0


class SyncSo(SyncOrders, HttpProvider):
    """See the module."""

    name = "sync_so"
    title = "Sync.so"
    purpose = "Lip-sync of clips, and the Pro editor's segments, paid per second."
    key_page = "https://sync.so/settings/api-keys"
    default_for = frozenset({Capability.SEGMENTED_LIPSYNC})
    sections = {Capability.LIPSYNC: SyncSection}
    url_setting = "SYNC_BASE_URL"
    key_setting = "SYNC_API_KEY"
    webhook_setting = "SYNC_WEBHOOK_SECRET"
    # By default the lower of the two numbers in its documentation.
    submits_setting = "SYNC_SUBMITS_PER_MINUTE"
    capabilities = frozenset({Capability.LIPSYNC, Capability.SEGMENTED_LIPSYNC})
    idempotent_submit = True
    poll_batch_size = LIST_LIMIT
    # Users report under two hours for half an hour of video, the longest that any plan allows.
    deadline_seconds = 3 * 3600.0

    def headers(self) -> dict[str, str]:
        return {"x-api-key": self.key}

    def read_refusal(self, body: Any) -> VendorRefusal:
        if not isinstance(body, dict):
            return VendorRefusal()
        message = body.get("message") or body.get("error") or ""
        words = "; ".join(str(one) for one in message) if isinstance(message, list) else str(message)
        code, wait = error_code(body), body.get("retryAfterSeconds")
        return VendorRefusal(
            words=with_advice(words, code),
            code=code,
            retry_after=float(wait) if isinstance(wait, int | float) else None,
            work_id=str(body.get("generationId") or "") if code == "IDEMPOTENCY_OUTCOME_UNKNOWN" else "",
        )

    def special_error(self, failure: HttpFailure, refusal: VendorRefusal) -> ProviderError | None:
        if failure.kind is FailureKind.THROTTLED and refusal.code == "concurrency_limit_reached":
            return ProviderError(
                "All of the account's slots at Sync.so are in use. Waiting for a free one.",
                code="no_capacity",
                retry_after=failure.retry_after or refusal.retry_after or PLACE_RETRY_SECONDS,
            )
        if failure.kind is FailureKind.REFUSED and is_transient(refusal.code):
            words = self.shown(refusal.words)
            return ProviderError(f"Sync.so could not accept the request right now: {words}", code="unavailable")
        return None

    def quote(self, request: ProviderRequest) -> Quote:
        if isinstance(request, LipsyncRequest):
            seconds = lipsync_seconds(request, section_of(request.settings).sync_mode)
            return price_quote(request, seconds, request.video)
        if isinstance(request, SegmentedLipsyncRequest):
            # The output is the whole video, so assume that all of it is billed.
            return price_quote(request, seconds_of(request.video), request.video)
        raise InputError("Sync.so can only lip-sync. Choose another provider for this.")

    def prepare(self, request: ProviderRequest, *, key: str, webhook_url: str | None) -> PreparedSubmit:
        if isinstance(request, LipsyncRequest):
            _check_length(request, lipsync_seconds(request, section_of(request.settings).sync_mode))
            body = lipsync_body(request, self._source)
        elif isinstance(request, SegmentedLipsyncRequest):
            body = segmented_body(request, checked_segments(request), self._source)
        else:
            raise InputError("Sync.so can only lip-sync. Choose another provider for this.")
        if webhook_url and self.delivers_to(webhook_url):
            body["webhookUrl"] = webhook_url
        return PreparedSubmit(payload=body, model=body["model"], mark=key)

    def estimate(self, prepared: PreparedSubmit) -> Quote | None:
        response = self.write(
            "POST", "/v2/analyze/cost", json_body=prepared.payload, time_limit_seconds=ESTIMATE_SECONDS
        )
        first = response[0] if isinstance(response, list) and response else response
        try:
            amount = Decimal(str(first["estimatedGenerationCost"]))
            frames = int(first["estimatedFrameCount"])
        except (KeyError, TypeError, ValueError, InvalidOperation) as error:
            raise self.unclear(response, paid=False) from error
        return Quote(amount, f"Sync.so's own estimate: {frames} frames ({prepared.model})")

    def submit(self, prepared: PreparedSubmit, *, capability: Capability, key: str) -> RemoteStatus:
        try:
            response = self.write(
                "POST", "/v2/generate", json_body=prepared.payload, headers={"Idempotency-Key": key}, paid=True
            )
        except ProviderError as error:
            generation_id = str(error.evidence.get("work_id") or "")
            if not generation_id:
                raise
            # Sync.so lost the outcome, but kept the id of what the key created.
            return RemoteStatus(RemoteRef(self.name, generation_id), RemoteState.QUEUED, raw={"id": generation_id})
        return self._status(response, paid=True)

    def poll(self, refs: Sequence[RemoteRef]) -> Mapping[RemoteRef, RemoteStatus]:
        found: dict[RemoteRef, RemoteStatus] = {}
        if len(refs) > 1:
            ids = ",".join(ref.remote_id for ref in refs)
            listed = self.read("/v2/generations", params={"ids": ids, "limit": LIST_LIMIT})
            if not isinstance(listed, list):
                raise self.unclear(listed, paid=False)
            wanted = {ref.remote_id: ref for ref in refs}
            for generation in listed:
                status = self._status(generation)
                if status.ref.remote_id in wanted and not _lacks_reason(status):
                    found[status.ref] = status
        # What the list omitted, or listed as failed without a reason, is requested individually.
        return found | {ref: self._poll_one(ref) for ref in refs if ref not in found}

    def collect(self, status: RemoteStatus, *, capability: Capability, into: Path) -> ProviderResult:
        generation = status.raw
        if not generation.get("outputUrl"):
            generation = self._fresh(status.ref)
        path = into / "video_0.mp4"
        try:
            found = result_fetch(self.title, str(generation["outputUrl"]), into=path, kind="video")
        except ProviderError as error:
            if error.code not in FRESH_LINK_HELPS:
                raise
            generation = self._fresh(status.ref)  # signed links expire; a new one is free
            found = result_fetch(self.title, str(generation["outputUrl"]), into=path, kind="video")
        facts = {"model": generation.get("model", ""), "output_duration": generation.get("outputDuration")}
        return ProviderResult(files=(ProducedFile(path, "video", "video/mp4", found),), facts=facts)

    def cancel(self, ref: RemoteRef) -> None:
        """Do nothing: the API can't cancel (its DELETE rejects unfinished work), so the work runs to its end."""

    def webhook_is_genuine(self, *, body: bytes, headers: Mapping[str, str], now: float) -> bool:
        return webhook_is_genuine(body=body, headers=headers, secret=self.webhook_secret, now=now)

    def check_models(self, uses: Sequence[ModelUse], *, today: date) -> tuple[ModelReport, ...]:
        answer = self.read("/v2/models")
        if not isinstance(answer, list):
            raise self.unclear(answer, paid=False)
        listed = {str(one.get("id")): one for one in answer if isinstance(one, dict)}
        return tuple(_report(use, listed.get(use.model)) for use in uses)

    def check_key(self) -> str:
        models = self.read("/v2/models", time_limit_seconds=KEY_CHECK_SECONDS)
        if not isinstance(models, list):
            raise self.unclear(models, paid=False)
        names = [str(model.get("id")) for model in models if isinstance(model, dict)]
        return f"the key works, models: {', '.join(names[:8])}"

    def _source(self, media: MediaInput) -> Mapping[str, str]:
        return {"url": media.public_url} if media.public_url else {"assetId": self._upload(media)}

    def _upload(self, media: MediaInput) -> str:
        facts = {
            "fileName": f"input{media.path.suffix or extension_of(media.content_type)}",
            "contentType": media.content_type,
            "size": media.path.stat().st_size,
        }
        place = self.write("POST", "/v2/assets/upload", json_body=facts)
        try:
            upload_url, address = str(place["uploadUrl"]), str(place["url"])
        except (KeyError, TypeError) as error:
            raise self.unclear(place, paid=False) from error
        try:
            # A presigned URL, so the key is not sent.
            http.send_file("PUT", upload_url, path=media.path, content_type=media.content_type)
        except HttpFailure as failure:
            # The bucket's errors say nothing about the account; the next attempt gets a new upload URL.
            message = "The upload to Sync.so failed. Nothing was paid."
            raise ProviderError(message, code="upload_failed", raw=self.without_key(failure.raw)) from failure
        kind = media.content_type.partition("/")[0].upper()
        asset = self.write("POST", "/v2/assets", json_body={"url": address, "type": kind})
        try:
            return str(asset["id"])
        except (KeyError, TypeError) as error:
            raise self.unclear(asset, paid=False) from error

    def _status(self, generation: Any, *, paid: bool = False) -> RemoteStatus:
        try:
            word = str(generation["status"])
            ref = RemoteRef(self.name, str(generation["id"]))
        except (KeyError, TypeError) as error:
            raise self.unclear(generation, paid=paid) from error
        state, code = STATES.get(word, RemoteState.UNRECOGNIZED), error_code(generation)
        return RemoteStatus(
            ref=ref,
            state=state,
            raw=generation,
            message=self._message(word, state, code, str(generation.get("error") or "")),
            permanent=word == "REJECTED" or not is_transient(code),
        )

    def _message(self, word: str, state: RemoteState, code: str, words: str) -> str:
        if state is RemoteState.UNRECOGNIZED:
            return f"Sync.so reports {word[:60]!r}, which mvsite doesn't know; it will be checked again."
        if state in {RemoteState.QUEUED, RemoteState.RUNNING}:
            return f"Sync.so reports {word}."
        if state is not RemoteState.FAILED:
            return ""
        verb = "rejected the request" if word == "REJECTED" else "failed"
        said = self.shown(words) or code or "no reason was given"
        return f"Sync.so {verb}: {with_advice(said, code)}"

    def _poll_one(self, ref: RemoteRef) -> RemoteStatus:
        try:
            return self._status(self.read(f"/v2/generate/{ref.remote_id}"))
        except ProviderError as error:
            if error.code != "unknown":
                raise
            return RemoteStatus(ref, RemoteState.NOT_FOUND, message="Sync.so does not know this generation.")

    def _fresh(self, ref: RemoteRef) -> JsonObject:
        generation = self._poll_one(ref).raw
        if generation.get("outputUrl"):
            return generation
        raise ProviderError(
            "Sync.so no longer has a file for this generation.", permanent=True, code="result_gone", raw=generation
        )


def _check_length(request: LipsyncRequest, seconds: float) -> None:
    name, entry = model_of(request)
    if entry.maximum_seconds is not None and seconds > entry.maximum_seconds:
        raise InputError(f"{name} supports up to {entry.maximum_seconds:g} s; this is {seconds:.1f} s. Shorten it.")


def _lacks_reason(status: RemoteStatus) -> bool:
    return status.state is RemoteState.FAILED and not status.raw.get("error")


def _report(use: ModelUse, listed: Mapping[str, Any] | None) -> ModelReport:
    section = section_of(use.settings)
    successor = (section.models.get(use.model) or section.former_models[use.model]).successor
    instead = f" Use {successor} instead." if successor else " Choose another model."
    if listed is None:
        finding = Finding(FindingKind.GONE, f"Sync.so no longer offers {use.model}.{instead}")
    elif listed.get("deprecatedAt"):
        finding = Finding(FindingKind.RETIRING, f"Sync.so marks {use.model} as deprecated.{instead}")
    else:
        return ModelReport(use.model)
    return ModelReport(use.model, (finding,), successor)


PROVIDER = SyncSo()
