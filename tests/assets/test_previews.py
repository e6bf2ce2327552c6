"""Pictures that browsers can't show are shown as JPEGs."""

import io
import threading

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from PIL import Image

from apps.assets.models import Asset
from apps.assets.services import asset_delete, asset_from_upload, asset_view_url
from apps.assets.store.disk import local_path


def upload(user, suffix, picture=None, **options):
    held = io.BytesIO()
    (picture or Image.new("RGB", (120, 80), "teal")).save(held, format=suffix, **options)
    return asset_from_upload(by=user, upload=SimpleUploadedFile(f"x.{suffix}", held.getvalue()), kind="image")


def shown(response):
    return Image.open(io.BytesIO(response.getvalue()))


@pytest.mark.django_db
@pytest.mark.parametrize("suffix", ["heif", "tiff"])
def test_page_shows_a_jpeg_and_download_gives_the_file(client, user, other_user, suffix):
    client.force_login(user)
    asset = upload(user, suffix)
    url = asset_view_url(asset)
    first, again = client.get(url), client.get(url)
    assert (first.status_code, first["Content-Type"], shown(first).size) == (200, "image/jpeg", (120, 80))
    assert first["ETag"] == again["ETag"]
    assert asset.parts.count() == 1
    assert client.get(f"{url}?download")["Content-Type"] == asset.content_type
    assert client.get(f"/api/assets/{asset.pk}/content")["Content-Type"] == asset.content_type
    client.force_login(other_user)
    assert client.get(url).status_code == 404


@pytest.mark.django_db
def test_huge_picture_is_shown_small(client, user):
    client.force_login(user)
    asset = upload(user, "jpeg", Image.new("L", (9000, 6000), 90), quality=30)
    assert shown(client.get(asset_view_url(asset))).size == (2048, 1365)


@pytest.mark.django_db
def test_picture_that_browsers_show_is_served_itself(client, user):
    asset = upload(user, "png")
    assert asset_view_url(asset) == f"/api/assets/{asset.pk}/content"
    assert not asset.parts.exists()


@pytest.mark.django_db
def test_preview_is_deleted_with_its_picture(client, user, django_capture_on_commit_callbacks):
    client.force_login(user)
    asset = upload(user, "tiff")
    client.get(asset_view_url(asset))
    preview = local_path(asset.parts.get().key)
    assert preview.exists()
    with django_capture_on_commit_callbacks(execute=True):
        asset_delete(by=user, asset=asset)
    assert not preview.exists()


@pytest.mark.django_db(transaction=True)
def test_two_first_requests_leave_one_preview(client, user, settings):
    asset = upload(user, "tiff")
    client.force_login(user)
    statuses = []

    def ask():
        browser = client.__class__()
        browser.force_login(user)
        statuses.append(browser.get(asset_view_url(asset)).status_code)
        connection.close()

    threads = [threading.Thread(target=ask) for _ in range(2)]
    [thread.start() for thread in threads]
    [thread.join() for thread in threads]
    assert statuses == [200, 200]
    files = [path for path in local_path(asset.key).parent.iterdir() if path.suffix == ".jpg"]
    assert [local_path(part.key) for part in Asset.objects.filter(part_of=asset)] == files
