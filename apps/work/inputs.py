"""Opens a frozen request in a worker: fetches, cuts and describes its files."""

from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from uuid import UUID

from apps.assets.describing import asset_described
from apps.assets.media_types import media_type
from apps.assets.models import Asset
from apps.assets.services import asset_local_copy, asset_public_url
from apps.core.errors import InputError
from apps.core.guarded_fetch import fetch_url
from apps.jobs.execution import JobRun
from apps.providers.base import MediaInput, ProviderRequest
from apps.work.frozen import FrozenRequest, InputSource
from apps.work.parameters import frozen_request
from engines.media.audio import cut_wav
from engines.media.facts import MediaFacts
from engines.media.pictures import can_be_sent, write_sendable
from engines.media.plain_copy import plain_copy
from engines.media.probe import probe_media

# The largest upload that the most expensive lip-sync plan accepts; a link to anything larger is a mistake.
LINK_MAXIMUM_BYTES = 5 * 1024**3


@contextmanager
def request_opened(run: JobRun) -> Iterator[ProviderRequest]:
    """Yield the job's typed request, with files that are readable until the block ends."""
    frozen = frozen_request(run.job)
    with ExitStack() as stack:
        media = {name: input_opened(stack, run, name, source) for name, source in frozen.inputs.items()}
        yield frozen.request(media)


def request_described(frozen: FrozenRequest, assets: Mapping[UUID, Asset]) -> ProviderRequest:
    """Return the request as far as it is known before any file is fetched, which is enough for a quote."""
    media = {
        name: media_described(assets[source.asset_id], source)
        if source.asset_id
        else MediaInput(Path(name), "", duration_seconds=_range_seconds(source))
        for name, source in frozen.inputs.items()
    }
    return frozen.request(media)


def media_described(asset: Asset, source: InputSource) -> MediaInput:
    """Describe the asset from its row. The path is only a name."""
    ranged = _range_seconds(source)
    return MediaInput(
        path=Path(asset.key),
        content_type=asset.content_type,
        sha256=asset.sha256,
        duration_seconds=asset.duration_seconds if ranged is None else ranged,
        width=asset.width,
        height=asset.height,
        fps=asset.fps,
    )


def _range_seconds(source: InputSource) -> float | None:
    if source.start_seconds is None or source.end_seconds is None:
        return None
    return source.end_seconds - source.start_seconds


def input_opened(stack: ExitStack, run: JobRun, name: str, source: InputSource) -> MediaInput:
    """Fetch and cut one file. It is readable until the stack closes."""
    if source.asset_id is None:
        path = fetch_url(source.url, into=run.scratch / f"{name}_fetched", max_bytes=LINK_MAXIMUM_BYTES)
        path = _cut(run, name, path, source)
        return _probed(_for_everyone(run, name, path, probe_media(path)))
    asset = Asset.objects.filter(pk=source.asset_id).first()
    if asset is None:
        raise InputError(f"The {name.replace('_', ' ')} for this was deleted in the meantime. Choose another one.")
    path = stack.enter_context(asset_local_copy(asset, check=run.check))
    if source.start_seconds is not None or source.end_seconds is not None:
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


def _for_everyone(run: JobRun, name: str, path: Path, facts: MediaFacts) -> Path:
    """Return the file, or a copy that providers take and see as people do: pictures in JPEG, upright and in sRGB;
    videos in plain BT.709 instead of HDR and the like."""
    if facts.kind == "image" and not can_be_sent(path):
        return write_sendable(path, run.scratch / f"{name}_plain.jpg")
    if facts.kind == "video" and not facts.colors.is_ours:
        return plain_copy(path, facts, run.scratch / f"{name}_plain.mp4", cancelled=run.cancelled)
    return path


def _cut(run: JobRun, name: str, path: Path, source: InputSource) -> Path:
    if source.start_seconds is None and source.end_seconds is None:
        return path
    end = source.end_seconds
    if end is None:
        end = probe_media(path).duration_seconds or 0.0
    output = run.scratch / f"{name}_cut.wav"
    return cut_wav(path, source.start_seconds or 0.0, end, output, cancelled=run.cancelled)


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
