import os
import time
import uuid
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace

import pytest
from celery import Celery
from django.db import connection
from django.utils import timezone

from apps.assets import services
from apps.assets.models import Asset, MediaFolder, StorageCheck, StorageTotal
from apps.assets.store import keys
from apps.assets.store.disk import local_path, media_folder_id
from apps.assets.upkeep import background, checks
from apps.assets.upkeep.sweep import bucket_sweep, orphans_sweep
from apps.core.metrics import REGISTRY
from workers import housekeeping

pytestmark = pytest.mark.django_db(transaction=True)

OLD = 25 * 3600


def age(path, seconds=OLD):
    at = time.time() - seconds
    os.utime(path, (at, at))
    return path


def orphan(name="mv/jobs/1/video.mp4", *, seconds=OLD, content=b"12345"):
    path = local_path(name)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return age(path, seconds)


def temporary(settings, name="jobs/abc", *, seconds=OLD):
    folder = Path(settings.SCRATCH_ROOT) / name
    folder.mkdir(parents=True)
    age((folder / "part.mp4").write_bytes(b"123") and folder / "part.mp4", seconds)
    return age(folder, seconds)


@pytest.fixture
def video(clip, user):
    stored = services.file_store(clip, key=keys.job_video_key(uuid.uuid4()), content_type="video/mp4")
    return services.asset_create(owner=user, stored=stored, kind="video")


def test_old_files_without_a_row_are_removed_and_everything_else_stays(video, settings):
    age(local_path(video.key))
    old, young = orphan(), orphan("mv/jobs/2/video.mp4", seconds=3600)
    report = orphans_sweep(now=timezone.now(), dry_run=False)
    assert (report.files, report.size_bytes, report.examples) == (1, 5, ["mv/jobs/1/video.mp4"])
    assert (old.exists(), young.exists(), local_path(video.key).exists()) == (False, True, True)
    assert StorageTotal.objects.get(name="local_orphan").size_bytes == 5


def test_dry_run_counts_but_deletes_nothing(settings):
    path, folder = orphan(), temporary(settings)
    report = orphans_sweep(now=timezone.now(), dry_run=True)
    assert (report.files, report.size_bytes, report.temporary_folders, report.temporary_bytes) == (1, 5, 1, 3)
    assert path.exists() and folder.exists()


def test_abandoned_temporary_folders_are_removed_and_active_ones_stay(settings):
    dead, live = temporary(settings), temporary(settings, "jobs/live")
    (live / "new.mp4").write_bytes(b"x")
    upload = Path(settings.SCRATCH_ROOT) / "uploads/x.part"
    upload.parent.mkdir(parents=True)
    age(upload.write_bytes(b"12") and upload)
    report = orphans_sweep(now=timezone.now(), dry_run=False)
    assert (report.temporary_folders, report.temporary_bytes) == (2, 5)
    assert (dead.exists(), live.exists(), upload.exists()) == (False, True, False)


def test_links_in_the_media_folder_are_left_alone(tmp_path):
    outside = tmp_path / "outside"
    outside.mkdir()
    age((outside / "x.mp4").write_bytes(b"x") and outside / "x.mp4")
    local_path("mv/jobs").mkdir(parents=True)
    (local_path("mv/jobs") / "link").symlink_to(outside)
    assert orphans_sweep(now=timezone.now(), dry_run=False).files == 0
    assert (outside / "x.mp4").exists()


def test_staff_can_start_the_sweep_and_get_counts_and_bytes(client, staff, settings):
    client.force_login(staff)
    path = orphan()
    response = client.post("/api/mv/cleanup", {"dry_run": True}, content_type="application/json").json()
    assert (response["files"], response["size_bytes"], response["dry_run"], path.exists()) == (1, 5, True, True)
    response = client.post("/api/mv/cleanup?dry_run=1", {"bucket": "skip"}, content_type="application/json").json()
    assert (response["dry_run"], path.exists()) == (True, True)
    settings.KEEP_LOCAL_FILES = True
    for wish in ({"dry_run": True}, {}):
        response = client.post("/api/mv/cleanup", wish, content_type="application/json").json()
        assert (response["files"], response["kept"], response["failed"], path.exists()) == (0, 1, 0, True)
    settings.KEEP_LOCAL_FILES = False
    response = client.post("/api/mv/cleanup").json()
    assert (response["files"], response["size_bytes"], response["dry_run"], path.exists()) == (1, 5, False, False)


def test_other_users_cannot_start_the_sweep(client, user):
    path = orphan()
    assert client.post("/api/mv/cleanup").status_code == 401
    client.force_login(user)
    assert client.post("/api/mv/cleanup").status_code == 403
    assert path.exists()


def test_bucket_orphans_are_reported_and_deleted_only_on_request(video, user, bucket, s3_client, client, staff):
    s3_client.put_object(Bucket=bucket, Key="mv/jobs/1/video.mp4", Body=b"12345")
    s3_client.put_object(Bucket=bucket, Key="somebody/elses.mp4", Body=b"12345")
    s3_client.create_multipart_upload(Bucket=bucket, Key="mv/jobs/2/video.mp4")
    now = timezone.now() + timedelta(seconds=OLD)
    report = bucket_sweep(now=now, delete=False)
    assert (report.objects, report.size_bytes, report.unfinished_uploads) == (1, 5, 1)
    assert bucket_sweep(now=timezone.now(), delete=True).objects == 0, "within the grace period"
    assert bucket_sweep(now=now, delete=True).objects == 1
    left = [entry["Key"] for entry in s3_client.list_objects_v2(Bucket=bucket)["Contents"]]
    assert left == ["somebody/elses.mp4"]
    assert not s3_client.list_multipart_uploads(Bucket=bucket).get("Uploads")
    client.force_login(staff)
    assert client.post("/api/mv/cleanup", {"bucket": "report"}).json()["bucket"]["objects"] == 0


def test_nightly_check_finds_missing_truncated_and_changed_files(user, tmp_path):
    assets = []
    for number in range(4):
        path = tmp_path / f"{number}.json"
        path.write_bytes(b"content")
        stored = services.file_store(path, key=f"mv/jobs/{number}/metadata.json", content_type="application/json")
        assets.append(services.asset_create(owner=user, stored=stored, kind="metadata"))
    local_path(assets[0].key).unlink()
    local_path(assets[1].key).write_bytes(b"short")
    local_path(assets[2].key).write_bytes(b"CONTENT")
    check = checks.disk_check(now=timezone.now())
    assert check.counts == {"file_missing": 1, "size_differs": 1, "checksum_differs": 1}
    assert {line["asset_id"] for line in check.examples} == {str(asset.id) for asset in assets[:3]}
    assert (check.place, check.files_checked) == (media_folder_id(), 4)
    assert Asset.objects.get(pk=assets[3].pk).verified_at


def test_nightly_check_reads_up_to_its_limit_and_continues_the_next_night(user, tmp_path):
    for number in range(3):
        path = tmp_path / f"{number}.json"
        path.write_bytes(b"content")
        stored = services.file_store(path, key=f"mv/jobs/{number}/metadata.json", content_type="application/json")
        services.asset_create(owner=user, stored=stored, kind="metadata")
    assert checks.disk_check(now=timezone.now(), read_limit_bytes=14).bytes_read == 14
    assert Asset.objects.filter(verified_at=None).count() == 1
    checks.disk_check(now=timezone.now(), read_limit_bytes=7)
    assert Asset.objects.filter(verified_at=None).count() == 0


def test_nightly_check_finds_unknown_missing_and_changed_objects(bucket, s3_client, user, tmp_path):
    for number in range(5):
        path = tmp_path / f"{number}.json"
        path.write_bytes(b"content")
        stored = services.file_store(path, key=f"mv/jobs/{number}/metadata.json", content_type="application/json")
        services.asset_create(owner=user, stored=stored, kind="metadata")
    s3_client.delete_object(Bucket=bucket, Key="mv/jobs/1/metadata.json")
    s3_client.put_object(Bucket=bucket, Key="mv/jobs/2/metadata.json", Body=b"short")
    s3_client.put_object(Bucket=bucket, Key="mv/jobs/3/metadata.json", Body=b"CONTENT")
    s3_client.put_object(Bucket=bucket, Key="mv/jobs/Z/nobody.mp4", Body=b"x")
    check = checks.bucket_check(now=timezone.now() + timedelta(seconds=OLD))
    assert check.counts == {
        "object_missing": 1, "size_differs": 1, "checksum_differs": 1, "object_unknown": 1,
    }  # fmt: skip
    assert check.files_checked == 6


def test_metrics_report_storage(video, client, user, staff):
    orphan()
    orphans_sweep(now=timezone.now(), dry_run=False)
    StorageCheck.objects.create(
        place="bucket", started_at=timezone.now(), finished_at=timezone.now(), files_checked=1, bytes_read=0,
        counts={"object_missing": 2},
    )  # fmt: skip
    client.force_login(user)
    assert client.get("/metrics").status_code == 403
    client.force_login(staff)
    response = client.get("/metrics", headers={"Accept": "text/plain;version=0.0.4"})
    text = response.content.decode()
    assert 'mvsite_deleted_files_total{reason="local_orphan"} 1.0' in text
    assert 'mvsite_deleted_bytes_total{reason="local_orphan"} 5.0' in text
    assert 'mvsite_assets{kind="video",stored_in="disk"} 1.0' in text
    assert "mvsite_uploads_pending 0.0" in text
    assert 'mvsite_storage_problems{place="bucket",problem="object_missing"} 2.0' in text
    assert REGISTRY.get_sample_value("mvsite_asset_bytes", {"kind": "video", "stored_in": "disk"}) == video.size_bytes


def test_link_that_expires_soon_is_reported(video, settings):
    settings.PUBLIC_URL = "https://studio.example"
    services.asset_public_url(video, lifetime_seconds=3600)
    assert checks.disk_check(now=timezone.now()).counts == {"link_expires_soon": 1}


def test_nightly_sweep_visits_every_machine_seen_recently(messages):
    now = timezone.now()
    background.media_folder_register(now=now)
    MediaFolder.objects.create(id="lately", host="two", seen_at=now - timedelta(days=3))
    MediaFolder.objects.create(id="long-gone", host="three", seen_at=now - timedelta(days=40))
    background.disk_round_dispatch(now=now)
    assert messages(f"disk-{media_folder_id()}") == [(background.DISK_ROUND_TASK, {})]
    assert messages("disk-lately") == [(background.DISK_ROUND_TASK, {})]
    assert messages("disk-long-gone") == []


def test_worker_that_starts_without_a_database_still_looks_after_its_disk(monkeypatch):
    app = Celery("a-worker")
    app.amqp.queues.select(["io"])
    with monkeypatch.context() as patch:
        patch.setitem(connection.settings_dict, "HOST", "/nowhere")
        connection.close()
        housekeeping.listen_to_own_disk(SimpleNamespace(app=app))
    assert set(app.amqp.queues.consume_from) == {"io", f"disk-{media_folder_id()}"}
    assert not MediaFolder.objects.exists()
    housekeeping.storage_work()
    assert MediaFolder.objects.get().id == media_folder_id()
