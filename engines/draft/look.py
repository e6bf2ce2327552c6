"""The look of draft pictures: colors and finish, the same for stills and clips."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

# The camera moves a draft clip can have.
MoveKind = Literal[
    "push_in", "pull_out", "pan_left", "pan_right", "tilt_up", "tilt_down", "orbit", "drift", "handheld", "static"
]
Color = Annotated[str, Field(pattern=r"^#[0-9a-fA-F]{6}$", description="#rrggbb, quoted")]


class Palette(BaseModel):
    """The colors of one kind of light. `figure` is the silhouette, `rim` the light on its edge."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    sky_top: Color
    sky_low: Color
    far: Color
    near: Color
    ground: Color
    figure: Color
    skin: Color
    rim: Color
    glow: Color


class DraftLook(BaseModel):
    """`palettes` by kind of light; `day`, `dusk`, `night` and `interior` are required.

    `grain` and `vignette` run from 0 to 1; `contrast` is a factor around mid-gray; `bars` are letterbox bars as a
    share of the height, in frames wider than tall. `outline` gives figures a pen outline, `sticker` a rim of this color
    as if they were cut out; `ink` (0…1) draws lines between the areas of the background. `blacks` and `whites` are what
    black and white become, `saturation` is a factor. A `normal` lens blurs what is behind a close figure, an
    `anamorphic` one draws lights out sideways too, a `deep` one keeps everything sharp. `label` is the color of the
    shot's name."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    palettes: dict[Literal["day", "dusk", "night", "interior"], Palette] = Field(min_length=4)
    grain: float = Field(ge=0, le=1)
    vignette: float = Field(ge=0, le=1)
    contrast: float = Field(ge=0.5, le=1.6)
    bars: float = Field(ge=0, le=0.2)
    outline: bool
    texture: Literal["smooth", "paper", "film"]
    label: Color
    saturation: float = Field(default=1.0, ge=0, le=2)
    blacks: Color = "#000000"
    whites: Color = "#ffffff"
    ink: float = Field(default=0.0, ge=0, le=1)
    sticker: Color | None = None
    lens: Literal["normal", "anamorphic", "deep"] = "normal"
