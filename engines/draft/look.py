"""The look of draft pictures: colours and finish, the same for stills and clips."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

# The camera moves a draft clip can have.
MoveKind = Literal[
    "push_in", "pull_out", "pan_left", "pan_right", "tilt_up", "tilt_down", "orbit", "drift", "handheld", "static"
]
Colour = Annotated[str, Field(pattern=r"^#[0-9a-fA-F]{6}$", description="#rrggbb, quoted")]


class Palette(BaseModel):
    """The colours of one kind of light. `figure` is the silhouette, `rim` the light on its edge."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    sky_top: Colour
    sky_low: Colour
    far: Colour
    near: Colour
    ground: Colour
    figure: Colour
    skin: Colour
    rim: Colour
    glow: Colour


class DraftLook(BaseModel):
    """`palettes` by kind of light; `day`, `dusk`, `night` and `interior` are required.

    `grain` and `vignette` run from 0 to 1; `contrast` is a factor around mid-grey; `bars` are letterbox bars as a
    share of the height; `outline` gives figures a pen outline; `label` is the colour of the shot's name."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    palettes: dict[Literal["day", "dusk", "night", "interior"], Palette] = Field(min_length=4)
    grain: float = Field(ge=0, le=1)
    vignette: float = Field(ge=0, le=1)
    contrast: float = Field(ge=0.5, le=1.6)
    bars: float = Field(ge=0, le=0.2)
    outline: bool
    texture: Literal["smooth", "paper", "film"]
    label: Colour
