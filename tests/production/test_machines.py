"""Two workers with separate folders and no shared disk complete a video; the web process has a third."""

import os
import signal
import subprocess
import sys
import time
from datetime import timedelta
from functools import partial
from pathlib import Path
from urllib.parse import quote

import pytest
import requests
from django.conf import settings as django_settings
from django.db import connection
from django.utils import timezone

from apps.assets.models import Asset, MediaFolder
from apps.assets.upkeep.background import storage_work_dispatch
from apps.jobs.models import Job
from apps.projects.models import Project
from engines.media.probe import probe_media
from tests.assets.conftest import bucket, folders, proxy, s3_client, s3_endpoint  # noqa: F401 - fixtures
from tests.factories import make_project, make_song, store_asset
from tests.fakes import media
from tests.fakes.s3_proxy import Fault
from tests.waiting import wait_for
from tests.worker import worker_answers

pytestmark = [pytest.mark.processes, pytest.mark.django_db(transaction=True)]

QUEUES = "io,media,housekeeping"
DEADLINE_SECONDS = 150


def database_url():
    facts = connection.settings_dict
    return f"postgresql://{facts['USER']}@{quote(str(facts['HOST']), safe='')}/{facts['NAME']}"


@pytest.fixture
def machines(bucket, settings, tmp_path):  # noqa: F811
    """Two worker processes, each with its own data folder."""
    environment = {
        **os.environ,
        "DATABASE_URL": database_url(),
        "REDIS_URL": django_settings.REDIS_URL,
        "STORAGE_BUCKET": settings.STORAGE_BUCKET,
        "STORAGE_ENDPOINT_URL": settings.STORAGE_ENDPOINT_URL,
        "STORAGE_REGION": settings.STORAGE_REGION,
    }
    roots, processes = [], []
    for name in ("one", "two"):
        root = tmp_path / name
        command = [sys.executable, "-m", "celery", "-q", "-A", "mvsite", "worker", "-Q", QUEUES, "-n", f"{name}@test"]
        command += ["--pool=threads", "--concurrency=1", "--without-gossip", "--without-mingle", "--loglevel=WARNING"]
        log = (tmp_path / f"{name}.log").open("wb")
        processes.append(
            subprocess.Popen(
                command, env={**environment, "MV_DATA_DIR": str(root)}, stdout=log, stderr=log, start_new_session=True
            )
        )
        roots.append(root)
    try:
        for name in ("one", "two"):  # otherwise the first one ready does everything
            wait_for(partial(worker_answers, f"{name}@test"), seconds=DEADLINE_SECONDS, what=f"worker {name}")
        yield roots
    finally:
        for process in processes:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def wait_until(condition):
    deadline = time.monotonic() + DEADLINE_SECONDS
    while not (response := condition()):
        assert time.monotonic() < deadline
        time.sleep(0.1)
    return response


def files_below(folder: Path):
    return [path for path in folder.rglob("*") if path.is_file() and path.name != ".media-id"]


def test_workers_without_shared_disk_complete_a_video(machines, client, user, settings, tmp_path):
    client.force_login(user)
    song = make_song(user, seconds=4.0, asset=store_asset(user, media.sound(4.0), kind="audio", suffix=".wav"))
    Asset.objects.filter(media_folder="test").delete()  # the factory's row, which has no file
    project = make_project(user, song=song, number_of_scenes=3)
    started = client.post(f"/api/mv/projects/{project.pk}/generate", {}, content_type="application/json")
    assert started.status_code == 202
    deadline = time.monotonic() + DEADLINE_SECONDS
    while not Project.objects.get(pk=project.pk).final_video_id:
        failed = Job.objects.filter(state="failed").first()
        assert failed is None, failed.error
        logs = "".join((tmp_path / f"{name}.log").read_text()[-3000:] for name in ("one", "two"))
        assert time.monotonic() < deadline, logs
        time.sleep(0.2)

    project.refresh_from_db()
    response = client.get(f"/api/mv/get_video/{project.final_video_id}")
    assert response.status_code == 302
    path = tmp_path / "final.mp4"
    path.write_bytes(requests.get(response["Location"], timeout=30).content)
    assert probe_media(path).duration_seconds == pytest.approx(4.0, abs=1 / 24)
    assert not Asset.objects.exclude(stored_in="bucket", media_folder="", upload_pending=False).exists()
    for folder in (*(root / "media" for root in machines), settings.MEDIA_ROOT):
        assert files_below(folder) == []
    for root in machines:
        assert files_below(root / "scratch" / "jobs") == []
    known = {(root / "media" / ".media-id").read_text() for root in machines}
    assert MediaFolder.objects.filter(pk__in=known).count() == 2
    assert len({job.worker for job in Job.objects.exclude(worker="")}) == 2, "both machines worked"


def test_failed_upload_is_retried_on_machine_with_file(machines, proxy, client, user):  # noqa: F811
    proxy.faults += [Fault("PUT", "denied")]
    client.force_login(user)
    body = {"prompt": "a harbor at night", "duration": 1}
    response = client.post("/api/mv/generate_video", body, content_type="application/json").json()
    job = wait_until(lambda: Job.objects.filter(pk=response["id"], state="succeeded").first())
    asset = Asset.objects.get(kind="video")
    owners = [root for root in machines if (root / "media" / asset.key).exists()]
    assert (job.error, asset.upload_pending, len(owners)) == ("", True, 1)
    assert asset.media_folder == (owners[0] / "media" / ".media-id").read_text()

    proxy.faults.clear()
    storage_work_dispatch(now=timezone.now() + timedelta(hours=1))
    wait_until(lambda: not Asset.objects.exclude(stored_in="bucket", media_folder="").exists())
    assert all(files_below(root / "media") == [] for root in machines)
