import resource
from contextlib import contextmanager
from pathlib import Path

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from apps.assets.models import Asset
from apps.assets.store.disk import local_path

pytestmark = pytest.mark.django_db


@pytest.fixture
def upload(client, user, settings):
    client.force_login(user)

    def send(content, *, kind="video", name="clip.mp4"):
        response = client.post("/api/assets", {"kind": kind, "file": SimpleUploadedFile(name, content)})
        left = [path for path in Path(settings.SCRATCH_ROOT).rglob("*") if path.is_file()]
        assert left == [], "nothing stays in the scratch folder"
        return response

    return send


def test_upload_is_streamed_to_its_key(upload, clip):
    content = clip.read_bytes()
    response = upload(content)
    assert response.status_code == 201
    asset = Asset.objects.get(pk=response.json()["id"])
    assert local_path(asset.key).read_bytes() == content
    assert asset.original_name == "clip.mp4"


def test_file_above_every_limit_gets_a_clear_error_and_leaves_nothing(upload, clip, settings):
    settings.UPLOAD_LIMITS = {"video": (1000, 3600, "a video")}
    response = upload(clip.read_bytes())
    assert (response.status_code, response.json()["code"]) == (413, "upload_too_large")
    assert not Asset.objects.exists()


def test_file_above_the_limit_of_its_kind_is_refused(upload, clip, settings):
    settings.UPLOAD_LIMITS = {"video": (1000, 3600, "a video"), "audio": (10**9, 3600, "a song")}
    assert upload(clip.read_bytes()).status_code == 413


def test_truncated_file_is_refused_with_a_message(upload, clip):
    response = upload(clip.read_bytes()[: clip.stat().st_size // 2])
    assert response.status_code == 400
    assert response.json()["errors"]["file"]


@contextmanager
def room_for(size):
    """Let this process's files grow to so many bytes. As on a full disk, a write of more first writes what fits."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def test_upload_that_does_not_fit_on_the_disk_is_not_stored_cut_off(upload, clip):
    content = clip.read_bytes()
    with room_for(len(content) - 100):
        response = upload(content + bytes(100))
    assert (response.status_code, response.json()["code"]) == (503, "storage_unavailable")
    assert "disk is full" in response.json()["detail"]
    assert not Asset.objects.exists()
    assert upload(content).status_code == 201


def test_bytes_that_are_not_media_are_refused(upload):
    response = upload(b"#!/bin/sh\necho hello\n" * 50)
    assert (response.status_code, response.json()["code"]) == (400, "not_media")
