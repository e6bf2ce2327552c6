"""Kill a worker with SIGKILL at each step of storing a file: everything recovers afterwards."""

import multiprocessing
import os
import signal
import uuid
from datetime import timedelta

import pytest
from django.db import connection, transaction
from django.utils import timezone

from apps.assets import services
from apps.assets.models import Asset
from apps.assets.store.digest import MULTIPART_THRESHOLD_BYTES
from apps.assets.store.disk import local_path
from apps.assets.upkeep import background
from apps.assets.upkeep.sweep import bucket_sweep, orphans_sweep
from tests.fakes.s3_proxy import Fault
from tests.waiting import wait_for

pytestmark = [pytest.mark.processes, pytest.mark.django_db(transaction=True)]

LATER = timedelta(hours=48)


def content(size):
    return (bytes(range(256)) * (size // 256 + 1))[:size]


def make(tmp_path, size):
    path = tmp_path / f"{uuid.uuid4()}.zip"
    path.write_bytes(content(size))
    return path


def store(path, key, user):
    stored = services.file_store(path, key=key, content_type="application/zip")
    with transaction.atomic():
        return services.asset_create(owner=user, stored=stored, kind="archive")


def killed_at(proxy, method, part, work):
    """Run `work` in a separate process and kill it when that request reaches the proxy."""
    connection.close()
    proxy.slow_seconds = 60.0
    fault = Fault(method, "slow", part=part)
    proxy.faults.append(fault)
    child = multiprocessing.get_context("fork").Process(target=work)
    child.start()
    wait_for(lambda: fault.hits or not child.is_alive(), seconds=60, what="the request", step=0.01)
    child.kill()
    child.join()
    proxy.faults.clear()
    assert child.exitcode == -signal.SIGKILL


STEPS = [
    ("HEAD", "", 5000),
    ("PUT", "", 5000),
    ("POST", "uploads", MULTIPART_THRESHOLD_BYTES),
    ("PUT", "partNumber=2", MULTIPART_THRESHOLD_BYTES),
    ("POST", "uploadId", MULTIPART_THRESHOLD_BYTES),
]


@pytest.mark.parametrize("step", STEPS, ids=lambda step: f"{step[0]}-{step[1]}")
def test_job_killed_while_storing_is_redone_under_the_same_key(step, tmp_path, user, bucket, proxy, s3_client):
    method, part, size = step
    key = "users/1/jobs/2/archive.zip"
    first = make(tmp_path, size)
    killed_at(proxy, method, part, lambda: store(first, key, user))
    assert not Asset.objects.exists()
    asset = store(make(tmp_path, size), key, user)
    asset.refresh_from_db()
    assert (asset.stored_in, asset.media_folder) == ("bucket", "")
    assert s3_client.get_object(Bucket=bucket, Key=key)["Body"].read() == content(size)
    assert not local_path(key).exists()


def test_leftovers_of_a_job_that_never_runs_again_are_swept(tmp_path, user, bucket, proxy, s3_client):
    path = make(tmp_path, MULTIPART_THRESHOLD_BYTES)
    killed_at(proxy, "PUT", "partNumber=2", lambda: store(path, "mv/jobs/1/archive.zip", user))
    assert orphans_sweep(now=timezone.now() + LATER, dry_run=False).files == 1
    assert bucket_sweep(now=timezone.now() + LATER, delete=True).unfinished_uploads == 1
    assert not s3_client.list_multipart_uploads(Bucket=bucket).get("Uploads")


@pytest.mark.parametrize("step", STEPS, ids=lambda step: f"{step[0]}-{step[1]}")
def test_background_upload_killed_anywhere_is_finished_by_the_next(step, tmp_path, user, bucket, proxy, s3_client):
    method, part, size = step
    proxy.faults += [Fault("PUT", "denied"), Fault("POST", "denied")]
    asset = store(make(tmp_path, size), "mv/jobs/1/archive.zip", user)
    proxy.faults.clear()
    killed_at(proxy, method, part, lambda: background.asset_upload(asset.id))
    asset.refresh_from_db()
    assert (asset.upload_pending, local_path(asset.key).exists()) == (True, True)
    assert background.asset_upload(asset.id)
    asset.refresh_from_db()
    assert (asset.stored_in, asset.upload_pending) == ("bucket", False)
    assert s3_client.get_object(Bucket=bucket, Key=asset.key)["Body"].read() == content(size)
    assert not local_path(asset.key).exists()


def test_local_copy_left_by_a_worker_killed_after_commit_is_deleted(tmp_path, user, bucket):
    path = make(tmp_path, 5000)

    def work():
        stored = services.file_store(path, key="mv/jobs/1/archive.zip", content_type="application/zip")
        with transaction.atomic():
            transaction.on_commit(lambda: os.kill(os.getpid(), signal.SIGKILL))
            services.asset_create(owner=user, stored=stored, kind="archive")

    connection.close()
    child = multiprocessing.get_context("fork").Process(target=work)
    child.start()
    child.join()
    asset = Asset.objects.get()
    assert (child.exitcode, asset.stored_in, local_path(asset.key).exists()) == (-signal.SIGKILL, "bucket", True)
    assert orphans_sweep(now=timezone.now() + LATER, dry_run=False).files == 0, "it has a row"
    assert background.storage_work_dispatch(now=timezone.now() + LATER) == 1
    background.asset_local_copy_drop(asset.id)
    asset.refresh_from_db()
    assert (asset.media_folder, local_path(asset.key).exists()) == ("", False)
