import hashlib
import uuid
from pathlib import Path

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from apps.assets import services
from apps.assets.models import Asset
from apps.assets.store import keys
from apps.assets.store.disk import local_path, media_folder_id
from apps.core.errors import ConflictError, InputError, http_status

pytestmark = pytest.mark.django_db


def store(path, user, **facts):
    stored = services.file_store(path, key=keys.job_video_key(uuid.uuid4()), content_type="video/mp4")
    return services.asset_create(owner=user, stored=stored, kind="video", **facts)


def test_stored_video_has_its_probe_facts_and_key(clip, user):
    content = clip.read_bytes()
    asset = store(clip, user)
    assert not clip.exists()
    assert local_path(asset.key).read_bytes() == content
    assert asset.sha256 == hashlib.sha256(content).hexdigest()
    assert (asset.width, asset.height, asset.fps, asset.frames) == (96, 64, "24", 12)
    assert (asset.video_codec, asset.size_bytes, asset.stored_in) == ("h264", len(content), "disk")
    assert asset.duration_seconds == pytest.approx(0.5)
    assert asset.media_folder == media_folder_id()


def test_job_folder_is_named_by_its_asset(clip, user):
    asset = store(clip, user)
    assert asset.key == f"mv/jobs/{asset.id}/video.mp4"


def test_key_owned_by_a_row_is_never_overwritten(clip, song, user):
    asset = store(clip, user)
    content = local_path(asset.key).read_bytes()
    with pytest.raises(ConflictError):
        services.file_store(song, key=asset.key, content_type="audio/wav")
    assert local_path(asset.key).read_bytes() == content


def test_leftover_of_a_dead_attempt_is_replaced(clip, song, user):
    key = "users/1/jobs/2/pro_result_2.mp4"
    services.file_store(song, key=key, content_type="audio/wav")
    stored = services.file_store(clip, key=key, content_type="video/mp4")
    asset = services.asset_create(owner=user, stored=stored, kind="video")
    assert local_path(key).stat().st_size == asset.size_bytes


def test_dead_attempt_cannot_create_a_row_for_the_next_attempts_file(clip, song, user):
    key = "users/1/jobs/2/pro_result_2.mp4"
    early = services.file_store(song, key=key, content_type="audio/wav")
    services.file_store(clip, key=key, content_type="video/mp4")
    with pytest.raises(ConflictError):
        services.asset_create(owner=user, stored=early, kind="video")
    assert not Asset.objects.exists()


def test_metadata_is_stored_next_to_its_video_without_probing(clip, tmp_path, user):
    asset = store(clip, user)
    path = tmp_path / "metadata.json"
    path.write_text("{}")
    stored = services.file_store(path, key=keys.job_metadata_key(asset.id), content_type="application/json")
    part = services.asset_create(owner=user, stored=stored, kind="metadata", part_of=asset)
    assert part.id != asset.id
    assert list(asset.parts.all()) == [part]


def test_result_is_served_locally_without_a_bucket(clip, user):
    asset = store(clip, user)
    assert services.asset_urls(asset) == {
        "cloud_urls": {},
        "cloud_url": None,
        "local_video_url": f"/api/mv/get_video/{asset.id}",
        "video_url": f"/api/mv/get_video/{asset.id}",
    }
    assert services.asset_url(asset, lifetime_seconds=60) is None


def test_local_copy_of_a_file_on_this_disk_is_the_file_itself(clip, user):
    asset = store(clip, user)
    with services.asset_local_copy(asset) as path:
        assert path == local_path(asset.key)


@pytest.mark.parametrize("key", ["../etc/passwd", "/etc/passwd", "mv/../../x", "mv//x", "mv/.hidden", "one", "a/b c"])
def test_key_that_could_leave_its_folder_is_refused(clip, key):
    with pytest.raises(InputError):
        services.file_store(clip, key=key, content_type="video/mp4")
    assert clip.exists()


def test_file_on_another_file_system_is_stored(clip_master, user):
    other = Path("/dev/shm")
    if not other.is_dir() or other.stat().st_dev == clip_master.stat().st_dev:
        pytest.skip("there is only one file system")
    source = other / f"{uuid.uuid4()}.mp4"
    source.write_bytes(clip_master.read_bytes())
    asset = store(source, user)
    assert not source.exists()
    assert local_path(asset.key).read_bytes() == clip_master.read_bytes()


def test_uploaded_song_is_identified_by_content_not_name(song, user):
    upload = SimpleUploadedFile("../../evil.exe", song.read_bytes(), content_type="text/html")
    asset = services.asset_from_upload(by=user, upload=upload, kind="audio")
    assert (asset.content_type, asset.kind, asset.original_name) == ("audio/wav", "audio", "evil.exe")
    assert asset.key == f"users/{user.pk}/uploads/{asset.id}/audio.wav"
    assert asset.duration_seconds == pytest.approx(1.0)


@pytest.mark.parametrize(
    ("content", "kind", "code"),
    [
        (b"", "audio", "empty_file"),
        (b"#EXTM3U\nhttp://169.254.169.254/x.ts\n", "video", "not_media"),
        (b"<html><script>alert(1)</script></html>", "image", "not_media"),
        (b"\x00" * 5000, "audio", "not_media"),
    ],
)
def test_file_that_is_not_media_is_refused_with_a_reason(user, settings, content, kind, code):
    with pytest.raises(InputError) as caught:
        services.asset_from_upload(by=user, upload=SimpleUploadedFile("a.mp3", content), kind=kind)
    assert (caught.value.code, http_status(caught.value)) == (code, 400)
    assert "file" in caught.value.errors
    assert not Asset.objects.exists()
    assert not any(path.is_file() for path in Path(settings.SCRATCH_ROOT).rglob("*"))


def test_video_is_refused_as_a_song(clip, user):
    with pytest.raises(InputError) as caught:
        services.asset_from_upload(by=user, upload=SimpleUploadedFile("a.mp3", clip.read_bytes()), kind="audio")
    assert caught.value.code == "wrong_kind"


@pytest.mark.parametrize(("limit", "code"), [((1000, 3600, "x"), "upload_too_large"), ((10**9, 0.5, "x"), "too_long")])
def test_file_above_the_limits_is_refused(song, user, settings, limit, code):
    settings.UPLOAD_LIMITS = {"audio": limit}
    with pytest.raises(InputError) as caught:
        services.asset_from_upload(by=user, upload=SimpleUploadedFile("a.wav", song.read_bytes()), kind="audio")
    assert caught.value.code == code


def test_deleting_an_asset_removes_its_file_and_parts(clip, user, django_capture_on_commit_callbacks):
    asset = store(clip, user)
    place = local_path(asset.key)
    with django_capture_on_commit_callbacks(execute=True):
        services.asset_delete(by=user, asset=asset)
    assert not place.exists()
    assert not place.parent.exists()
