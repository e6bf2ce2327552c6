import multiprocessing
import os
import tempfile
import uuid
from datetime import UTC, datetime
from pathlib import Path

import pytest
from django.db import connection
from structlog.testing import capture_logs

from apps.assets import services
from apps.assets.models import Asset, StorageTotal
from apps.assets.store import keys
from apps.assets.store.disk import local_path, media_root
from apps.assets.store.local_files import Deletion, local_file_delete, local_file_hold
from tests.assets.conftest import audio_make

pytestmark = pytest.mark.django_db(transaction=True)

JOB, PROJECT = uuid.uuid4(), uuid.uuid4()
NOW = datetime(2026, 11, 21, tzinfo=UTC)
# Every kind of result whose local file is deleted after its upload.
RESULTS = {
    "generated video": (keys.job_video_key(JOB), "video/mp4", "video"),
    "its metadata": (keys.job_metadata_key(JOB), "application/json", "metadata"),
    "its reference image": (keys.job_reference_image_key(JOB), "image/png", "image"),
    "scene clip": (keys.scene_file_key(PROJECT, 3, f"clip_{JOB}.mp4"), "video/mp4", "video"),
    "lip-synced clip": (keys.scene_lipsync_key(PROJECT, 3, NOW), "video/mp4", "video"),
    "trimmed clip": (keys.scene_file_key(PROJECT, 3, f"trim_{JOB}.mp4"), "video/mp4", "video"),
    "character reference": (keys.job_file_key(JOB, "image.png"), "image/png", "image"),
    "composed final": (keys.final_file_key(PROJECT, f"final_{JOB}.mp4"), "video/mp4", "video"),
    "Pro result": (keys.pro_result_key(7, JOB), "video/mp4", "video"),
    "uploaded song": (keys.upload_key(7, JOB, "audio", ".wav"), "audio/wav", "audio"),
}


def place(name="mv/jobs/1/video.mp4", content=b"content"):
    path = local_path(name)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return path


def deleted(path):
    with capture_logs() as logs:
        outcome = local_file_delete(path, reason="uploaded")
    return outcome, [(line["event"], line["log_level"]) for line in logs], logs


@pytest.fixture
def made(clip, picture, tmp_path):
    path = tmp_path / "metadata.json"
    path.write_text("{}")
    song = audio_make(tmp_path / "s.wav")
    return {"video/mp4": clip, "image/png": picture, "application/json": path, "audio/wav": song}


@pytest.mark.parametrize("result", RESULTS)
def test_local_file_of_every_kind_of_result_is_deleted_after_upload(result, made, user, bucket, s3_client):
    key, content_type, kind = RESULTS[result]
    content = made[content_type].read_bytes()
    stored = services.file_store(made[content_type], key=key, content_type=content_type)
    assert local_path(key).read_bytes() == content
    with capture_logs() as logs:
        asset = services.asset_create(owner=user, stored=stored, kind=kind)
    assert not local_path(key).exists()
    assert [line["size_bytes"] for line in logs if line["event"] == "local_file_deleted"] == [len(content)]
    assert s3_client.get_object(Bucket=bucket, Key=asset.key)["Body"].read() == content
    assert [path for path in media_root().iterdir() if path.is_dir()] == []


@pytest.mark.parametrize("result", RESULTS)
def test_keep_local_files_keeps_every_kind_of_result(result, made, user, bucket, settings):
    settings.KEEP_LOCAL_FILES = True
    key, content_type, kind = RESULTS[result]
    stored = services.file_store(made[content_type], key=key, content_type=content_type)
    services.asset_create(owner=user, stored=stored, kind=kind)
    assert local_path(key).exists()
    assert Asset.objects.get().stored_in == "bucket"


def test_deletion_is_logged_with_the_size_and_counted():
    path = place(content=b"12345")
    outcome, events, logs = deleted(path)
    assert (outcome, events) == (Deletion.DELETED, [("local_file_deleted", "info")])
    assert logs[0]["size_bytes"] == 5
    total = StorageTotal.objects.get(name="local_uploaded")
    assert (total.files, total.size_bytes) == (1, 5)


def test_missing_file_is_a_warning():
    outcome, events, _ = deleted(local_path("mv/jobs/1/video.mp4"))
    assert (outcome, events) == (Deletion.MISSING, [("local_file_not_found", "warning")])


def test_only_empty_folders_are_removed():
    place("mv/jobs/2/video.mp4")
    deleted(place("mv/jobs/1/video.mp4"))
    assert not local_path("mv/jobs/1").exists()
    assert local_path("mv/jobs/2/video.mp4").exists()


def test_media_folder_itself_is_never_removed():
    deleted(place("mv/x.mp4"))
    assert media_root().is_dir()


def test_folder_instead_of_a_file_is_an_error_and_stays():
    path = local_path("mv/jobs/1/video.mp4")
    path.mkdir(parents=True)
    outcome, events, _ = deleted(path)
    assert (outcome, events) == (Deletion.FAILED, [("failed_to_delete_local_file", "error")])
    assert path.is_dir()


def test_nothing_outside_the_media_folder_is_deleted(tmp_path):
    outside = tmp_path / "precious.txt"
    outside.write_text("precious")
    for path in (outside, media_root() / "mv/../../precious.txt", media_root()):
        assert deleted(path)[:2] == (Deletion.FAILED, [("failed_to_delete_local_file", "error")])
    assert outside.exists()


def test_linked_folder_pointing_outside_is_not_followed(tmp_path):
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "video.mp4").write_text("precious")
    (media_root() / "mv").symlink_to(outside)
    assert deleted(media_root() / "mv/video.mp4")[0] == Deletion.FAILED
    assert (outside / "video.mp4").exists()


def test_link_to_an_outside_file_is_removed_but_not_its_target(tmp_path):
    outside = tmp_path / "precious.txt"
    outside.write_text("precious")
    link = local_path("mv/jobs/1/video.mp4")
    link.parent.mkdir(parents=True)
    link.symlink_to(outside)
    assert deleted(link)[0] == Deletion.DELETED
    assert (outside.read_text(), link.is_symlink()) == ("precious", False)


def test_linked_folder_inside_is_followed():
    path = place("mv/jobs/1/video.mp4")
    (media_root() / "mv/alias").symlink_to(path.parent)
    assert deleted(media_root() / "mv/alias/video.mp4")[0] == Deletion.DELETED
    assert not path.exists()


def test_file_without_permission_is_an_error_and_stays(settings):
    # Not under pytest's folder, which only its owner may enter.
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        settings.MEDIA_ROOT = Path(folder)
        path = place()
        path.parent.chmod(0o555)
        connection.close()

        def attempt(results):
            if os.geteuid() == 0:
                os.seteuid(65534)
            results.put(deleted(path)[:2])

        assert _in_child(attempt) == (Deletion.FAILED, [("failed_to_delete_local_file", "error")])
        assert path.exists()
        path.parent.chmod(0o755)


def test_file_being_read_is_not_deleted():
    path = place()
    with local_file_hold(path) as held:
        assert held
        assert deleted(path)[:2] == (Deletion.IN_USE, [("local_file_in_use", "info")])
        assert path.exists()
    assert deleted(path)[0] == Deletion.DELETED


@pytest.mark.processes
def test_file_read_by_another_process_is_not_deleted():
    path = place()
    context = multiprocessing.get_context("fork")
    reading, finish = context.Event(), context.Event()

    def read():
        with local_file_hold(path):
            reading.set()
            finish.wait(120)

    reader = context.Process(target=read)
    reader.start()
    assert reading.wait(120)
    assert deleted(path)[0] == Deletion.IN_USE
    finish.set()
    reader.join()
    assert deleted(path)[0] == Deletion.DELETED


@pytest.mark.processes
def test_of_many_concurrent_deletions_exactly_one_succeeds():
    path = place()
    connection.close()
    context = multiprocessing.get_context("fork")
    start, results = context.Event(), context.Queue()

    def race():
        start.wait(120)
        results.put(local_file_delete(path, reason="uploaded"))

    children = [context.Process(target=race) for _ in range(6)]
    for child in children:
        child.start()
    start.set()
    outcomes = [results.get(timeout=120) for _ in children]
    for child in children:
        child.join()
    assert outcomes.count(Deletion.DELETED) == 1
    assert set(outcomes) <= {Deletion.DELETED, Deletion.MISSING, Deletion.IN_USE}
    assert StorageTotal.objects.get(name="local_uploaded").files == 1


def _in_child(function):
    context = multiprocessing.get_context("fork")
    results = context.Queue()
    child = context.Process(target=function, args=(results,))
    child.start()
    response = results.get(timeout=120)
    child.join()
    return response
