"""What the fake of Sync.so refuses in segments and options, as the real one does."""

from typing import Any

from tests.fakes.server import Refusal

SYNC_MODES = {"bounce", "loop", "cut_off", "silence", "remap"}
OVERRIDE_KEYS = {"sync_mode", "temperature", "active_speaker_detection", "occlusion_detection_enabled"}
SPEAKER_KEYS = {"auto_detect", "frame_number", "coordinates", "bounding_boxes", "bounding_boxes_url", "v3"}
SEGMENTS_INVALID = "The segments configuration is invalid"


def problem(status: int, message: str | list[str], code: str = "") -> Refusal:
    body: dict[str, Any] = {"message": message, "statusCode": status, "error": "Bad Request"}
    return Refusal(status, body | ({"errorCode": code} if code else {}))


def segments_invalid() -> Refusal:
    return problem(400, SEGMENTS_INVALID, "generation_input_segments_invalid")


def check_segment(segment: Any, references: list[str], lengths: dict[str, float], model: str) -> None:
    if not isinstance(segment, dict) or set(segment) - {"startTime", "endTime", "audioInput", "optionsOverride"}:
        raise segments_invalid()
    sound = segment.get("audioInput")
    if not isinstance(sound, dict) or set(sound) - {"refId", "startTime", "endTime"}:
        raise segments_invalid()
    if sound.get("refId") not in references or ("startTime" in sound) != ("endTime" in sound):
        raise segments_invalid()
    check_span(segment, lengths.get("video"))
    if "startTime" in sound:
        check_span(sound, lengths.get(sound["refId"]))
    if option_problems("optionsOverride", segment.get("optionsOverride", {}), OVERRIDE_KEYS, model):
        raise segments_invalid()


def check_span(span: dict[str, Any], length: float | None) -> None:
    start, end = span.get("startTime"), span.get("endTime")
    if not isinstance(start, int | float) or not isinstance(end, int | float) or not 0 <= start < end:
        raise segments_invalid()
    if length is not None and end > length:
        raise segments_invalid()


def _speaker_problem(speaker: dict[str, Any]) -> str:
    """A speaker is found by the service, or selected by a frame and a point in it, or by boxes."""
    point, frame = speaker.get("coordinates"), speaker.get("frame_number")
    if not isinstance(speaker.get("auto_detect", False), bool):
        return "auto_detect must be a boolean"
    if frame is not None and (isinstance(frame, bool) or not isinstance(frame, int) or frame < 0):
        return "frame_number must be a frame, counted from 0"
    if point is not None and not (
        isinstance(point, list) and len(point) == 2 and all(isinstance(one, int | float) and one >= 0 for one in point)
    ):
        return "coordinates must be [x, y]"
    if (point is None) != (frame is None):
        return "frame_number and coordinates belong together"
    return "auto_detect contradicts coordinates" if point is not None and speaker.get("auto_detect") else ""


def option_problems(where: str, options: Any, known: set[str], model: str) -> list[str]:
    if not isinstance(options, dict):
        return [f"{where} must be an object"]
    problems = [f"{where} property {key} should not exist" for key in options if key not in known]
    if options.get("sync_mode", "loop") not in SYNC_MODES:
        problems.append(f"{where}.sync_mode must be one of {sorted(SYNC_MODES)}")
    temperature = options.get("temperature", 0.5)
    if isinstance(temperature, bool) or not isinstance(temperature, int | float) or not 0 <= temperature <= 1:
        problems.append(f"{where}.temperature must be between 0 and 1")
    if not isinstance(options.get("occlusion_detection_enabled", False), bool):
        problems.append(f"{where}.occlusion_detection_enabled must be a boolean")
    if model == "sync-3" and {"temperature", "occlusion_detection_enabled"} & set(options):
        problems.append(f"{where} has an option that sync-3 does not know")
    speaker = options.get("active_speaker_detection", {})
    if not isinstance(speaker, dict) or set(speaker) - SPEAKER_KEYS:
        problems.append(f"{where}.active_speaker_detection is invalid")
    elif told := _speaker_problem(speaker):
        problems.append(f"{where}.active_speaker_detection.{told}")
    return problems
