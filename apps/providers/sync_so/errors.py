"""Which of Sync.so's error codes are temporary. Source: its error catalog, `GET /v2/errors`."""

import re
from typing import Any

# Trouble at the service: the same request may work later. Anything else, including unknown codes, is permanent.
TRANSIENT = re.compile(
    r".*_timeout|.*_pipeline_failed|.*_unknown_error|.*_unhandled_error|.*_database_error|generation_infra_.*|"
    r"controller_.*|.*_probe_unavailable|elevenlabs_service_unavailable|usage_dependency_unavailable|internal_error|"
    r"rate_limit_exceeded|concurrency_limit_reached",
)
# What to do, if the vendor's message alone doesn't say it.
ADVICE = {
    "generation_input_video_inaccessible": "The link to the video was broken or not public when it was needed.",
    "generation_input_audio_inaccessible": "The link to the audio was broken or not public when it was needed.",
    "generation_input_segments_invalid": "Check the segments' times against the length of video and audio.",
    "generation_input_face_selection_invalid": "Choose a frame and a point where the face can be seen.",
    "generation_input_resolution_unsupported": "Use a video of at most 4096 × 2160.",
    "account_payment_required": "Add credit at Sync.so, then retry.",
    "free_tier_generations_exhausted": "Add credit at Sync.so, then retry.",
    "plan_feature_unavailable": "The plan at Sync.so does not include this.",
}


def error_code(body: dict[str, Any]) -> str:
    """Return the code, under either of the two keys in use."""
    return str(body.get("errorCode") or body.get("error_code") or "")


def with_advice(words: str, code: str) -> str:
    """Return the vendor's message, and what to do about this code, as sentences."""
    advice = ADVICE.get(code, "")
    return f"{words.rstrip(' .')}. {advice}" if words and advice else words or advice


def is_transient(code: str) -> bool:
    """Whether retrying later without changes can help."""
    return bool(TRANSIENT.fullmatch(code))
