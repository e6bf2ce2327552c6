"""The project clip format: the kind of H.264 that composing can join by copying bytes.

Every renderer and segment encoder takes its settings from here, so that their streams share one set of headers. x264
writes the size, level, frame rate and coding tools into the sequence headers (SPS and PPS). `stitchable` keeps those
independent of the content, and each `Encoding` has its own header id, so a track can contain both drafts and finals:
its header carries both sets.
Without B-frames decode order is display order: no shift at the start, and a GOP can be cut after any frame.
"""

from dataclasses import dataclass
from enum import Enum
from fractions import Fraction

from av.container import OutputContainer
from av.video.reformatter import ColorPrimaries, ColorRange, Colorspace, ColorTrc
from av.video.stream import VideoStream

from engines.errors import InputError

ASPECT_RATIOS = ("16:9", "9:16", "1:1", "4:5")
RESOLUTIONS = ("720p", "1080p", "4k")
FRAME_RATES = (
    Fraction(24000, 1001),
    Fraction(24),
    Fraction(25),
    Fraction(30000, 1001),
    Fraction(30),
    Fraction(50),
    Fraction(60000, 1001),
    Fraction(60),
)
_SHORT_SIDES = {"720p": 720, "1080p": 1080, "4k": 2160}
# Two seconds between key frames: fast seeking at little cost in size.
GOP_SECONDS = 2
# (level, macroblocks per second, macroblocks per frame), from table A-1 of the H.264 standard.
_LEVELS = (
    ("3.1", 108_000, 3_600),
    ("4.0", 245_760, 8_192),
    ("4.2", 522_240, 8_704),
    ("5.1", 983_040, 36_864),
    ("5.2", 2_073_600, 36_864),
)


class Encoding(Enum):
    """x264 preset, constant rate factor and header id (0 is left to clips made elsewhere)."""

    DRAFT = ("ultrafast", 23, 1)
    FINAL = ("veryfast", 18, 2)
    HIGH = ("medium", 16, 3)
    # For re-encoding a clip: as faithful as FINAL in a third of the time, at two to three times the size.
    RETOUCHED = ("ultrafast", 16, 4)

    def __init__(self, preset: str, crf: int, header_id: int) -> None:
        self.preset = preset
        self.crf = crf
        self.header_id = header_id


@dataclass(frozen=True)
class ClipFormat:
    """Picture size in pixels (both even) and exact frames per second."""

    width: int
    height: int
    fps: Fraction

    def __post_init__(self) -> None:
        if self.width < 2 or self.height < 2 or self.width % 2 or self.height % 2:
            raise InputError(f"The size {self.width}×{self.height} isn't possible: both sides must be even.")
        if not 1 <= self.fps <= 120:
            raise InputError("Choose between 1 and 120 frames per second.")

    @property
    def time_base(self) -> Fraction:
        """One tick of the track's clock; a frame lasts a whole number of ticks."""
        return Fraction(1, self.timescale)

    @property
    def timescale(self) -> int:
        return self.fps.numerator if self.fps.numerator >= 1000 else self.fps.numerator * 1000

    @property
    def frame_ticks(self) -> int:
        return int(self.timescale / self.fps)

    @property
    def gop_frames(self) -> int:
        return max(1, round(self.fps * GOP_SECONDS))

    @property
    def level(self) -> str:
        per_frame = ((self.width + 15) // 16) * ((self.height + 15) // 16)
        for level, per_second, largest in _LEVELS:
            if per_frame <= largest and per_frame * self.fps <= per_second:
                return level
        return "6.2"


def clip_format(aspect_ratio: str, resolution: str = "720p", fps: Fraction = Fraction(24)) -> ClipFormat:
    """Return a project's format; the named resolution is the length of the short side."""
    width, height = picture_size(aspect_ratio, resolution)
    return ClipFormat(width, height, fps)


def picture_size(aspect_ratio: str, resolution: str = "720p") -> tuple[int, int]:
    """Return (width, height), such as 1280×720, 720×1280, 720×720 or 720×900 for 720p."""
    if aspect_ratio not in ASPECT_RATIOS:
        raise InputError(f"Unknown aspect ratio {aspect_ratio!r}. Choose one of {', '.join(ASPECT_RATIOS)}.")
    if resolution not in RESOLUTIONS:
        raise InputError(f"Unknown resolution {resolution!r}. Choose one of {', '.join(RESOLUTIONS)}.")
    across, down = (int(part) for part in aspect_ratio.split(":"))
    short = _SHORT_SIDES[resolution]
    unit = Fraction(short, min(across, down))
    return int(unit * across), int(unit * down)


def x264_parameters(encoding: Encoding) -> str:
    """Return the value of ffmpeg's `-x264-params`, and of PyAV's option of that name."""
    return (
        f"stitchable=1:open-gop=0:force-cfr=1:sps-id={encoding.header_id}"
        ":colorprim=bt709:transfer=bt709:colormatrix=bt709:range=tv"
    )


def pyav_options(clip: ClipFormat, encoding: Encoding, quantizer: int | None = None) -> dict[str, str]:
    """Return options of a PyAV `libx264` stream. `pyav_add_stream` sets everything else in the headers.

    With a constant `quantizer` instead of a rate factor, x264 doesn't measure each frame before it encodes it. The
    headers are the same."""
    return {
        "preset": encoding.preset,
        **({"crf": str(encoding.crf)} if quantizer is None else {"qp": str(quantizer)}),
        "bf": "0",
        "g": str(clip.gop_frames),
        "profile": "high",
        "level": clip.level,
        "x264-params": x264_parameters(encoding),
    }


def pyav_add_stream(
    container: OutputContainer, clip: ClipFormat, encoding: Encoding, *, quantizer: int | None = None
) -> VideoStream:
    """Add a video stream whose output can be joined by copying. Open the container for mp4 with
    `pyav_container_options(clip)` and pass frames in `yuv420p` with `pts` 0, 1, 2… and `time_base` 1/fps."""
    stream = container.add_stream("libx264", rate=clip.fps, options=pyav_options(clip, encoding, quantizer))
    context = stream.codec_context
    stream.width, stream.height, stream.pix_fmt = clip.width, clip.height, "yuv420p"
    context.time_base = 1 / clip.fps
    context.sample_aspect_ratio = Fraction(1)
    context.color_range = ColorRange.MPEG
    context.color_primaries = ColorPrimaries.BT709
    context.color_trc = ColorTrc.BT709
    context.colorspace = Colorspace.ITU709
    return stream


def pyav_container_options(clip: ClipFormat) -> dict[str, str]:
    """Return options for `av.open(path, "w", format="mp4", options=…)`."""
    return {"video_track_timescale": str(clip.timescale), "movflags": "+faststart"}


def encoder_options(clip: ClipFormat, encoding: Encoding) -> dict[str, str | int]:
    """Return ffmpeg output options. The pictures must have `clip`'s size and rate, with `tagged` applied last."""
    return {
        "map_metadata": -1,
        "c:v": "libx264",
        "preset": encoding.preset,
        "crf": encoding.crf,
        "bf": 0,
        "g": clip.gop_frames,
        "profile:v": "high",
        "level:v": clip.level,
        "pix_fmt": "yuv420p",
        "x264-params": x264_parameters(encoding),
        "video_track_timescale": clip.timescale,
    }
