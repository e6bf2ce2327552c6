"""Tasks that maintain storage and check the models. Each worker also listens to its own machine's queue."""

from typing import Any
from uuid import UUID

import structlog
from celery import shared_task
from celery.signals import celeryd_after_setup
from django.db import Error as DatabaseProblem
from django.db import connection
from django.utils import timezone

from apps.assets.errors import StorageUnavailable
from apps.assets.store import upload_mirror
from apps.assets.store.disk import media_folder_id
from apps.assets.store.shared_segments import shared_segments_sweep
from apps.assets.upkeep import background, checks, sweep
from apps.catalog.services import models_check as check_every_model

log = structlog.get_logger(__name__)


@celeryd_after_setup.connect
def listen_to_own_disk(instance: Any, **_: object) -> None:
    """Listen to this machine's own queue, because only the machine that has a file can upload or remove it."""
    instance.app.amqp.queues.select_add(background.disk_queue(media_folder_id()))
    try:
        background.media_folder_register(now=timezone.now())
    except DatabaseProblem as error:
        # It may be about to start, like this worker. The minute's round registers the folder then.
        log.warning("media_folder_not_registered", reason=str(error))
        connection.close()


@shared_task(name="workers.housekeeping.storage_work")
def storage_work(**_: object) -> None:
    """Every minute, send due uploads and leftover copies to the machines that have the files."""
    background.media_folder_register(now=timezone.now())
    background.storage_work_dispatch(now=timezone.now())


@shared_task(name=background.UPLOAD_TASK)
def asset_upload(*, asset_id: str, **_: object) -> None:
    background.asset_upload(UUID(asset_id))


@shared_task(name=background.DROP_TASK)
def asset_local_copy_drop(*, asset_id: str, **_: object) -> None:
    background.asset_local_copy_drop(UUID(asset_id))


@shared_task(
    name=background.OBJECTS_DELETE_TASK,
    autoretry_for=(StorageUnavailable,),
    retry_backoff=30,
    retry_backoff_max=3600,
    max_retries=30,
)
def objects_delete(*, keys: list[str], **_: object) -> None:
    background.objects_delete(keys)


@shared_task(name="workers.housekeeping.storage_night")
def storage_night(**_: object) -> None:
    """Every night, check the bucket and have each machine sweep and check its own disk."""
    background.disk_round_dispatch(now=timezone.now())
    upload_mirror.mirror_sweep(now=timezone.now())
    shared_segments_sweep(now=timezone.now())
    checks.bucket_check(now=timezone.now())


@shared_task(name=background.DISK_ROUND_TASK)
def disk_round(**_: object) -> None:
    background.media_folder_register(now=timezone.now())
    sweep.orphans_sweep(now=timezone.now(), dry_run=False)
    checks.disk_check(now=timezone.now())


@shared_task(name="workers.housekeeping.models_check")
def models_check(**_: object) -> None:
    """Every week, ask each configured provider whether it still runs the models of the flavors."""
    check_every_model()
