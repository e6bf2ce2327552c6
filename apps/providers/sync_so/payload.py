"""Build the body of `POST /v2/generate` field by field from a typed request, so that nothing else can be sent.

Top-level keys are camelCase, keys inside `options` snake_case. A segment has `startTime`, `endTime`, `audioInput` and
sometimes `optionsOverride`; with any other key (such as `label`) the service refuses all segments.
"""

from collections.abc import Callable, Mapping, Sequence
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from pydantic import ValidationError

from apps.core.errors import InputError
from apps.providers.base import Quote
from apps.providers.lengths import frame_rate_of
from apps.providers.request_types import (
    FacePoint,
    LipsyncRequest,
    LipsyncSegment,
    MediaInput,
    ProviderRequest,
    SegmentedLipsyncRequest,
)
from apps.providers.sync_so.options import option_errors
from apps.providers.sync_so.sections import SyncModel, SyncSection

# Prices are quoted per second at this rate, but billed per output frame.
PRICED_FPS = 25
# A time that was read off a frame names that frame, although it is rounded to the millisecond.
FRAME_ROUNDING = 0.05

# Where the service can fetch our file: {"url": …} or {"assetId": …}.
SourceOf = Callable[[MediaInput], Mapping[str, str]]


def section_of(settings: Mapping[str, Any]) -> SyncSection:
    """Return the flavor's section. Raises InputError if it is missing."""
    try:
        return SyncSection.model_validate(settings["providers"]["sync_so"])
    except (KeyError, ValidationError) as error:
        raise InputError("The flavor has no valid providers.sync_so section.") from error


def model_of(request: ProviderRequest) -> tuple[str, SyncModel]:
    """Return the model's name and entry. Raises InputError for a model that the flavor does not list."""
    section = section_of(request.settings)
    name = request.model if isinstance(request, SegmentedLipsyncRequest) else section.model
    entry = section.models.get(name) or section.former_models.get(name)
    if entry is None:
        known = ", ".join(section.models)
        raise InputError(f"The model {name!r} is unknown. Choose one of: {known}.", errors={"model": "unknown"})
    return name, entry


def lipsync_body(request: LipsyncRequest, source_of: SourceOf) -> dict[str, Any]:
    """Return the body for plain lip-sync. Options that the model does not list are omitted: they are only defaults."""
    name, entry = model_of(request)
    wanted = {
        "sync_mode": section_of(request.settings).sync_mode,
        "temperature": request.temperature,
        "active_speaker_detection": speaker_of(request.face, request.video) or request.active_speaker_detection,
        "occlusion_detection_enabled": request.occlusion_detection_enabled,
    }
    options = {key: value for key, value in wanted.items() if value is not None and key in entry.options}
    inputs = [_input("video", request.video, source_of), _input("audio", request.audio, source_of)]
    return {"model": name, "input": inputs, "options": options_body(options)}


def segmented_body(
    request: SegmentedLipsyncRequest, segments: Sequence[LipsyncSegment], source_of: SourceOf
) -> dict[str, Any]:
    """Return the body for segmented lip-sync of checked, fitted segments. Raises InputError for an unknown option."""
    name, entry = model_of(request)
    options = {"sync_mode": request.sync_mode, **request.options}
    check_options(options, model=name, entry=entry, video=request.video)
    used = {segment.audio_reference for segment in segments}
    audios = [
        _input("audio", audio, source_of) | {"refId": reference}
        for reference, audio in request.audios.items()
        if reference in used
    ]
    return {
        "model": name,
        "input": [_input("video", request.video, source_of), *audios],
        "segments": [_segment_body(segment) for segment in segments],
        "options": options_body(options),
    }


def check_options(options: Mapping[str, Any], *, model: str, entry: SyncModel, video: MediaInput) -> None:
    """Raise InputError with each option that the model does not support or whose value is invalid."""
    errors = option_errors(options, model=model, known=entry.options, video=video)
    if errors:
        words = " ".join(f"{name}: {text}" for name, text in errors.items())
        raise InputError(f"Some options are not valid. {words}", errors=errors)


def speaker_of(face: FacePoint | None, video: MediaInput) -> dict[str, Any] | None:
    """Return the speaker as the service selects one by hand: a frame, counted from 0, and a point in it, in pixels."""
    if face is None:
        return None
    frame = int(face.time * float(frame_rate_of(video) or PRICED_FPS) + FRAME_ROUNDING)
    return {"auto_detect": False, "frame_number": frame, "coordinates": [round(face.x), round(face.y)]}


def options_body(options: Mapping[str, Any]) -> dict[str, Any]:
    """Return options in the service's format: speaker detection is an object there, but a switch here."""
    body = dict(options)
    speaker = body.get("active_speaker_detection")
    if isinstance(speaker, bool):
        body["active_speaker_detection"] = {"auto_detect": speaker}
    return body


def price_quote(request: ProviderRequest, seconds: float, video: MediaInput) -> Quote:
    """Return seconds × the flavor's price, adjusted for the video's frame rate since frames are billed."""
    name, entry = model_of(request)
    fps = frame_rate_of(video) or PRICED_FPS
    amount = Decimal(str(seconds)) * entry.price.usd * Decimal(str(round(float(fps), 3))) / PRICED_FPS
    rate = "" if fps == PRICED_FPS else f" at {PRICED_FPS} fps, scaled to {float(fps):.5g} fps"
    basis = f"{seconds:.2f} s × ${entry.price.usd}{rate} ({name}, price of {entry.price.dated:%Y-%m-%d})"
    return Quote(amount.quantize(Decimal("0.0001"), rounding=ROUND_HALF_UP), basis, bought_seconds=seconds)


def _input(kind: str, media: MediaInput, source_of: SourceOf) -> dict[str, Any]:
    return {"type": kind, **source_of(media)}


def _segment_body(segment: LipsyncSegment) -> dict[str, Any]:
    sound: dict[str, Any] = {"refId": segment.audio_reference}
    if segment.audio_start_seconds is not None and segment.audio_end_seconds is not None:
        # The service refuses crop times without a crop, so they are only sent if the user cropped.
        sound |= {"startTime": segment.audio_start_seconds, "endTime": segment.audio_end_seconds}
    body: dict[str, Any] = {
        "startTime": segment.start_seconds,
        "endTime": segment.end_seconds,
        "audioInput": sound,
    }
    if segment.options:
        body["optionsOverride"] = options_body(segment.options)
    return body
