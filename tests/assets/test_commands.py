import io
import uuid

import pytest
from django.core.management import CommandError, call_command

from apps.assets import services
from apps.assets.models import Asset
from apps.assets.store import keys
from apps.assets.store.disk import local_path
from tests.assets.conftest import audio_make
from tests.fakes.s3_proxy import Fault

pytestmark = pytest.mark.django_db(transaction=True)


def run(*arguments):
    out = io.StringIO()
    try:
        call_command(*arguments, stdout=out, no_color=True)
    except CommandError as error:
        return out.getvalue() + str(error), True
    return out.getvalue(), False


@pytest.fixture
def on_disk(user, tmp_path, settings):
    """Three files stored while no bucket was configured."""
    bucket, settings.STORAGE_BUCKET = settings.STORAGE_BUCKET, ""
    assets = []
    for number in range(3):
        path = audio_make(tmp_path / f"{number}.wav")
        key = keys.upload_key(user.pk, uuid.uuid4(), "audio", ".wav")
        stored = services.file_store(path, key=key, content_type="audio/wav")
        assets.append(services.asset_create(owner=user, stored=stored, kind="audio"))
    settings.STORAGE_BUCKET = bucket
    return assets


def test_working_bucket_passes_every_step_and_keeps_nothing(bucket, s3_client):
    text, failed = run("check_storage")
    assert not failed, text
    for step in ("write", "verify", "read a range", "list", "clock", "presigned link", "delete"):
        assert f"ok      {step}:" in text
    assert "Contents" not in s3_client.list_objects_v2(Bucket=bucket)


def test_disk_is_checked_without_a_bucket():
    text, failed = run("check_storage")
    assert (failed, "STORAGE_BUCKET is not set" in text) == (False, True)


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        (Fault("PUT", "denied"), "FAILED  write: The bucket refused to store a file (AccessDenied). The key lacks"),
        (Fault("HEAD", "wrong_etag"), "every upload is read back"),
        (Fault("GET", "denied", part="list-type"), "FAILED  list:"),
        (Fault("PUT", "corrupt_request"), "FAILED  verify: The object differs"),
    ],
)
def test_faults_are_explained(bucket, proxy, fault, words):
    proxy.faults.append(fault)
    text, failed = run("check_storage")
    assert words in text
    assert failed == ("FAILED" in words)


def test_missing_bucket_is_reported(bucket, settings):
    settings.STORAGE_BUCKET = "there-is-none"
    text, failed = run("check_storage")
    assert failed and "NoSuchBucket" in text and "STORAGE_BUCKET" in text


def test_wrong_public_endpoint_is_reported(bucket, settings):
    settings.STORAGE_PUBLIC_ENDPOINT_URL = "http://127.0.0.1:9"
    text, failed = run("check_storage")
    assert failed and "FAILED  presigned link" in text


def test_files_stay_readable_while_they_move_to_the_bucket(bucket, on_disk, s3_client):
    contents = [local_path(asset.key).read_bytes() for asset in on_disk]
    text, failed = run("move_media")
    assert not failed and "3 files" in text
    for asset, content in zip(on_disk, contents, strict=True):
        assert s3_client.get_object(Bucket=bucket, Key=asset.key)["Body"].read() == content
        assert not local_path(asset.key).exists()
        with services.asset_local_copy(asset) as path:
            assert path.read_bytes() == content


def test_interrupted_move_resumes(bucket, on_disk, proxy):
    proxy.faults.append(Fault("PUT", "denied", part=on_disk[1].key))
    text, failed = run("move_media")
    assert failed and "AccessDenied" in text
    assert Asset.objects.filter(stored_in="bucket").count() == 2
    assert local_path(on_disk[1].key).exists()
    proxy.faults.clear()
    sent = proxy.count("PUT")
    assert run("move_media")[1] is False
    assert proxy.count("PUT") - sent == 1
    assert Asset.objects.filter(stored_in="bucket", media_folder="").count() == 3


def test_dry_run_moves_nothing(bucket, on_disk, proxy):
    text, _ = run("move_media", "--dry-run")
    assert "3 files" in text and "would be moved" in text
    assert proxy.count("PUT") == 0
    assert Asset.objects.filter(upload_pending=True).count() == 0


def test_move_without_a_bucket_is_refused(on_disk):
    text, failed = run("move_media")
    assert failed and "STORAGE_BUCKET" in text
