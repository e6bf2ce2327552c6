"""Validate the values of Sync.so's options. Each mistake gets its own message, before anything is paid."""

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any

from apps.providers.lengths import frame_rate_of
from apps.providers.orders import SegmentProblem, is_number
from apps.providers.request_types import LipsyncSegment, MediaInput

# The service's name for each, and what it does if voice and segment differ in length.
SYNC_MODES: Mapping[str, str] = {
    "remap": "remap: stretch to fit",
    "cut_off": "cut_off: end with the shorter",
    "silence": "silence: keep the longer",
    "loop": "loop: repeat",
    "bounce": "bounce: back and forth",
}
# Options that may differ from segment to segment.
OVERRIDE_OPTIONS = ("sync_mode", "temperature", "active_speaker_detection", "occlusion_detection_enabled")
CHOICES: Mapping[str, Sequence[str]] = {
    "sync_mode": ("bounce", "loop", "cut_off", "silence", "remap"),
    "model_mode": ("lips", "face", "head"),
    "prompt": ("happy", "sad", "angry", "disgusted", "surprised", "neutral"),
}
# A length rounded by its container may be one frame off.
FRAME_TOLERANCE = 1


def option_errors(
    options: Mapping[str, Any], *, model: str, known: Collection[str], video: MediaInput
) -> dict[str, str]:
    """Return a message for each option that the model does not support or whose value is invalid."""
    errors = {}
    for name, value in options.items():
        text = _unsupported(model, value) if name not in known else _problem(name, value, video)
        if text:
            errors[name] = text
    return errors


def _unsupported(model: str, value: Any) -> str:
    if isinstance(value, dict) and "coordinates" in value:
        return f"{model} can't be told which face sings. Choose another model, or let it find the face."
    return f"{model} does not support this option."


def override_problems(
    segments: Sequence[tuple[int, LipsyncSegment]], *, model: str, known: Collection[str], video: MediaInput
) -> list[SegmentProblem]:
    """Return the same for the options of single segments; `segments` come with their positions."""
    allowed = [name for name in known if name in OVERRIDE_OPTIONS]
    return [
        SegmentProblem(index, f"optionsOverride.{name}", text)
        for index, segment in segments
        for name, text in option_errors(segment.options, model=model, known=allowed, video=video).items()
    ]


def _problem(name: str, value: Any, video: MediaInput) -> str:
    """Return what is wrong with the value, or "". Options that only the flavor knows are accepted."""
    if name in CHOICES:
        return "" if value in CHOICES[name] else f"Choose one of {', '.join(CHOICES[name])}."
    if name == "temperature":
        return "" if is_number(value) and 0 <= value <= 1 else "Choose a number from 0 to 1."
    if name == "occlusion_detection_enabled":
        return "" if isinstance(value, bool) else "Choose true or false."
    if name == "active_speaker_detection":
        return _speaker_problem(value, video)
    return ""


def _speaker_problem(value: Any, video: MediaInput) -> str:
    if isinstance(value, bool):
        return ""
    if not isinstance(value, dict):
        return f"Choose true or false, or an object with {', '.join(_SPEAKER)}."
    if unknown := [key for key in value if key not in _SPEAKER]:
        return f"Unknown: {', '.join(unknown)}."
    problems = (_SPEAKER[key](one, video) for key, one in value.items())
    return " ".join(text for text in problems if text)


def _auto_problem(value: Any, _video: MediaInput) -> str:
    return "" if isinstance(value, bool) else "auto_detect must be true or false."


def _frame_problem(value: Any, video: MediaInput) -> str:
    frames = _frames(video)
    if isinstance(value, int) and not isinstance(value, bool) and value >= 0 and (not frames or value < frames):
        return ""
    return "frame_number must be a frame of the video, counted from 0."


def _point_problem(value: Any, video: MediaInput) -> str:
    if not (isinstance(value, list) and len(value) == 2 and all(is_number(one) for one in value)):
        return "coordinates must be [x, y] in pixels of the video."
    size = (video.width, video.height)
    inside = all(one >= 0 and (limit is None or one < limit) for one, limit in zip(value, size, strict=True))
    return "" if inside else f"coordinates are outside the video, which has {video.width} × {video.height} pixels."


def _boxes_problem(value: Any, video: MediaInput) -> str:
    frames = _frames(video)
    good = isinstance(value, list) and all(
        box is None or (isinstance(box, list) and len(box) == 4 and all(is_number(one) for one in box)) for box in value
    )
    if not good:
        return "bounding_boxes must be a list of [x1, y1, x2, y2] or null."
    if frames and abs(len(value) - frames) > FRAME_TOLERANCE:
        return f"bounding_boxes needs one entry for each of the video's {frames} frames, not {len(value)}."
    return ""


_SPEAKER: Mapping[str, Callable[[Any, MediaInput], str]] = {
    "auto_detect": _auto_problem,
    "frame_number": _frame_problem,
    "coordinates": _point_problem,
    "bounding_boxes": _boxes_problem,
}


def _frames(video: MediaInput) -> int:
    """Return the number of frames of the video, or 0 if unknown."""
    fps = frame_rate_of(video)
    return round((video.duration_seconds or 0.0) * float(fps)) if fps else 0
