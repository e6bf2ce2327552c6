"""The picture that a song carries in its tags."""

from pathlib import Path

import av.error
from av.stream import Disposition

from engines.media.probe import open_media

# Larger pictures are scans that nobody wants to load with a song.
MOST_BYTES = 20 * 1024**2


def cover_extract(path: Path, into: Path) -> Path | None:
    """Write the first attached picture, as it is, to the file `into`; None if the file has none that is usable.

    Covers both what ID3 and MP4 call a cover and FLAC's and Ogg's picture blocks: libavformat shows each as a video
    track of one packet. The content is not checked.
    """
    try:
        with open_media(path) as container:
            for stream in container.streams.video:
                if not stream.disposition & Disposition.attached_pic:
                    continue
                packet = next(container.demux(stream), None)
                if packet is not None and 0 < packet.size <= MOST_BYTES:
                    into.write_bytes(bytes(packet))
                    return into
    except av.error.FFmpegError:
        return None
    return None
