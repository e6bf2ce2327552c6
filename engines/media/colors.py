"""What a video's numbers mean: range, matrix, primaries and transfer, with what players assume where nothing is said.

Names are ffmpeg's; numbers are those of ITU-T H.273, where 2 is "unspecified".
"""

from dataclasses import dataclass
from functools import cached_property

from av.video.format import VideoFormat
from av.video.frame import VideoFrame

# Constant luminance (10) is read as the other kind, which is near; nobody records it.
_MATRICES = {
    **{1: "bt709", 4: "fcc", 5: "bt470bg", 6: "smpte170m", 7: "smpte240m", 8: "ycgco", 9: "bt2020nc", 10: "bt2020nc"},
    **{14: "ictcp"},
}
_PRIMARIES = {1: "bt709", 4: "bt470m", 5: "bt470bg", 6: "smpte170m", 7: "smpte240m", 9: "bt2020"} | {
    **{11: "smpte431", 12: "smpte432", 22: "ebu3213"}
}
_TRANSFERS = {
    **{1: "bt709", 8: "linear", 9: "log100", 10: "log316", 13: "iec61966-2-1", 16: "smpte2084", 17: "smpte428"},
    **{18: "arib-std-b67"},
}
_FULL = 2
HDR_TRANSFERS = {"smpte2084", "arib-std-b67"}
# Where only the primaries are marked.
_MATRIX_OF_PRIMARIES = {
    **{"bt709": "bt709", "smpte432": "bt709", "smpte431": "bt709", "bt2020": "bt2020nc", "smpte240m": "smpte240m"},
    **{"bt470bg": "bt470bg", "smpte170m": "smpte170m", "ebu3213": "bt470bg"},
}
# The largest picture of analogue television (PAL). Larger ones without marks are BT.709, to players as to us.
_SD_WIDTH, _SD_HEIGHT = 1024, 576


@dataclass(frozen=True)
class Colors:
    """The colors of a video's stored pictures."""

    pixel_format: str
    full_range: bool
    matrix: str
    primaries: str
    transfer: str

    @cached_property
    def is_rgb(self) -> bool:
        return self.matrix == "gbr"

    @cached_property
    def has_alpha(self) -> bool:
        return any(component.is_alpha for component in VideoFormat(self.pixel_format).components)

    @property
    def is_hdr(self) -> bool:
        return self.transfer in HDR_TRANSFERS

    @property
    def is_ours(self) -> bool:
        """Whether the numbers already are those of the project format: limited-range BT.709 with eight bits or more,
        up to the pixel format's bits and subsampling."""
        return not (self.full_range or self.has_alpha or self.has_other_light) and self.matrix == "bt709"

    @property
    def has_other_light(self) -> bool:
        """Whether the same numbers mean other light than in BT.709, beyond range and matrix.

        The primaries of analogue television differ by less than its cameras did, and players ignore them. BT.2020 in
        standard dynamic range is read by its matrix alone, too: most of what is so marked was never converted to the
        wide primaries."""
        wide = self.primaries in ("smpte431", "smpte432")
        return wide or self.transfer in ("smpte2084", "arib-std-b67", "linear", "log100", "log316", "smpte428")


OURS = Colors("yuv420p", False, "bt709", "bt709", "bt709")


def frame_colors(frame: VideoFrame) -> Colors:
    """Return the colors of a decoded picture."""
    return colors_of_marks(
        pixel_format=frame.format.name,
        size=(frame.width, frame.height),
        marks=(int(frame.color_range), int(frame.colorspace), int(frame.color_primaries), int(frame.color_trc)),
    )


def colors_of_marks(*, pixel_format: str, size: tuple[int, int], marks: tuple[int, int, int, int]) -> Colors:
    """Fill in what the marks (range, matrix, primaries, transfer) leave open; unknown marks count as none."""
    kind = VideoFormat(pixel_format)
    span, matrix_mark, primaries_mark, transfer_mark = marks
    transfer = _TRANSFERS.get(transfer_mark, "bt709")
    primaries = _PRIMARIES.get(primaries_mark, "")
    matrix = _MATRICES.get(matrix_mark, "") or _MATRIX_OF_PRIMARIES.get(primaries, "")
    if not matrix:
        small = size[0] <= _SD_WIDTH and size[1] <= _SD_HEIGHT
        matrix = "bt2020nc" if transfer in HDR_TRANSFERS else "smpte170m" if small else "bt709"
    if not primaries:
        primaries = "bt2020" if transfer in HDR_TRANSFERS else "bt709"
    if kind.is_rgb or pixel_format == "pal8":
        return Colors(pixel_format, True, "gbr", primaries, transfer)
    # ffmpeg's scaler reads gray pictures as full range whatever they are marked as; its encoders mark them so.
    full = span == _FULL or pixel_format.startswith("yuvj") or len(kind.components) < 3
    return Colors(pixel_format, full, matrix, primaries, transfer)
