"""Decoded pictures as the film shows them."""

from functools import partial

import av.filter
import numpy as np
from av.video.frame import VideoFrame
from av.video.reformatter import ColorRange, Colorspace
from numpy.typing import NDArray

from engines.media.colours import Colours, frame_colours
from engines.media.normalise import colour_steps


class Shown:
    """Converts the frames of one track; its format may change along the way."""

    def __init__(self) -> None:
        self._graph: av.filter.Graph | None = None
        self._graph_of: tuple[int, int, Colours] | None = None

    def planes(self, frame: VideoFrame) -> VideoFrame:
        """Return the frame in the project's colours, as yuv420p; not rotated."""
        colours = frame_colours(frame)
        if colours.is_ours:
            return frame if frame.format.name == "yuv420p" else frame.reformat(format="yuv420p")
        wanted = (frame.width, frame.height, colours)
        if self._graph is None or wanted != self._graph_of:
            self._graph, self._graph_of = _graph(frame, colours), wanted
        self._graph.vpush(frame)
        return self._graph.vpull()

    def rgb(self, frame: VideoFrame) -> NDArray[np.uint8]:
        """Return the frame as (height, width, 3); not rotated."""
        convert = partial(self.planes(frame).reformat, format="rgb24", src_colorspace=Colorspace.ITU709)
        picture = convert(src_color_range=ColorRange.MPEG, dst_color_range=ColorRange.JPEG)
        return picture.to_ndarray().astype(np.uint8, copy=False)


def _graph(frame: VideoFrame, colours: Colours) -> av.filter.Graph:
    graph = av.filter.Graph()
    links = [graph.add_buffer(width=frame.width, height=frame.height, format=frame.format, time_base=frame.time_base)]
    for step in colour_steps(colours, {}):
        links.append(graph.add(step.name, **{name: str(value) for name, value in step.options.items()}))
    graph.link_nodes(*links, graph.add("buffersink")).configure()
    return graph
