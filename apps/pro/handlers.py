"""Worker handlers for Pro orders."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from uuid import uuid4

import structlog

from apps.assets.models import Asset, AssetKind
from apps.assets.services import StoredFile, asset_create, file_store
from apps.assets.store.keys import job_video_key, pro_result_key
from apps.core.json import JsonObject
from apps.jobs.execution import Done, HandedOff, JobRun, Outcome
from apps.jobs.results import JobResult
from apps.pro.order import ProOrder
from apps.pro.parameters import ProParameters
from apps.pro.results import ProVideo, ReceivedResult
from apps.providers.base import ProviderResult
from apps.providers.request_types import SegmentedLipsyncRequest
from apps.work.frozen import InputSource
from apps.work.handlers import request_produce
from apps.work.inputs import input_opened, inputs_found
from apps.work.receiving import produced
from engines.media.video_frames import decodes_to_end

log = structlog.get_logger(__name__)

# A result may be a few frames off; more means something was cut or added.
LENGTH_TOLERANCE_SECONDS = 0.25

# Writes the rows of a stored result inside the transaction that ends the job; its fields join the job's result.
Keep = Callable[[StoredFile, JsonObject], JobResult]
# Inspects the result and its video file before it is stored, and returns how to store it.
Receiver = Callable[[JobRun, ProviderResult, Path], Keep]


def pro_run(run: JobRun, *, receive: Receiver) -> Outcome:
    """Submit the order or take its next step, then store the result under the job's own key."""
    order = run.read(ProParameters).order
    made = request_produce(run, partial(order_opened, run, order))
    if isinstance(made, HandedOff):
        return made
    wanted = Asset.objects.filter(pk=order.video_id).values_list("duration_seconds", flat=True).first()
    return _received(run, made, receive, wanted_seconds=wanted)


@contextmanager
def order_opened(run: JobRun, order: ProOrder) -> Iterator[SegmentedLipsyncRequest]:
    """Yield the order's typed request with readable files, valid inside the block."""
    with ExitStack() as stack:
        film = InputSource(asset_id=order.video_id)
        sounds = {
            name: InputSource(asset_id=asset_id, silences=order.silences.get(name, ()))
            for name, asset_id in order.audio_ids.items()
        }
        assets = inputs_found(run, [film, *sounds.values()])
        video = input_opened(stack, run, "video", film, assets)
        audios = {name: input_opened(stack, run, name, source, assets) for name, source in sounds.items()}
        yield order.request(video, audios)


def result_keep(run: JobRun, _result: ProviderResult, _path: Path) -> Keep:
    """Receive the result of an order without a project: the video belongs to the caller."""

    def keep(stored: StoredFile, facts: JsonObject) -> ProVideo:
        asset = asset_create(owner=run.job.owner, stored=stored, kind=AssetKind.VIDEO, metadata=facts)
        return ProVideo.of(asset)

    return keep


def _received(run: JobRun, result: ProviderResult, receive: Receiver, *, wanted_seconds: float | None) -> Done:
    file = produced(result, "video")[0]
    keep = receive(run, result, file.path)
    # Kept anyway: it is paid for, and the part that arrived may be good enough.
    damage = "" if decodes_to_end(file.path) else "The result is damaged: its video can't be decoded to the end."
    # A late result may find the next attempt's file under the job's key.
    key = job_video_key(uuid4()) if run.late else pro_result_key(run.job.owner_id, run.job.pk)
    stored = file_store(file.path, key=key, content_type=file.content_type, fence=run.fence)
    facts = {**result.facts, "job_id": str(run.job.pk), "made_at": datetime.now(UTC).isoformat()}
    differs = " ".join(part for part in (damage, _length_warning(stored, wanted_seconds)) if part)
    if differs:
        log.warning("pro_result_differs", job_id=str(run.job.pk), warning=differs)
    warning = f"{differs} {result.note}".strip()
    return Done(
        result=ReceivedResult(warning=warning, facts=facts), save=partial(keep, stored, facts), cost=result.cost
    )


def _length_warning(stored: StoredFile, wanted: float | None) -> str:
    seconds = stored.facts.duration_seconds if stored.facts else None
    if wanted is None or seconds is None or abs(seconds - wanted) <= LENGTH_TOLERANCE_SECONDS:
        return ""
    return f"The result lasts {seconds:.2f} s, the video {wanted:.2f} s. Check its end before you use it."
