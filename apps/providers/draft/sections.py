"""The draft's sections of `parameters`, `image_params`, `video_params` and `lipsync_params`."""

from pydantic import Field

from apps.providers.sections import Section
from engines.draft.look import DraftLook


class DraftScenes(Section):
    """The draft writer. A clause of the idea with more than twice `words_of_idea` words is shortened."""

    words_of_idea: int = Field(default=14, ge=3, le=60)


class DraftImages(Section):
    """The draft's storyboard frames."""

    look: DraftLook


class DraftClips(Section):
    """The draft's clips. With `move_strength` 1 the camera moves by a tenth of the frame in a clip; `handheld` is in
    pixels at 720p; `light_response` is how strongly the light follows the song (0 not at all, 1 strongly)."""

    move_strength: float = Field(default=1.0, ge=0, le=3)
    handheld: float = Field(default=0.0, ge=0, le=12)
    light_response: float = Field(default=0.5, ge=0, le=1)
    parallax: float = Field(default=1.0, ge=0, le=2)
    look: DraftLook


class DraftLipsync(Section):
    """The draft's mouth. `expressiveness` is the opening at full voice if the call gives no temperature."""

    expressiveness: float = Field(default=0.5, ge=0, le=1)
