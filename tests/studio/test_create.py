import re
from decimal import Decimal

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from apps.jobs.models import Job
from apps.projects.models import Project
from tests.factories import make_project, make_song
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


def test_each_pace_says_how_many_shots_it_makes_of_the_song_and_for_how_much(browser, user, replicate):
    song = make_song(user, seconds=60.0, analysis={"energy": [0.2] * 300 + [0.9] * 300})
    form = {"audio_id": str(song.asset_id), "flavor": "cinematic", "resolution": "720p", "aspect_ratio": "16:9"}

    def counts(**more):
        html, _, price = html_of(browser.get("/create/pace", {**form, **more})).partition('id="create-price"')
        prices.append(price)
        return html, [int(count) for count in re.findall(r"(\d+) shots", html)]

    prices: list[str] = []
    html, free = counts()
    assert "Everything at once:" in prices[0] and "free draft" in prices[0] and "Pictures first:" not in prices[0]
    assert len(free) == 3 and free == sorted(free) and len(set(free)) == 3
    assert html.count("free draft") == 3 and re.search(r"Calm\s*<span[^>]*>\(the flavor's\)", html)
    html, paid = counts(by_video="replicate:google/veo-3.1-fast")
    assert paid == sorted(paid) and paid[2] < free[2] and html.count("$") == 3
    assert "sells clips of 4 s and more" in html
    assert re.search(r"Pictures first: free, then clips \$\d", prices[1])
    assert re.search(r'name="pictures_price" value="0[.0]*"', prices[1])
    assert counts(number_of_scenes="5")[1] == [5, 5, 5]
    assert "At most 150 scenes fit" in counts(number_of_scenes="600")[0]
    assert "lasts only 60.0 seconds" in counts(song_start="2:00")[0]
    assert "Choose a song" in counts(audio_id="")[0]
    other = make_song(type(user).objects.create_user("somebody else"), seconds=60.0)
    assert "no such song" in counts(audio_id=str(other.asset_id))[0]


def test_pictures_first_makes_them_for_at_most_the_shown_price(browser, replicate):
    form = {"mode": "edit", "idea": "rain", "aspect_ratio": "16:9", "resolution": "720p", "number_of_scenes": "2"}
    free = browser.post("/create", {**form, "pictures_price": "0.00"})
    project = Project.objects.get()
    assert free["Location"] == f"/quick-gen/{project.pk}"
    assert (project.generating, project.round, project.needs_approval) == (True, "pictures", True)

    paid = {**form, "by_image": "replicate:black-forest-labs/flux-2-pro"}
    price = re.search(r'name="pictures_price" value="([\d.]+)"', html_of(browser.get("/create/pace", paid)))
    assert price and Decimal(price[1]) > 0
    for shown, starts in (("0.01", False), ("cheap", False), (price[1], True)):
        response = browser.post("/create", {**paid, "pictures_price": shown}, follow=True)
        assert Project.objects.latest("created_at").generating is starts
        assert ("pictures were not started" in html_of(response)) is not starts


def test_chosen_pace_is_kept(browser):
    data = {"mode": "edit", "idea": "rain", "aspect_ratio": "16:9", "resolution": "720p"}
    browser.post("/create", {**data, "pace": "fast"})
    project = Project.objects.get()
    assert project.pace == "fast"
    assert '<option value="fast" selected>' in page(browser, f"/projects/{project.pk}/settings")
    assert browser.post("/create", {**data, "pace": "frantic"}).status_code == 400
