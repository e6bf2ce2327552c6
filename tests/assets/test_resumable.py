"""Uploads in parts, over the tus protocol."""

import base64
import fcntl
from datetime import timedelta
from pathlib import Path

import pytest
from django.utils import timezone

from apps.assets.models import Asset
from apps.assets.store.upload_mirror import mirror_sweep
from apps.assets.upkeep.sweep import orphans_sweep
from apps.assets.uploading.resumable import MOST_UNFINISHED
from apps.jobs.services import job_cancel
from tests.factories import make_project, make_scenes
from tests.server import closed_port

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def api(client, user):
    client.force_login(user)
    return client


def begin(api, size, name="clip.mp4"):
    metadata = f"filename {base64.b64encode(name.encode()).decode()}"
    response = api.post("/api/uploads", headers={"Upload-Length": str(size), "Upload-Metadata": metadata})
    return response["Location"] if response.status_code == 201 else response


def send(api, address, part, offset):
    headers = {"Upload-Offset": str(offset), "Tus-Resumable": "1.0.0"}
    return api.patch(address, part, content_type="application/offset+octet-stream", headers=headers)


def stands_at(api, address):
    return int(api.head(address)["Upload-Offset"])


def take(api, address, kind="video"):
    return api.post("/api/assets", {"kind": kind, "file": address.rsplit("/", 1)[-1]})


def folders(settings):
    return [path for path in (Path(settings.SCRATCH_ROOT) / "uploads").glob("*") if path.is_dir()]


def test_file_sent_in_parts_is_accepted_like_any_upload(api, clip, settings):
    content, middle = clip.read_bytes(), 1000
    address = begin(api, len(content), name="Zoë.mp4")
    assert send(api, address, content[:middle], 0)["Upload-Offset"] == str(middle)
    assert stands_at(api, address) == middle
    assert send(api, address, content[middle:], middle).status_code == 204
    response = take(api, address)
    assert response.status_code == 201, response.json()
    asset = Asset.objects.get(pk=response.json()["id"])
    assert (asset.original_name, asset.size_bytes, asset.kind) == ("Zoë.mp4", len(content), "video")
    assert api.get(f"/api/assets/{asset.pk}/content").getvalue() == content
    assert api.delete(address).status_code == 204
    assert folders(settings) == []


def test_part_at_a_wrong_offset_is_refused_and_changes_nothing(api):
    address = begin(api, 10)
    send(api, address, b"12345", 0)
    response = send(api, address, b"12345", 0)
    assert (response.status_code, response.json()["code"]) == (409, "other_offset")
    assert stands_at(api, address) == 5


def test_more_bytes_than_announced_are_refused(api):
    address = begin(api, 4)
    assert send(api, address, b"12345", 0).status_code == 400
    assert stands_at(api, address) <= 4


def test_part_is_refused_while_another_is_being_written(api, settings):
    address = begin(api, 4)
    with (folders(settings)[0] / "content").open("ab") as earlier:
        fcntl.flock(earlier, fcntl.LOCK_EX)
        assert send(api, address, b"1234", 0).status_code == 423
    assert send(api, address, b"1234", 0).status_code == 204


def test_incomplete_upload_is_not_accepted(api):
    address = begin(api, 4)
    assert take(api, address).status_code == 409


def test_type_is_detected_from_the_content(api):
    text = b"#!/bin/sh\necho hello\n" * 50
    address = begin(api, len(text))
    send(api, address, text, 0)
    response = take(api, address)
    assert (response.status_code, response.json()["code"]) == (400, "not_media")


def test_limits_apply_from_the_start(api, settings):
    settings.UPLOAD_LIMITS = {"video": (1000, 3600, "a video")}
    assert begin(api, 1001).status_code == 413
    assert begin(api, 0).status_code == 400
    assert api.post("/api/uploads", headers={"Upload-Length": "many"}).status_code == 400


def test_another_users_upload_is_not_found(api, client, other_user, clip):
    content = clip.read_bytes()
    address = begin(api, len(content))
    send(api, address, content, 0)
    client.force_login(other_user)
    assert client.head(address).status_code == 404
    assert send(client, address, b"1", 0).status_code == 404
    assert take(client, address).status_code == 404


def test_number_of_unfinished_uploads_is_limited(api, settings):
    for _ in range(MOST_UNFINISHED + 2):
        begin(api, 5)
    assert len(folders(settings)) == MOST_UNFINISHED


def test_nightly_sweep_removes_abandoned_parts(api, settings):
    send(api, begin(api, 10), b"12345", 0)
    orphans_sweep(now=timezone.now(), dry_run=False)
    assert len(folders(settings)) == 1
    orphans_sweep(now=timezone.now() + timedelta(hours=settings.ORPHAN_MAX_AGE_HOURS + 1), dry_run=False)
    assert folders(settings) == []


def in_bucket(s3_client, bucket):
    return [
        entry["Key"] for entry in s3_client.list_objects_v2(Bucket=bucket, Prefix="mv/uploads/").get("Contents", [])
    ]


def test_another_web_machine_continues_and_accepts_the_upload(api, clip, settings, tmp_path, bucket, s3_client):
    content, one = clip.read_bytes(), settings.SCRATCH_ROOT
    address = begin(api, len(content))
    send(api, address, content[:1000], 0)
    settings.SCRATCH_ROOT = tmp_path / "two"
    assert stands_at(api, address) == 1000
    assert send(api, address, content[1000:1500], 1000).status_code == 204
    settings.SCRATCH_ROOT = one
    assert send(api, address, content[1500:], 1500).status_code == 204
    settings.SCRATCH_ROOT = tmp_path / "three"
    response = take(api, address)
    assert response.status_code == 201, response.json()
    assert Asset.objects.get(pk=response.json()["id"]).size_bytes == len(content)
    settings.SCRATCH_ROOT = tmp_path / "four"
    assert api.delete(address).status_code == 204
    assert in_bucket(s3_client, bucket) == []
    assert api.head(address).status_code == 404


def test_upload_continues_on_its_machine_while_the_bucket_is_down(api, clip, settings, bucket):
    settings.STORAGE_ENDPOINT_URL = f"http://127.0.0.1:{closed_port()}"
    content = clip.read_bytes()
    address = begin(api, len(content))
    send(api, address, content, 0)
    assert take(api, address).status_code == 201


def test_nightly_sweep_removes_abandoned_parts_from_the_bucket(api, settings, bucket, s3_client):
    send(api, begin(api, 10), b"12345", 0)
    mirror_sweep(now=timezone.now())
    assert len(in_bucket(s3_client, bucket)) == 2
    mirror_sweep(now=timezone.now() + timedelta(hours=settings.ORPHAN_MAX_AGE_HOURS + 1))
    assert in_bucket(s3_client, bucket) == []


def test_client_with_another_version_gets_an_error(api):
    response = api.options("/api/uploads")
    assert (response["Tus-Version"], response["Tus-Extension"]) == ("1.0.0", "creation,termination")
    assert api.post("/api/uploads", headers={"Upload-Length": "5", "Tus-Resumable": "0.2.1"}).status_code == 412


def test_upload_id_works_in_place_of_a_file_in_pages_and_other_apps(api, user, clip):
    scene = make_scenes(make_project(user), "2")[0]
    for path in ("/projects/{}/scenes/1/upload", "/api/mv/projects/{}/scenes/1/upload"):
        address = begin(api, clip.stat().st_size)
        send(api, address, clip.read_bytes(), 0)
        response = api.post(path.format(scene.project_id), {"file": address.rsplit("/", 1)[-1]})
        assert response.status_code in {202, 302}, response.content
        scene.refresh_from_db()
        assert scene.job.kind == "upload"
        job_cancel(by=user, job_id=scene.job_id)


def test_repeated_start_with_one_key_makes_one_upload(api):
    def start(size, key):
        return api.post("/api/uploads", headers={"Upload-Length": size, "Idempotency-Key": key})

    first, again = start("5", "one"), start("5", "one")
    assert (first.status_code, again.status_code) == (201, 201)
    assert again["Location"] == first["Location"]
    assert start("6", "one").status_code == 409
    assert start("5", "two")["Location"] != first["Location"]
