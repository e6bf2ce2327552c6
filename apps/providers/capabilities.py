"""What providers can do."""

from enum import StrEnum


class Capability(StrEnum):
    """Also the keys of a project's `providers` choice (segmented lip-sync uses `lipsync`)."""

    SCENES = "scenes"
    IMAGE = "image"
    VIDEO = "video"
    LIPSYNC = "lipsync"
    SEGMENTED_LIPSYNC = "segmented_lipsync"
    TRANSCRIPTION = "transcription"
    VOCALS = "vocals"
    JUDGE = "judge"
