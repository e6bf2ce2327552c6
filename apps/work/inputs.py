"""Opens a frozen request in a worker: fetches, cuts and describes its files."""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from fractions import Fraction
from hashlib import sha256
from pathlib import Path
from uuid import UUID

from apps.assets.describing import asset_described
from apps.assets.media_types import media_type
from apps.assets.models import Asset
from apps.assets.services import asset_local_copy, asset_public_url
from apps.core.errors import InputError
from apps.core.guarded_fetch import fetch_url
from apps.jobs.execution import JobRun
from apps.providers.request_types import MediaInput, ProviderRequest
from apps.work.frozen import ClipFrame, FrozenRequest, InputSource
from apps.work.parameters import frozen_request
from engines.media.audio import cut_wav
from engines.media.drawn import PICTURE_KEY, picture_note
from engines.media.facts import MediaFacts
from engines.media.footage import Footage, footage_render
from engines.media.formats import ClipFormat
from engines.media.frames import as_seconds
from engines.media.framing import PictureFit
from engines.media.pictures import can_be_sent, write_sendable
from engines.media.plain_copy import plain_copy
from engines.media.probe import media_facts, probe_media
from engines.media.stills import frame_png

# The largest upload that the most expensive lip-sync plan accepts; a link to anything larger is a mistake.
LINK_MAXIMUM_BYTES = 5 * 1024**3


@contextmanager
def request_opened(run: JobRun) -> Iterator[ProviderRequest]:
    """Yield the job's typed request, with files that are readable until the block ends."""
    with frozen_opened(run, frozen_request(run)) as request:
        yield request


@contextmanager
def frozen_opened(run: JobRun, frozen: FrozenRequest) -> Iterator[ProviderRequest]:
    """Yield the typed request, with files that are readable until the block ends."""
    with ExitStack() as stack:
        assets = inputs_found(run, frozen.inputs.values())
        media = {name: input_opened(stack, run, name, source, assets) for name, source in frozen.inputs.items()}
        yield frozen.request(media)


def request_described(frozen: FrozenRequest, assets: Mapping[UUID, Asset]) -> ProviderRequest:
    """Return the request as far as it is known before any file is fetched, which is enough for a quote."""
    media = {
        name: media_described(assets[source.asset_id], source)
        if source.asset_id
        else MediaInput(Path(name), "", duration_seconds=source.seconds)
        for name, source in frozen.inputs.items()
    }
    return frozen.request(media)


def media_described(asset: Asset, source: InputSource) -> MediaInput:
    """Describe the asset from its row. The path is only a name."""
    if source.frame is not None:
        return MediaInput(Path(asset.key).with_suffix(".png"), "image/png", width=asset.width, height=asset.height)
    ranged = source.seconds
    return MediaInput(
        path=Path(asset.key),
        content_type=asset.content_type,
        sha256=asset.sha256,
        duration_seconds=asset.duration_seconds if ranged is None else ranged,
        width=asset.width,
        height=asset.height,
        fps=asset.fps,
    )


def inputs_found(run: JobRun, sources: Iterable[InputSource]) -> Mapping[UUID, Asset]:
    """Return the sources' files that still exist, by id. What this run has read before isn't read again."""
    wanted = {source.asset_id for source in sources if source.asset_id}
    if missing := wanted - run.files.keys():
        run.files |= Asset.objects.in_bulk(missing)
    return run.files


def input_opened(
    stack: ExitStack, run: JobRun, name: str, source: InputSource, assets: Mapping[UUID, Asset]
) -> MediaInput:
    """Fetch and cut one file of `inputs_found`. It is readable until the stack closes."""
    if source.last_frame_of is not None:
        raise InputError("The clip that this continues from isn't known yet. Start it again.")
    if source.asset_id is None:
        path = fetch_url(source.url, into=run.scratch / f"{name}_fetched", max_bytes=LINK_MAXIMUM_BYTES)
        path = _cut(run, name, path, source)
        return _probed(_for_everyone(run, name, path, probe_media(path)))
    asset = assets.get(source.asset_id)
    if asset is None:
        raise InputError(f"The {name.replace('_', ' ')} for this was deleted in the meantime. Choose another one.")
    path = stack.enter_context(asset_local_copy(asset, check=run.check))
    if source.frame is not None:
        return _frame(run, name, path, source.frame)
    if source.start_seconds is not None or source.end_seconds is not None or source.silences:
        return _probed(_cut(run, name, path, source))
    ready = _for_everyone(run, name, path, asset_described(asset, path))
    if ready != path:
        return _probed(ready)
    return MediaInput(
        path=path,
        content_type=asset.content_type,
        sha256=asset.sha256,
        public_url=asset_public_url(asset),
        duration_seconds=asset.duration_seconds,
        width=asset.width,
        height=asset.height,
        fps=asset.fps,
    )


def _frame(run: JobRun, name: str, path: Path, frame: ClipFrame) -> MediaInput:
    """Write the picture without loss, with the mouth that the draft drew there, so that nobody has to look for it."""
    clip = media_facts(path)
    number = int(frame.seconds * (clip.fps or 24))
    note = picture_note(path, number, clip.frames) if clip.frames else ""
    texts = {PICTURE_KEY: note} if note else {}
    picture = frame_png(path, frame.seconds, run.scratch / f"{name}_frame.png", texts=texts)
    digest = sha256(picture.read_bytes()).hexdigest()
    facts = probe_media(picture)
    return MediaInput(picture, "image/png", sha256=digest, width=facts.width, height=facts.height)


def _for_everyone(run: JobRun, name: str, path: Path, facts: MediaFacts) -> Path:
    """Return the file, or a copy that providers take and see as people do: pictures in JPEG, upright and in sRGB;
    videos in plain BT.709 instead of HDR and the like."""
    if facts.kind == "image" and not can_be_sent(path):
        return write_sendable(path, run.scratch / f"{name}_plain.jpg")
    if facts.kind == "video" and not facts.colors.is_ours:
        return plain_copy(path, facts, run.scratch / f"{name}_plain.mp4", cancelled=run.cancelled)
    return path


def _cut(run: JobRun, name: str, path: Path, source: InputSource) -> Path:
    if source.start_seconds is None and source.end_seconds is None and not source.silences:
        return path
    end = source.end_seconds
    if end is None:
        end = probe_media(path).duration_seconds or 0.0
    if name == "video":
        return _cut_video(run, path, source.start_seconds or 0.0, end)
    output = run.scratch / f"{name}_cut.wav"
    start = source.start_seconds or 0.0
    return cut_wav(path, start, end, output, silences=source.silences, cancelled=run.cancelled)


def _cut_video(run: JobRun, path: Path, start: float, end: float) -> Path:
    """Write the range at the video's own size and rate."""
    facts = media_facts(path)
    shape = ClipFormat((facts.width or 2) // 2 * 2, (facts.height or 2) // 2 * 2, facts.fps or Fraction(24))
    first = Fraction(round(as_seconds(start) * shape.fps)) / shape.fps
    footage = Footage(path, shape, PictureFit.FILL, first, as_seconds(end))
    return footage_render(footage, run.scratch / "video_cut.mp4", cancelled=run.cancelled)


def _probed(path: Path) -> MediaInput:
    facts = probe_media(path)
    return MediaInput(
        path=path,
        content_type=media_type(facts)[0],
        duration_seconds=facts.duration_seconds,
        width=facts.width,
        height=facts.height,
        fps=str(facts.fps or ""),
    )
