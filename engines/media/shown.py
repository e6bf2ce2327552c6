"""Decoded pictures as the film shows them."""

from collections.abc import Sequence

import av.filter
import numpy as np
from av.video.frame import VideoFrame
from av.video.reformatter import Interpolation
from numpy.typing import NDArray

from engines.media.colors import OURS, frame_colors
from engines.media.normalize import EXACT, Step, color_steps, mark_steps
from engines.media.upright import orientation

# To what image files hold, exactly rounded: the scaler's own choice is a level too dark.
_TO_RGB = (
    Step("scale", {"in_color_matrix": "bt709", "in_range": "tv", "out_range": "pc", "flags": EXACT}),
    Step("format", {"pix_fmts": "rgb24"}),
)


class Shown:
    """Converts the frames of one track; their format may change along the way."""

    def __init__(self) -> None:
        self._planes, self._rgb = _Graph(), _Graph()

    def planes(self, frame: VideoFrame) -> VideoFrame:
        """Return the frame in the project's colors, as yuv420p; not rotated."""
        colors = frame_colors(frame)
        if colors.is_ours:
            return frame if frame.format.name == "yuv420p" else frame.reformat(format="yuv420p")
        return self._planes.run(frame, color_steps(colors, {}))

    def upright_planes(self, frame: VideoFrame) -> list[NDArray[np.uint8]]:
        """Return the frame's Y, U, V in the project's colors, rotated as its file asks for."""
        return [orientation(frame).apply(plane) for plane in frame_planes(self.planes(frame))]

    def rgb(self, frame: VideoFrame) -> NDArray[np.uint8]:
        """Return the frame as (height, width, 3); not rotated."""
        steps = (*mark_steps(OURS), *_TO_RGB)
        return self._rgb.run(self.planes(frame), steps).to_ndarray().astype(np.uint8, copy=False)

    def small_rgb(self, frame: VideoFrame, longest: int) -> NDArray[np.uint8]:
        """Return the frame like `rgb`, its longer side at most `longest` pixels: shrunk before it is converted, which
        takes a tenth of the time."""
        planes = self.planes(frame)
        factor = min(1.0, longest / max(planes.width, planes.height))
        size = [max(2, round(side * factor / 2) * 2) for side in (planes.width, planes.height)]
        small = planes.reformat(width=size[0], height=size[1], interpolation=Interpolation.AREA)
        return self._rgb.run(small, (*mark_steps(OURS), *_TO_RGB)).to_ndarray().astype(np.uint8, copy=False)


def frame_planes(frame: VideoFrame) -> list[NDArray[np.uint8]]:
    """Return views of the frame's own memory as arrays."""
    return [
        np.frombuffer(plane, np.uint8).reshape(-1, plane.line_size)[: plane.height, : plane.width]  # type: ignore[call-overload]
        for plane in frame.planes
    ]


class _Graph:
    """The filters for frames of one kind, made anew when the kind changes."""

    def __init__(self) -> None:
        self._graph: av.filter.Graph | None = None
        self._made_for: tuple[object, ...] = ()

    def run(self, frame: VideoFrame, steps: Sequence[Step]) -> VideoFrame:
        wanted = (frame.width, frame.height, frame.format.name, steps)
        if self._graph is None or wanted != self._made_for:
            self._graph, self._made_for = _graph(frame, steps), wanted
        self._graph.vpush(frame)
        return self._graph.vpull()


def _graph(frame: VideoFrame, steps: Sequence[Step]) -> av.filter.Graph:
    graph = av.filter.Graph()
    links = [graph.add_buffer(width=frame.width, height=frame.height, format=frame.format, time_base=frame.time_base)]
    for step in steps:
        links.append(graph.add(step.name, **{name: str(value) for name, value in step.options.items()}))
    graph.link_nodes(*links, graph.add("buffersink")).configure()
    return graph
