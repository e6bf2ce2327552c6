"""Convert a prediction's JSON to our status. Source: the `prediction` object of Replicate's HTTP API."""

import re
from collections.abc import Iterator
from datetime import datetime
from typing import Any

from apps.providers.base import RemoteRef, RemoteState, RemoteStatus
from apps.providers.moderation import CONTENT_REFUSED, content_refused, refused_inputs

STATES = {
    "starting": RemoteState.QUEUED,
    "processing": RemoteState.RUNNING,
    "succeeded": RemoteState.SUCCEEDED,
    "failed": RemoteState.FAILED,
    "canceled": RemoteState.CANCELLED,
    # The deadline passed before it started; documented as not charged.
    "aborted": RemoteState.FAILED,
}
# Failures are free text. These indicate trouble at the service, so the same input may work next time.
TRANSIENT = re.compile(
    r"interrupted|please (?:try again later|retry)|temporar|unavailable|timed? ?out|high (?:demand|load)|"
    r"out of memory|internal (?:server )?error|\bE00[34]\b|queue is full|rate limit",
    re.IGNORECASE,
)


def status_of(prediction: dict[str, Any]) -> RemoteStatus:
    """Return the status. Raises KeyError if there is no id or no status."""
    word = str(prediction["status"])
    state = STATES.get(word, RemoteState.UNRECOGNIZED)
    error = str(prediction.get("error") or "")
    refused = state == RemoteState.FAILED and content_refused(error)
    return RemoteStatus(
        ref=RemoteRef("replicate", str(prediction["id"])),
        state=state,
        raw=prediction,
        message=_message(word, state, error),
        permanent=word != "aborted" and not (TRANSIENT.search(error) and not refused),
        charged=False if word == "aborted" else None,
        code=CONTENT_REFUSED if refused else "",
        refused_inputs=refused_inputs(error) if refused else (),
    )


def output_addresses(output: Any) -> list[str]:
    """Return every URL in an output, which is a URL, a list of them, or an object that contains some.

    Of a song's parts, the vocals come first."""
    if isinstance(output, dict) and "vocals" in output:
        output = [output["vocals"], *(value for name, value in output.items() if name != "vocals")]
    return list(_addresses(output))


def finished_at(prediction: dict[str, Any]) -> float | None:
    """Return the end time in Unix seconds, or None if not given."""
    try:
        return datetime.fromisoformat(str(prediction.get("completed_at"))).timestamp()
    except ValueError:
        return None


def _addresses(value: Any) -> Iterator[str]:
    if isinstance(value, str) and value.startswith(("https://", "http://")):
        yield value
    elif isinstance(value, list):
        for item in value:
            yield from _addresses(item)
    elif isinstance(value, dict):
        for item in value.values():
            yield from _addresses(item)


def _message(word: str, state: RemoteState, error: str) -> str:
    if word == "aborted":
        return "Replicate dropped the request before it started; it was not charged."
    if state == RemoteState.UNRECOGNIZED:
        return f"Replicate reports {word[:60]!r}, which mvsite doesn't know; it will be checked again."
    if state != RemoteState.FAILED:
        return ""
    said = " ".join(error.split())[:400] or "no reason was given"
    if content_refused(error):
        return f"Replicate's content check refused this: {said} Change the prompt or the image, then try again."
    return f"Replicate failed: {said}"
