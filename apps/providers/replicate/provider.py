"""Replicate: images, clips, lip-sync and work on songs by hosted models, each described in the flavor's YAML.

A create request has no idempotency key, so it is sent once. An unknown outcome is looked up in the listing by our mark
(the seed, or the URL of a file uploaded for this attempt) and equal texts, which the service echoes in the prediction's
input. If the same request was made twice with the same seed, a person decides.
"""

import time
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, date, datetime
from enum import StrEnum
from pathlib import Path
from typing import Any, ClassVar
from urllib.parse import parse_qsl, urlsplit

import structlog

from apps.core.errors import InputError, ProviderError
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
from apps.providers.offers import ModelReport
from apps.providers.remote_http import (
    CONTENT_TYPES,
    FRESH_LINK_HELPS,
    KEY_CHECK_SECONDS,
    HttpProvider,
    VendorRefusal,
    result_fetch,
    upload_part,
)
from apps.providers.replicate import checking
from apps.providers.replicate.inputs import model_input, pictures_sent, plan_of, quote_of, seed_of, unlisted_because
from apps.providers.replicate.sections import ReplicateSection
from apps.providers.replicate.statuses import finished_at, output_addresses, status_of
from apps.providers.replicate.transcripts import words_of
from apps.providers.replicate.webhooks import webhook_is_genuine
from apps.providers.request_types import MediaInput, ProviderRequest, Subject

log = structlog.get_logger(__name__)

FILE_MAX_BYTES = 100 * 1024**2
# For so few, single requests are cheaper than a listing of a hundred.
SINGLE_POLLS = 2
# A page has a hundred entries; more pages per this many predictions are hardly cheaper than single requests.
WORKS_PER_PAGE = 20
FEWEST_PAGES = 3
LOOKUP_PAGES = 20
# Clock differences between Replicate and us, both synchronized by NTP.
CLOCK_MARGIN_SECONDS = 30.0
# A quarter of an hour is left: whoever is on call should check now.
RETENTION_ALARM_SECONDS = 45 * 60.0
_CAPABILITIES = (
    Capability.IMAGE,
    Capability.VIDEO,
    Capability.LIPSYNC,
    Capability.TRANSCRIPTION,
    Capability.VOCALS,
)
# What a result is to us and to a player, and how its file usually ends.
_ROLES = {Capability.IMAGE: ("image", "image", ".png"), Capability.VOCALS: ("vocals", "audio", ".flac")}
_USUAL_ROLE = ("video", "video", ".mp4")


class Replicate(HttpProvider):
    """See the module."""

    name = "replicate"
    title = "Replicate"
    purpose = "Images, clips, lip-sync, lyrics and vocals by hosted models, paid per image, second or run."
    key_page = "https://replicate.com/account/api-tokens"
    sections = dict.fromkeys(_CAPABILITIES, ReplicateSection)
    url_setting = "REPLICATE_BASE_URL"
    key_setting = "REPLICATE_API_TOKEN"
    webhook_setting = "REPLICATE_WEBHOOK_SECRET"
    submits_setting = "REPLICATE_SUBMITS_PER_MINUTE"
    capabilities = frozenset(_CAPABILITIES)
    poll_batch_size = 1000
    # A run is stopped after 30 minutes; the rest allows for queueing.
    deadline_seconds = 2 * 3600.0
    # Outputs are removed an hour after the run ends.
    retention_seconds: ClassVar[float | None] = 3600.0

    def headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.key}"}

    def read_refusal(self, body: Any) -> VendorRefusal:
        if not isinstance(body, dict):
            return VendorRefusal()
        wait = body.get("retry_after")
        words = str(body.get("detail") or body.get("title") or "")
        return VendorRefusal(words=words, retry_after=float(wait) if isinstance(wait, int | float) else None)

    def quote(self, request: ProviderRequest) -> Quote:
        return quote_of(request)

    def pictures_sent(self, request: ProviderRequest) -> tuple[Subject, ...]:
        return pictures_sent(request, plan_of(request))

    def no_pictures_because(self, request: ProviderRequest) -> str:
        return unlisted_because(request, plan_of(request))

    def prepare(self, request: ProviderRequest, *, key: str, webhook_url: str | None) -> PreparedSubmit:
        plan = plan_of(request)
        uploaded: list[str] = []

        def address_of(media: MediaInput) -> str:
            if media.public_url:
                return media.public_url
            uploaded.append(self._upload(media))
            return uploaded[-1]

        given = model_input(request, plan, key=key, address_of=address_of)
        body: dict[str, Any] = {"input": given}
        if webhook_url and self.delivers_to(webhook_url):
            body |= {"webhook": webhook_url, "webhook_events_filter": ["completed"]}
        path = f"/models/{plan.model}/predictions"
        if ":" in plan.model:
            path, body = "/predictions", body | {"version": plan.model}
        seed = str(seed_of(request, key=key)) if "seed" in plan.entry.inputs else ""
        mark = uploaded[0] if uploaded else seed
        return PreparedSubmit(payload={"path": path, "body": body}, model=plan.model, mark=mark)

    def submit(self, prepared: PreparedSubmit, *, capability: Capability, key: str) -> RemoteStatus:
        response = self.write("POST", prepared.payload["path"], json_body=prepared.payload["body"], paid=True)
        return self._status(response, paid=True)

    def poll(self, refs: Sequence[RemoteRef]) -> Mapping[RemoteRef, RemoteStatus]:
        wanted = {ref.remote_id: ref for ref in refs}
        found: dict[RemoteRef, RemoteStatus] = {}
        if len(wanted) > SINGLE_POLLS:
            pages = max(FEWEST_PAGES, len(wanted) // WORKS_PER_PAGE)
            for prediction in self._listed({}, pages=pages):
                ref = wanted.get(str(prediction.get("id")))
                if ref is not None and _is_complete(prediction):
                    found[ref] = self._status(prediction)
                if len(found) == len(wanted):
                    break
        return found | {ref: self._poll_one(ref) for ref in refs if ref not in found}

    def collect(self, status: RemoteStatus, *, capability: Capability, into: Path) -> ProviderResult:
        prediction = dict(status.raw)
        self._warn_before_removal(prediction)
        if capability is Capability.TRANSCRIPTION:
            return self._transcript(status.ref, prediction)
        addresses = output_addresses(prediction.get("output"))
        if not addresses:
            prediction, addresses = self._fresh_output(status.ref)
        try:
            files = self._fetch_all(addresses, capability, into)
        except ProviderError as error:
            if error.code not in FRESH_LINK_HELPS:
                raise
            prediction, addresses = self._fresh_output(status.ref)
            files = self._fetch_all(addresses, capability, into)
        return ProviderResult(files=files, facts=_facts(prediction))

    def cancel(self, ref: RemoteRef) -> None:
        try:
            self.write("POST", f"/predictions/{ref.remote_id}/cancel")
        except ProviderError as error:
            if not error.permanent or error.code in {"key_refused", "no_credit"}:
                raise  # anything else: it is already final, or gone

    def find_unknown(self, prepared: PreparedSubmit, *, key: str, sent_after: float) -> RemoteStatus | None:
        given = prepared.payload["body"]["input"]
        since = datetime.fromtimestamp(sent_after - CLOCK_MARGIN_SECONDS, UTC)
        listed = self._listed({"created_after": since.isoformat()}, pages=LOOKUP_PAGES, whole=True)
        same_model = [one for one in listed if one.get("model") == prepared.model.partition(":")[0]]
        likeness = {str(one.get("id")): _likeness(one.get("input"), given, prepared.mark) for one in same_model}
        ours = [one for one in same_model if likeness[str(one.get("id"))] is Likeness.OURS]
        if len(ours) == 1:
            return self._status(ours[0])
        doubtful = [one for one, found in likeness.items() if found is not Likeness.OTHER]
        if doubtful:
            raise ProviderError(
                f"Replicate has work that may be this one: {', '.join(doubtful[:5])}.",
                outcome_unknown=True,
                raw={"candidates": doubtful},
                code="outcome_unknown",
            )
        return None

    def webhook_is_genuine(self, *, body: bytes, headers: Mapping[str, str], now: float) -> bool:
        return webhook_is_genuine(body=body, headers=headers, secret=self.webhook_secret)

    def check_key(self) -> str:
        account = self.read("/account", time_limit_seconds=KEY_CHECK_SECONDS)
        if not isinstance(account, dict):
            raise self.unclear(account, paid=False)
        return f"the key works, account {account.get('username', 'without a name')}"

    def check_models(self, uses: Sequence[ModelUse], *, today: date) -> tuple[ModelReport, ...]:
        return tuple(self._report(use, today) for use in uses)

    def _report(self, use: ModelUse, today: date) -> ModelReport:
        entry = ReplicateSection.model_validate(use.settings["providers"][self.name]).entry(use.model)
        try:
            answer = self.read(f"/models/{use.model.partition(':')[0]}")
        except ProviderError as error:
            if error.code != "unknown":
                raise
            return checking.gone(use.model, entry)
        try:
            return checking.report_of(use.model, entry, answer, today=today)
        except (KeyError, TypeError) as error:
            raise self.unclear(answer, paid=False) from error

    def _upload(self, media: MediaInput) -> str:
        if media.path.stat().st_size > FILE_MAX_BYTES:
            raise InputError(
                "Replicate accepts uploads of up to 100 MB. Use a smaller file, or set PUBLIC_URL or STORAGE_BUCKET "
                "so that it can fetch the file itself.",
                code="too_large",
            )
        response = self.write(
            "POST",
            "/files",
            uploads={"content": upload_part(media.path, media.content_type)},
            time_limit_seconds=600.0,  # 100 MB at 2 Mbit/s
        )
        try:
            return str(response["urls"]["get"])
        except (KeyError, TypeError) as error:
            raise self.unclear(response, paid=False) from error

    def _status(self, prediction: Any, *, paid: bool = False) -> RemoteStatus:
        try:
            return status_of(prediction)
        except (KeyError, TypeError) as error:
            raise self.unclear(prediction, paid=paid) from error

    def _poll_one(self, ref: RemoteRef) -> RemoteStatus:
        try:
            return self._status(self.read(f"/predictions/{ref.remote_id}"))
        except ProviderError as error:
            if error.code != "unknown":
                raise
            return RemoteStatus(ref, RemoteState.NOT_FOUND, message="Replicate does not know this prediction.")

    def _listed(self, params: dict[str, str], *, pages: int, whole: bool = False) -> Iterator[dict[str, Any]]:
        """Yield predictions, newest first. With `whole`, running out of `pages` is an error, as some were not seen."""
        query = dict(params)
        for _ in range(pages):
            page = self.read("/predictions", params=query)
            if not isinstance(page, dict) or not isinstance(page.get("results"), list):
                raise self.unclear(page, paid=whole)
            yield from (item for item in page["results"] if isinstance(item, dict))
            if not page.get("next"):
                return
            # Only the query of the next page's URL is used, since its host may not be the trusted one.
            query = params | dict(parse_qsl(urlsplit(str(page["next"])).query))
        if whole:
            raise ProviderError("Replicate's list is too long to search.", outcome_unknown=True, code="outcome_unknown")

    def _fresh_output(self, ref: RemoteRef) -> tuple[dict[str, Any], list[str]]:
        """Return the current prediction with its output URLs. Raises ProviderError if the output is gone."""
        prediction = dict(self._poll_one(ref).raw)
        addresses = output_addresses(prediction.get("output"))
        if addresses:
            return prediction, addresses
        message = "Replicate finished but returned no file."
        if prediction.get("data_removed") or not prediction:
            message = "Replicate finished, but removes results after an hour, and this one was not fetched in time."
        raise ProviderError(message, permanent=True, code="result_gone", raw=prediction)

    def _transcript(self, ref: RemoteRef, prediction: dict[str, Any]) -> ProviderResult:
        """Return the words of the output, which is JSON rather than a file."""
        if prediction.get("output") is None:
            prediction = dict(self._poll_one(ref).raw)
        words = words_of(prediction.get("output"))
        if words is None:
            raise ProviderError(
                "Replicate finished, but the response has no words with times. Choose another model.",
                permanent=True,
                code="unusable_answer",
                raw=prediction,
            )
        return ProviderResult(words=words, facts=_facts(prediction))

    def _fetch_all(self, addresses: list[str], capability: Capability, into: Path) -> tuple[ProducedFile, ...]:
        if capability is not Capability.IMAGE:
            addresses = addresses[:1]
        role, kind, usual = _ROLES.get(capability, _USUAL_ROLE)
        files = []
        for number, address in enumerate(addresses):
            suffix = Path(urlsplit(address).path).suffix.lower()
            suffix = suffix if suffix in CONTENT_TYPES else usual
            path = into / f"{role}_{number}{suffix}"
            facts = result_fetch(self.title, address, into=path, kind=kind)
            files.append(ProducedFile(path, role, CONTENT_TYPES[suffix], facts))
        return tuple(files)

    def _warn_before_removal(self, prediction: dict[str, Any]) -> None:
        ended = finished_at(prediction)
        if ended is not None and time.time() - ended > RETENTION_ALARM_SECONDS:
            log.error(
                "result_about_to_expire",
                provider=self.name,
                remote_id=prediction.get("id"),
                age_seconds=round(time.time() - ended),
                removed_after_seconds=self.retention_seconds,
            )


def _facts(prediction: Mapping[str, Any]) -> dict[str, Any]:
    return {"model": prediction.get("model", ""), "metrics": prediction.get("metrics") or {}}


def _is_complete(prediction: Mapping[str, Any]) -> bool:
    """Whether a listed item is as complete as the prediction itself."""
    if prediction.get("status") == "succeeded":
        return prediction.get("output") is not None or bool(prediction.get("data_removed"))
    return "status" in prediction and ("error" in prediction or prediction["status"] != "failed")


class Likeness(StrEnum):
    """Whether a listed prediction is the one we sent."""

    OURS = "ours"
    MAYBE = "maybe"
    OTHER = "other"


def _likeness(echoed: Any, given: Mapping[str, Any], mark: str) -> Likeness:
    """Compare the inputs: ours has our mark and the same texts. If there is nothing to compare, it may be ours."""
    if not isinstance(echoed, dict) or not given.keys() <= echoed.keys():
        return Likeness.MAYBE
    if any(echoed[name] != value for name, value in given.items() if isinstance(value, str)):
        return Likeness.OTHER
    if not mark:
        return Likeness.MAYBE
    return Likeness.OURS if mark in _leaves(echoed) else Likeness.OTHER


def _leaves(value: Any) -> set[str]:
    """Return every scalar inside, as text."""
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, list):
        return set().union(*(_leaves(item) for item in value)) if value else set()
    return {str(value)}


PROVIDER = Replicate()
