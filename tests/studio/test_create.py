import re

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from apps.jobs.models import Job
from apps.projects.models import Project
from tests.factories import make_project
from tests.studio.pages import html_of, page

pytestmark = pytest.mark.django_db


def test_creating_needs_only_an_idea(browser, user):
    response = browser.post("/create", {"mode": "edit", "idea": "rain", "aspect_ratio": "9:16", "resolution": "720p"})

    project = Project.objects.get()
    assert response.headers["Location"] == f"/edit/{project.pk}"
    assert (project.owner, project.idea, project.aspect_ratio, project.flavor) == (user, "rain", "9:16", "default")


def test_typed_text_survives_expired_session(client, user):
    data = {"mode": "edit", "idea": "a storm at sea", "aspect_ratio": "9:16", "resolution": "720p", "budget": "7.50"}
    asked = client.post("/create", data)
    kept = re.search(r'name="kept" value="([^"]+)"', html_of(asked))[1]
    who = {"username": user.username, "password": "a long passphrase", "next": "/create"}
    wrong = client.post("/accounts/sign-in/", {**who, "password": "wrong", "kept": kept})
    assert kept in html_of(wrong)
    html = html_of(client.post("/accounts/sign-in/", {**who, "kept": kept}, follow=True))

    assert ">a storm at sea</textarea>" in html
    assert 'value="7.50"' in html
    assert '<option value="9:16" selected>' in html
    assert "a storm at sea" not in html_of(client.get("/create"))
    assert Project.objects.count() == 0


def test_song_rows_survive_expired_session(client, user):
    url = f"/projects/{make_project(user, song_seconds=12).pk}/song"
    asked = client.post(url, {"save": "sections", "label": ["intro", "drop"], "start": ["0:00", "0:07.5"]})
    kept = re.search(r'name="kept" value="([^"]+)"', html_of(asked))[1]
    who = {"username": user.username, "password": "a long passphrase", "next": url, "kept": kept}
    html = html_of(client.post("/accounts/sign-in/", who, follow=True))

    assert re.findall(r'name="label" value="([^"]*)"', html)[:2] == ["intro", "drop"]
    assert 'value="0:07.5"' in html


def test_creating_without_idea_shows_error_at_field_and_keeps_the_rest(browser):
    response = browser.post(
        "/create", {"mode": "quick", "idea": " ", "character_description": "Mara", "aspect_ratio": "1:1"}
    )
    html = html_of(response)

    assert response.status_code == 400
    assert "Describe the video in a sentence or two." in html
    assert 'aria-describedby="idea-error"' in html
    assert ">Mara</textarea>" in html


def test_non_song_file_shows_error_at_its_field(browser):
    song = SimpleUploadedFile("song.mp3", b"not a song at all", "audio/mpeg")
    data = {"mode": "quick", "idea": "rain", "aspect_ratio": "16:9", "resolution": "720p", "song": song}
    response = browser.post("/create", data)

    assert response.status_code == 400
    assert re.search(r'id="song-error"[^>]*>[^<]+<', html_of(response))
    assert Project.objects.count() == 0


def test_link_is_fetched_by_a_job_and_text_is_kept(browser):
    data = {"mode": "quick", "idea": "rain", "aspect_ratio": "16:9", "resolution": "720p"}
    response = browser.post("/create", {**data, "song_link": "https://example.com/song.mp3"})
    html = html_of(response)

    assert response.status_code == 202
    assert f"/jobs/{Job.objects.get(kind='audio_import').pk}" in html
    assert ">rain</textarea>" in html
    assert Project.objects.count() == 0


def test_every_flavor_can_be_chosen(browser):
    html = page(browser, "/create")

    assert re.search(r'<option value="default" selected>', html)
    assert '<option value="cinematic">' in html
