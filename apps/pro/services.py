"""Use cases of the Pro editor: check an order as a whole, price it, take it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any
from uuid import UUID

import structlog

from apps.accounts.models import User
from apps.assets.models import Asset
from apps.assets.services import asset_public_url
from apps.core.errors import InputError, ProviderError
from apps.flavors.schema import SyncModel
from apps.jobs.kinds import Kind, Queue
from apps.jobs.models import Job
from apps.jobs.services import Idempotency, NewJob, job_create
from apps.pro.files import OrderFile, order_file_store
from apps.pro.order import OrderedSegment, ProOrder
from apps.pro.segments import ReadSegments
from apps.providers.base import Capability, PreparedSubmit, Quote, RemoteProvider, SegmentedLipsyncRequest
from apps.providers.lengths import frame_rate_of
from apps.providers.sync_so.options import override_problems
from apps.providers.sync_so.payload import check_options, model_of, segmented_body
from apps.providers.sync_so.segments import SegmentProblem, segment_problems, segments_fitted
from apps.work.choice import Choice, provider_choose

log = structlog.get_logger(__name__)

DEFAULT_PROVIDER = "sync_so"
VIDEO = "video"


@dataclass(frozen=True)
class ProWish:
    """What the form says beside the files."""

    segments: ReadSegments
    model: str
    sync_mode: str
    options: Mapping[str, Any]
    provider: str = ""
    flavor: str = ""


@dataclass(frozen=True)
class Labels:
    """What whoever receives the result writes on the job: whose it is, and `parameters` of its own."""

    project_id: UUID | None = None
    scene_id: UUID | None = None
    dedupe_key: str = ""
    parameters: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class CheckedOrder:
    """An order without problems: its typed request, who will do it, and what it will cost."""

    request: SegmentedLipsyncRequest
    choice: Choice
    quote: Quote

    def payload(self) -> dict[str, Any]:
        """Exactly what would be sent to Sync.so, with the files' names where their links will stand."""
        return segmented_body(self.request, self.request.segments, lambda media: {"url": f"<{media.path.name}>"})


def order_check(wish: ProWish, files: Mapping[str, OrderFile]) -> CheckedOrder:
    """Look at everything, at once. Raises InputError that lists every problem by segment and field.

    Nothing is stored, sent or paid.
    """
    choice = provider_choose(Capability.SEGMENTED_LIPSYNC, flavor=wish.flavor, asked=wish.provider or DEFAULT_PROVIDER)
    video = files[VIDEO].described()
    audios = {name: file.described() for name, file in files.items() if name != VIDEO}
    request = SegmentedLipsyncRequest(
        video=video,
        audios=audios,
        segments=tuple(wish.segments.segments.values()),
        model=wish.model,
        sync_mode=wish.sync_mode,
        options=dict(wish.options),
        settings=dict(choice.config.values),
    )
    name, entry = model_of(request)
    check_options({"sync_mode": wish.sync_mode, **wish.options}, model=name, entry=entry, video=video)
    _refuse_problems(_problems(wish.segments, request, name, entry))
    fitted = segments_fitted(request.segments, **_lengths(request))
    request = replace(request, segments=fitted)
    return CheckedOrder(request=request, choice=choice, quote=_quote(request, choice, files))


def _quote(request: SegmentedLipsyncRequest, choice: Choice, files: Mapping[str, OrderFile]) -> Quote:
    """The service's own estimate where it can fetch every file already, else by the price table."""
    provider, table = choice.provider, choice.provider.quote(request)
    links = {name: asset_public_url(file.asset) if file.asset else None for name, file in files.items()}
    if not isinstance(provider, RemoteProvider) or not all(links.values()):
        return table
    linked = replace(
        request,
        video=replace(request.video, public_url=links[VIDEO]),
        audios={name: replace(audio, public_url=links[name]) for name, audio in request.audios.items()},
    )
    payload = segmented_body(linked, request.segments, lambda media: {"url": media.public_url or ""})
    try:
        estimate = provider.estimate(PreparedSubmit(payload=payload, model=request.model))
    except ProviderError as error:
        log.warning("estimate_failed", provider=provider.name, reason=error.message)
        return table
    return replace(estimate, bought_seconds=table.bought_seconds) if estimate else table


def _problems(
    read: ReadSegments, request: SegmentedLipsyncRequest, model: str, entry: SyncModel
) -> list[SegmentProblem]:
    if not read.segments:
        return read.problems
    problems = segment_problems(
        request.segments, maximum_seconds=entry.maximum_seconds, places=list(read.segments), **_lengths(request)
    )
    return [
        *read.problems,
        *problems,
        *override_problems(list(read.segments.items()), model=model, known=entry.options, video=request.video),
    ]


def _lengths(request: SegmentedLipsyncRequest) -> dict[str, Any]:
    fps = frame_rate_of(request.video)
    return {
        "video_seconds": request.video.duration_seconds or 0.0,
        "audio_seconds": {name: audio.duration_seconds or 0.0 for name, audio in request.audios.items()},
        "frame_seconds": 1 / float(fps) if fps else 1 / 25,
    }


def _refuse_problems(problems: list[SegmentProblem]) -> None:
    if not problems:
        return
    rows = [
        {"segment": None if one.index is None else one.index + 1, "field": one.field, "message": one.message}
        for one in sorted(problems, key=lambda one: -1 if one.index is None else one.index)
    ]
    first = rows[0]
    where = f"Segment {first['segment']}, {first['field']}: " if first["segment"] else ""
    more = f" (and {len(rows) - 1} more)" if len(rows) > 1 else ""
    raise InputError(f"{where}{first['message']}{more}", code="invalid_segments", errors={"segments": rows})


def order_store(by: User, files: Mapping[str, OrderFile]) -> Mapping[str, Callable[[], Asset]]:
    """Move received files into storage, which may take a while; the answers make their rows in a transaction."""
    return {name: order_file_store(by, file) for name, file in files.items()}


def order_start(
    *,
    by: User,
    checked: CheckedOrder,
    rows: Mapping[str, Callable[[], Asset]],
    labels: Labels = Labels(),
    idempotency: Idempotency | None = None,
) -> Job:
    """Make the files' rows and the job, and reserve the money. Needs an open transaction. Raises BudgetExceeded."""
    assets = {name: row() for name, row in rows.items()}
    order = ProOrder(
        video_id=assets[VIDEO].pk,
        audio_ids={name: asset.pk for name, asset in assets.items() if name != VIDEO},
        segments=[OrderedSegment.of(segment) for segment in checked.request.segments],
        model=checked.request.model,
        sync_mode=checked.request.sync_mode,
        options=dict(checked.request.options),
        settings=dict(checked.request.settings),
    )
    provider, config = checked.choice.provider, checked.choice.config
    new = NewJob(
        kind=Kind.PRO_LIPSYNC,
        parameters={"order": order.model_dump(mode="json"), **labels.parameters},
        queue="" if provider.local else Queue.IO,
        provider=provider.name,
        project_id=labels.project_id,
        scene_id=labels.scene_id,
        dedupe_key=labels.dedupe_key,
        flavor=config.flavor,
        config_hash=config.hash,
        quote=checked.quote,
    )
    return job_create(by=by, new=new, idempotency=idempotency)
