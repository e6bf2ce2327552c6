"""The ways a file takes through the studio, each as a function from the stored file to a finished one."""

from collections.abc import Callable
from contextlib import ExitStack
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np

from apps.assets.models import Asset
from apps.assets.services import asset_local_copy
from apps.composition.opening import plan_opened
from apps.composition.options import OptionChanges, resolved_options
from apps.composition.stitching import stitch_plan
from apps.flavors.registry import resolve
from engines.composing.cache import SegmentCache
from engines.composing.compose import compose
from engines.composing.proof import prove, require_passed
from engines.draft.lipsync.sound import Sound
from engines.draft.lipsync.sync import decoded_planes, own_format
from engines.media.footage import Footage, footage_render
from engines.media.formats import ClipFormat, pyav_container_options
from engines.media.framing import PictureFit
from engines.media.probe import media_facts

SHAPE = ClipFormat(160, 90, Fraction(30))
Way = Callable[[Asset, Path], Path]


def upload(asset: Asset, folder: Path, *, start: str = "0", end: str | None = None) -> Path:
    """Convert footage to the project's format, as a scene's own clip."""
    with asset_local_copy(asset) as source:
        footage = Footage(source, SHAPE, PictureFit.BARS, Fraction(start), None if end is None else Fraction(end))
        return footage_render(footage, folder / "upload.mp4", cancelled=lambda: False)


def stitch(asset: Asset, folder: Path, *, slot_frames: int | None = None, **overrides: Any) -> Path:
    """Stitch the file alone, with its own sound, and prove the result. `slot_frames`: as in a scene of this length."""
    options = resolved_options(
        resolve("", "compose_params").values, OptionChanges.model_validate({"clip_sound_volume": 1.0, **overrides})
    )
    plan = stitch_plan([asset], None, Fraction(0), options)
    if slot_frames is not None:
        [shot] = plan.shots
        plan = plan.model_copy(update={"shots": (shot.model_copy(update={"frames": slot_frames}),)})
    cache, output = SegmentCache(folder / "segments", 10**9), folder / "stitch.mp4"
    with ExitStack() as files, cache.session() as session:
        opened = plan_opened(plan, files, check=lambda: None)
        made = compose(opened, output, cache=session, progress=lambda *_: None, cancelled=lambda: False)
        require_passed(prove(made, session, lambda: False))
    return output


def lipsync(asset: Asset, folder: Path) -> Path:
    """What the draft lip-sync reads of a clip: its pictures and its own sound."""
    output = folder / "lipsync.mp4"
    with asset_local_copy(asset) as source:
        clip, frames = own_format(media_facts(source))
        sound = Sound(folder / "sound", float(frames / clip.fps))
        sound.add_original(source)
        with av.open(str(output), "w", options=pyav_container_options(clip)) as container:
            stream = container.add_stream("libx264", rate=clip.fps, options={"bf": "0"})
            stream.width, stream.height, stream.pix_fmt = clip.width, clip.height, "yuv420p"
            sound.open(container)
            for number, planes in enumerate(decoded_planes(source, clip, frames)):
                picture = av.VideoFrame.from_ndarray(_packed(planes), format="yuv420p")
                picture.pts, picture.time_base = number, 1 / clip.fps
                container.mux(stream.encode(picture))
            container.mux(stream.encode(None))
            sound.write(container, until_seconds=None)
    return output


def _packed(planes: list[Any]) -> Any:
    height, width = planes[0].shape
    chroma = np.concatenate([plane.reshape(-1) for plane in planes[1:]]).reshape(height // 2, width)
    return np.concatenate([planes[0], chroma])


WAYS: dict[str, Way] = {"upload": upload, "stitch": stitch, "lipsync": lipsync}
