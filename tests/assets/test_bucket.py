import hashlib
import threading
import uuid
from datetime import timedelta

import pytest
import requests
from django.db import connection
from django.utils import timezone

from apps.assets import services
from apps.assets.errors import StorageUnavailable
from apps.assets.models import Asset
from apps.assets.store import keys
from apps.assets.store.bucket import bucket_get
from apps.assets.store.digest import MULTIPART_THRESHOLD_BYTES, PART_BYTES
from apps.assets.store.disk import local_path, media_folder_id
from apps.assets.upkeep import background
from apps.core.errors import WorkCancelled
from tests.fakes.s3_proxy import Fault
from tests.waiting import wait_for

pytestmark = pytest.mark.django_db(transaction=True)


def store(path, user, *, key="", content_type="video/mp4", kind="video"):
    stored = services.file_store(path, key=key or keys.job_video_key(uuid.uuid4()), content_type=content_type)
    return services.asset_create(owner=user, stored=stored, kind=kind)


def large_file(tmp_path, size=MULTIPART_THRESHOLD_BYTES + PART_BYTES // 2):
    path = tmp_path / "large.zip"
    block = bytes(range(256)) * 4096
    with path.open("wb") as file:
        while file.tell() < size:
            file.write(block[: size - file.tell()])
    return path


def store_large(tmp_path, user):
    return store(
        large_file(tmp_path), user, key=f"mv/jobs/{uuid.uuid4()}/archive.zip", content_type="application/zip",
        kind="archive",
    )  # fmt: skip


def object_bytes(s3_client, bucket, key):
    return s3_client.get_object(Bucket=bucket, Key=key)["Body"].read()


def test_stored_file_is_verified_in_the_bucket_and_deleted_from_disk(clip, user, bucket, s3_client, settings):
    content = clip.read_bytes()
    asset = store(clip, user)
    asset.refresh_from_db()
    assert (asset.stored_in, asset.upload_pending, asset.media_folder) == ("bucket", False, "")
    assert object_bytes(s3_client, bucket, asset.key) == content
    assert s3_client.head_object(Bucket=bucket, Key=asset.key)["ContentType"] == "video/mp4"
    assert [path for path in settings.MEDIA_ROOT.rglob("*") if path.name != ".media-id"] == []


def test_local_file_stays_until_the_row_is_committed(clip, user, bucket):
    stored = services.file_store(clip, key=keys.job_video_key(uuid.uuid4()), content_type="video/mp4")
    assert local_path(stored.key).exists()


def test_large_file_is_uploaded_in_parts_with_the_predicted_etag(tmp_path, user, bucket, proxy):
    asset = store_large(tmp_path, user)
    asset.refresh_from_db()
    assert asset.stored_in == "bucket"
    assert asset.etag.endswith("-3")
    assert proxy.count("PUT", "partNumber") == 3
    assert not any(seen.method == "GET" for seen in proxy.seen), "verified by ETag, not by reading it back"


def test_requests_have_no_headers_that_other_servers_reject(tmp_path, clip, user, bucket, proxy):
    store(clip, user)
    store_large(tmp_path, user)
    for seen in proxy.seen:
        names = {name.lower() for name in seen.headers}
        assert not {name for name in names if name.startswith(("x-amz-checksum", "x-amz-sdk-checksum"))}, seen
        assert "aws-chunked" not in seen.headers.get("Content-Encoding", "")
        assert "AWS4-HMAC-SHA256" in seen.headers["Authorization"]
        assert "x-amz-acl" not in names


def test_upload_progress_is_reported_in_the_callers_thread(tmp_path, user, bucket, proxy):
    proxy.faults.append(Fault("PUT", "slow", part="partNumber"))
    proxy.slow_seconds = 1.2
    reported = []
    services.file_store(
        large_file(tmp_path), key="mv/jobs/x/archive.zip", content_type="application/zip",
        on_progress=lambda share: reported.append((share, threading.current_thread())),
    )  # fmt: skip
    shares = [share for share, _ in reported]
    assert shares == sorted(shares) and shares[-1] == 1.0 and len(shares) > 2
    assert {thread for _, thread in reported} == {threading.current_thread()}


def test_cancelled_job_stops_its_upload_and_leaves_no_parts(tmp_path, user, bucket, proxy, s3_client):
    proxy.faults.append(Fault("PUT", "slow", part="partNumber"))
    proxy.slow_seconds = 1.2

    def cancelled(share):
        raise WorkCancelled("by its owner")

    key = "mv/jobs/x/archive.zip"
    with pytest.raises(WorkCancelled):
        services.file_store(
            large_file(tmp_path, 12 * PART_BYTES), key=key, content_type="application/zip", on_progress=cancelled
        )
    assert not s3_client.list_multipart_uploads(Bucket=bucket).get("Uploads")
    assert "Contents" not in s3_client.list_objects_v2(Bucket=bucket, Prefix=key)
    # A part in transit when the job was cancelled may be retried; parts that had not started are never sent.
    assert len({seen.path for seen in proxy.seen if "partNumber" in seen.path}) < 12


@pytest.mark.parametrize(
    ("fault", "verified"),
    [
        (Fault("PUT", "reset"), False),
        (Fault("PUT", "cut_request"), False),
        (Fault("PUT", "slow_down"), False),
        (Fault("PUT", "denied"), False),
        (Fault("HEAD", "denied"), False),
        (Fault("HEAD", "reset"), False),
        (Fault("PUT", "corrupt_request"), False),
        (Fault("PUT", "reset", times=1), True),
        (Fault("PUT", "slow_down", times=1), True),
        (Fault("PUT", "cut_request", times=1), True),
        (Fault("PUT", "slow"), True),
        (Fault("PUT", "lose_response"), True),
        (Fault("HEAD", "wrong_etag"), True),
    ],
    ids=lambda value: f"{value.method}-{value.kind}-{value.times}" if isinstance(value, Fault) else "",
)
def test_local_file_is_kept_until_its_object_is_verified(clip, user, bucket, proxy, s3_client, fault, verified):
    content = clip.read_bytes()
    proxy.faults.append(fault)
    asset = store(clip, user)
    asset.refresh_from_db()
    assert fault.hits
    assert (asset.stored_in == "bucket", asset.upload_pending) == (verified, not verified)
    if verified:
        assert not local_path(asset.key).exists()
        assert object_bytes(s3_client, bucket, asset.key) == content
        return
    assert local_path(asset.key).read_bytes() == content
    assert asset.upload_error
    assert services.asset_urls(asset)["video_url"] == f"/api/mv/get_video/{asset.id}"
    # Once the fault is over, the background upload finishes it.
    proxy.faults.clear()
    assert background.asset_upload(asset.id)
    asset.refresh_from_db()
    assert (asset.stored_in, asset.upload_pending, asset.upload_error) == ("bucket", False, "")
    assert object_bytes(s3_client, bucket, asset.key) == content
    assert not local_path(asset.key).exists()


def test_wrong_etag_and_truncated_response_is_not_verified(clip, user, bucket, proxy):
    proxy.faults += [Fault("HEAD", "wrong_etag"), Fault("GET", "short_response")]
    asset = store(clip, user)
    assert asset.upload_pending
    assert local_path(asset.key).exists()


def test_unreachable_server_does_not_fail_the_job(clip, user, bucket, settings):
    settings.STORAGE_ENDPOINT_URL = "http://127.0.0.1:9"
    asset = store(clip, user)
    assert asset.upload_pending
    assert "STORAGE_ENDPOINT_URL" in asset.upload_error
    assert local_path(asset.key).exists()


@pytest.mark.parametrize("kind", ["reset", "denied", "slow_down"])
def test_parts_of_a_failed_upload_are_removed(tmp_path, user, bucket, proxy, s3_client, kind):
    proxy.faults.append(Fault("PUT", kind, part="partNumber=2"))
    asset = store_large(tmp_path, user)
    assert asset.upload_pending
    assert not s3_client.list_multipart_uploads(Bucket=bucket).get("Uploads")


def test_lost_response_after_completing_a_multipart_upload_is_a_success(tmp_path, user, bucket, proxy):
    proxy.faults.append(Fault("POST", "lose_response", part="uploadId"))
    asset = store_large(tmp_path, user)
    assert asset.stored_in == "bucket"


def test_wait_grows_with_each_failure(clip, user, bucket, proxy):
    proxy.faults.append(Fault("PUT", "denied"))
    asset = store(clip, user)
    waits = []
    for _ in range(3):
        before = timezone.now()
        assert not background.asset_upload(asset.id)
        asset.refresh_from_db()
        waits.append((asset.next_upload_at - before).total_seconds())
    assert waits == pytest.approx([60, 120, 240], abs=5)
    assert (asset.upload_attempts, "AccessDenied" in asset.upload_error) == (4, True)


def test_changed_local_file_is_not_uploaded(clip, user, bucket, proxy):
    proxy.faults.append(Fault("PUT", "denied", times=1))
    asset = store(clip, user)
    local_path(asset.key).write_bytes(b"other bytes")
    assert not background.asset_upload(asset.id)
    asset.refresh_from_db()
    assert "changed" in asset.upload_error


def test_object_of_a_deleted_asset_is_deleted_once_the_bucket_is_back(clip, user, bucket, proxy, s3_client, messages):
    asset = store(clip, user)
    key = asset.key
    services.asset_delete(by=user, asset=asset)
    assert messages("housekeeping") == [(background.OBJECTS_DELETE_TASK, {"keys": [key]})]
    proxy.faults.append(Fault("DELETE", "denied"))
    with pytest.raises(StorageUnavailable):
        background.objects_delete([key])
    proxy.faults.clear()
    background.objects_delete([key])
    assert "Contents" not in s3_client.list_objects_v2(Bucket=bucket, Prefix=key)


def test_object_with_a_row_is_never_deleted(clip, user, bucket, s3_client):
    asset = store(clip, user)
    background.objects_delete([asset.key])
    assert s3_client.head_object(Bucket=bucket, Key=asset.key)


def test_asset_deleted_during_its_upload_leaves_no_object(clip, user, bucket, proxy, messages):
    proxy.faults.append(Fault("PUT", "denied", times=1))
    asset = store(clip, user)
    sent_before = proxy.count("PUT")
    proxy.slow_seconds = 60.0
    proxy.faults.append(Fault("PUT", "slow"))
    worker = threading.Thread(target=lambda: (background.asset_upload(asset.id), connection.close()))
    worker.start()
    wait_for(lambda: proxy.count("PUT") > sent_before, seconds=60, what="the upload", step=0.01)
    Asset.objects.all().delete()
    proxy.go_on.set()
    worker.join()
    assert messages("housekeeping") == [(background.OBJECTS_DELETE_TASK, {"keys": [asset.key]})]


def test_worker_fetches_its_input_from_the_bucket(clip, user, bucket, settings):
    content = clip.read_bytes()
    asset = store(clip, user)
    with services.asset_local_copy(asset) as path:
        assert path.read_bytes() == content
        assert path.is_relative_to(settings.SCRATCH_ROOT)
        assert path.suffix == ".mp4"


@pytest.mark.parametrize("kind", ["cut_response", "short_response", "reset", "slow_down"])
def test_corrupt_download_is_never_used_as_input(clip, user, bucket, proxy, kind):
    content = clip.read_bytes()
    asset = store(clip, user)
    proxy.faults.append(Fault("GET", kind))
    with pytest.raises(StorageUnavailable), services.asset_local_copy(asset):
        pass
    proxy.faults.clear()
    with services.asset_local_copy(asset) as path:
        assert path.read_bytes() == content


def test_interrupted_download_resumes(clip, user, bucket, proxy):
    asset = store(clip, user)
    proxy.faults.append(Fault("GET", "cut_response", times=1))
    with pytest.raises(StorageUnavailable), services.asset_local_copy(asset):
        pass
    with services.asset_local_copy(asset) as path:
        assert hashlib.sha256(path.read_bytes()).hexdigest() == asset.sha256
    ranges = [seen.headers.get("Range") for seen in proxy.seen if seen.method == "GET"]
    assert ranges == ["bytes=0-", f"bytes={asset.size_bytes // 2}-"]


def test_presigned_link_works_without_an_account_and_has_a_download_name(clip, user, bucket):
    content = clip.read_bytes()
    asset = store(clip, user)
    response = requests.get(services.asset_url(asset, lifetime_seconds=60), timeout=60)
    assert (response.content, response.headers["Content-Type"]) == (content, "video/mp4")
    url = services.asset_url(asset, lifetime_seconds=60, download=True)
    assert "attachment" in requests.get(url, timeout=60).headers["Content-Disposition"]
    assert "X-Amz-Algorithm=AWS4-HMAC-SHA256" in url


def test_links_are_signed_for_the_public_endpoint_and_last_at_most_a_week(clip, user, bucket, settings):
    settings.STORAGE_PUBLIC_ENDPOINT_URL = "https://files.example:9443"
    asset = store(clip, user)
    url = services.asset_url(asset, lifetime_seconds=30 * 24 * 3600)
    assert url.startswith(f"https://files.example:9443/{bucket}/mv/jobs/")
    assert "X-Amz-Expires=604800" in url


def test_aws_link_has_bucket_and_region_in_its_host(settings, monkeypatch):
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "testing")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "testing")
    settings.STORAGE_BUCKET, settings.STORAGE_REGION = "films", "eu-west-1"
    settings.STORAGE_ENDPOINT_URL = settings.STORAGE_PUBLIC_ENDPOINT_URL = ""
    url = bucket_get().url("mv/x.mp4", lifetime_seconds=60)
    assert url.startswith("https://films.s3.eu-west-1.amazonaws.com/mv/x.mp4?")
    assert "X-Amz-Signature" in url


def test_result_lists_its_cloud_urls_by_part(clip, tmp_path, user, bucket):
    asset = store(clip, user)
    path = tmp_path / "metadata.json"
    path.write_text("{}")
    stored = services.file_store(path, key=keys.job_metadata_key(asset.id), content_type="application/json")
    services.asset_create(owner=user, stored=stored, kind="metadata", part_of=asset)
    urls = services.asset_urls(asset)
    assert set(urls["cloud_urls"]) == {"video", "metadata"}
    assert urls["video_url"] == urls["cloud_url"] == urls["cloud_urls"]["video"]
    assert urls["local_video_url"] == f"/api/mv/get_video/{asset.id}"


def test_video_in_the_bucket_is_a_redirect(clip, user, bucket, client):
    content = clip.read_bytes()
    asset = store(clip, user)
    client.force_login(user)
    response = client.get(f"/api/mv/get_video/{asset.id}")
    assert response.status_code == 302
    assert requests.get(response["Location"], timeout=60).content == content
    head = client.head(f"/api/mv/get_video/{asset.id}")
    assert (head.status_code, head["Content-Length"]) == (200, str(len(content)))


def test_file_with_pending_upload_is_served_locally(clip, user, bucket, proxy, client):
    content = clip.read_bytes()
    proxy.faults.append(Fault("PUT", "denied"))
    asset = store(clip, user)
    client.force_login(user)
    response = client.get(f"/api/mv/get_video/{asset.id}", headers={"Range": "bytes=5-9"})
    assert (response.status_code, b"".join(response.streaming_content)) == (206, content[5:10])


def test_file_on_another_machine_asks_to_try_again(clip, user, bucket, proxy, client, settings, tmp_path):
    proxy.faults.append(Fault("PUT", "denied"))
    asset = store(clip, user)
    settings.MEDIA_ROOT = tmp_path / "another-machine"
    with pytest.raises(StorageUnavailable), services.asset_local_copy(asset):
        pass
    client.force_login(user)
    assert client.get(f"/api/mv/get_video/{asset.id}").status_code == 503


def test_due_upload_is_sent_once_to_the_workers_of_its_disk(clip, user, bucket, proxy, messages):
    proxy.faults.append(Fault("PUT", "denied"))
    asset = store(clip, user)
    now = timezone.now() + timedelta(minutes=1)
    assert background.storage_work_dispatch(now=now) == 1
    assert background.storage_work_dispatch(now=now) == 0
    assert messages(f"disk-{asset.media_folder}") == [(background.UPLOAD_TASK, {"asset_id": str(asset.id)})]


def test_local_copy_left_by_a_killed_worker_is_deleted_later(clip, user, bucket, messages):
    asset = store(clip, user)
    place = local_path(asset.key)
    place.parent.mkdir(parents=True)
    place.write_bytes(b"left")
    folder = media_folder_id()
    Asset.objects.update(media_folder=folder)
    assert background.storage_work_dispatch(now=timezone.now()) == 0
    assert background.storage_work_dispatch(now=timezone.now() + timedelta(minutes=5)) == 1
    assert messages(f"disk-{folder}") == [(background.DROP_TASK, {"asset_id": str(asset.id)})]
    background.asset_local_copy_drop(asset.id)
    assert not place.exists()
    assert not Asset.objects.get().media_folder


@pytest.mark.parametrize("before", [None, b"of a dead attempt"], ids=["no object", "over an orphan"])
def test_late_upload_of_a_finished_attempt_replaces_nothing(clip, user, bucket, s3_client, before):
    key = keys.pro_result_key(user.pk, uuid.uuid4())
    if before:
        s3_client.put_object(Bucket=bucket, Key=key, Body=before)

    def next_attempt_ends_meanwhile():
        s3_client.put_object(Bucket=bucket, Key=key, Body=b"of the next attempt")

    moments = iter(["the disk's file", "the bucket's object"])

    def fence():
        if next(moments) == "the bucket's object":
            next_attempt_ends_meanwhile()

    stored = services.file_store(clip, key=key, content_type="video/mp4", fence=fence)
    assert not stored.upload.verified_at
    assert object_bytes(s3_client, bucket, key) == b"of the next attempt"


def test_fenced_upload_replaces_what_a_dead_attempt_left(clip, user, bucket, s3_client):
    key = keys.pro_result_key(user.pk, uuid.uuid4())
    s3_client.put_object(Bucket=bucket, Key=key, Body=b"of a dead attempt")
    content = clip.read_bytes()
    stored = services.file_store(clip, key=key, content_type="video/mp4", fence=lambda: None)
    assert stored.upload.verified_at
    assert object_bytes(s3_client, bucket, key) == content


def test_fence_keeps_a_finished_attempt_from_writing_to_disk(clip, user, bucket):
    def over():
        raise WorkCancelled("taken over")

    key = keys.pro_result_key(user.pk, uuid.uuid4())
    with pytest.raises(WorkCancelled):
        services.file_store(clip, key=key, content_type="video/mp4", fence=over)
    assert not local_path(key).exists()
