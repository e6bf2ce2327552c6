import uuid

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from apps.assets import services
from apps.assets.links import signed_link
from apps.assets.models import Asset
from apps.assets.store import keys
from apps.assets.store.disk import local_path

pytestmark = pytest.mark.django_db


@pytest.fixture
def video(clip, user):
    stored = services.file_store(clip, key=keys.job_video_key(uuid.uuid4()), content_type="video/mp4")
    return services.asset_create(owner=user, stored=stored, kind="video", original_name="My clip é.mov")


@pytest.fixture
def content(video):
    return local_path(video.key).read_bytes()


@pytest.fixture
def url(video, client, user):
    client.force_login(user)
    return f"/api/mv/get_video/{video.id}"


def body(response) -> bytes:
    return b"".join(response.streaming_content)


def test_whole_video_is_served(client, url, video, content):
    response = client.get(url)
    assert (response.status_code, body(response)) == (200, content)
    assert response["Content-Type"] == "video/mp4"
    assert response["Content-Length"] == str(len(content))
    assert (response["Accept-Ranges"], response["ETag"]) == ("bytes", f'"{video.sha256}"')
    assert response["Content-Disposition"].startswith("inline")


@pytest.mark.parametrize("ends", [(0, "99"), (100, "")])
def test_range_is_served_as_206(client, url, content, ends):
    first, last = ends[0], int(ends[1] or len(content) - 1)
    response = client.get(url, headers={"Range": f"bytes={first}-{ends[1]}"})
    assert response.status_code == 206
    assert response["Content-Range"] == f"bytes {first}-{last}/{len(content)}"
    assert response["Content-Length"] == str(last - first + 1)
    assert body(response) == content[first : last + 1]


def test_range_outside_the_file_is_416_with_the_size(client, url, content):
    response = client.get(url, headers={"Range": f"bytes={len(content)}-"})
    assert (response.status_code, response["Content-Range"]) == (416, f"bytes */{len(content)}")


def test_head_has_the_headers_but_no_body(client, url, content):
    response = client.head(url)
    assert (response.status_code, response.content) == (200, b"")
    assert response["Content-Length"] == str(len(content))
    assert client.head(url, headers={"Range": "bytes=0-9"})["Content-Length"] == "10"


@pytest.mark.parametrize(("condition", "status"), [("{etag}", 206), ('"other"', 200), ("W/{etag}", 200)])
def test_if_range_of_another_file_gets_the_whole_file(client, url, video, condition, status):
    condition = condition.format(etag=f'"{video.sha256}"')
    response = client.get(url, headers={"Range": "bytes=0-9", "If-Range": condition})
    assert response.status_code == status


def test_cached_copy_is_not_sent_again(client, url, video):
    assert client.get(url, headers={"If-None-Match": f'"{video.sha256}"'}).status_code == 304


def test_cached_copy_is_not_shown_after_sign_out(client, url, video):
    shown = client.get(url)
    assert shown["Cache-Control"] in {"private, no-cache", "private, no-store"}
    client.logout()
    asked_again = client.get(url, headers={"If-None-Match": f'"{video.sha256}"'})
    assert asked_again.status_code == 401


def test_player_may_accept_video_only(client, url):
    assert client.get(url, headers={"Accept": "video/webm,video/*;q=0.9"}).status_code == 200


def test_download_has_the_uploads_name_with_the_contents_suffix(client, url):
    assert client.get(url + "?download")["Content-Disposition"] == "attachment; filename*=utf-8''My_clip_%C3%A9.mp4"


def test_video_info_returns_its_facts(client, url, video):
    facts = client.get(url + "/info").json()
    assert (facts["id"], facts["width"], facts["fps"], facts["sha256"]) == (str(video.id), 96, "24", video.sha256)
    assert (facts["video_url"], facts["cloud_url"], facts["cloud_urls"]) == (url, None, {})


@pytest.mark.parametrize("name", ["get-video", "get-video-info", "asset-detail", "asset-content"])
def test_another_users_file_is_not_found(client, video, other_user, staff, name):
    url = reverse(name, args=[video.id])
    assert client.get(url).status_code == 401
    for person in (other_user, staff):
        client.force_login(person)
        response = client.get(url)
        assert (response.status_code, response.json()["code"]) == (404, "not_found")


def test_unknown_or_malformed_id_is_not_found(client, url):
    for wrong in (uuid.uuid4(), "1", "..%2f..%2fetc%2fpasswd"):
        assert client.get(f"/api/mv/get_video/{wrong}").status_code == 404


def test_video_is_not_served_as_a_character_reference(client, url, video):
    assert client.get(f"/api/mv/get_character_reference/{video.id}").status_code == 404


def test_character_reference_is_served(client, picture, user):
    client.force_login(user)
    upload = SimpleUploadedFile("x", picture.read_bytes())
    asset = services.asset_from_upload(by=user, upload=upload, kind="image")
    response = client.get(f"/api/mv/get_character_reference/{asset.id}")
    assert (response.status_code, response["Content-Type"]) == (200, "image/png")


def test_file_that_disappeared_is_reported_missing(client, url, video):
    local_path(video.key).unlink()
    response = client.get(url)
    assert (response.status_code, response.json()["code"]) == (404, "file_missing")


def test_signed_link_works_without_an_account_until_it_expires(client, video, content, settings):
    settings.PUBLIC_URL = "https://studio.example"
    link = signed_link(video, lifetime_seconds=60).removeprefix(settings.PUBLIC_URL)
    assert link.endswith("/video.mp4")
    assert body(client.get(link, headers={"Range": "bytes=0-9"})) == content[:10]
    assert client.head(link).status_code == 200
    expired = signed_link(video, lifetime_seconds=-1).removeprefix(settings.PUBLIC_URL)
    assert client.get(expired).status_code == 404
    assert client.get(link.replace("shared/W", "shared/X")).status_code == 404


def test_there_is_no_signed_link_without_a_public_url(video):
    assert services.asset_public_url(video) is None
    assert Asset.objects.count() == 1
