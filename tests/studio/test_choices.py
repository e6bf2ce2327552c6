"""What the API offers has a place on a page: the part of a song, a stem, takes, crops, and a lip-sync's source, own
audio and preview."""

from decimal import Decimal

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from apps.jobs.models import Job
from apps.projects.models import Project
from apps.scenes.models import Origin
from tests.factories import make_clip, make_project, make_scenes, make_song, store_asset
from tests.fakes import media
from tests.studio.pages import HTMX, html_of, make_job, page

pytestmark = pytest.mark.django_db(transaction=True)

FORM = {"title": "Night", "idea": "rain", "flavor": "default", "aspect_ratio": "16:9", "resolution": "720p"}


def test_create_takes_a_part_of_a_link_and_of_the_song(browser, user):
    song = make_song(user, seconds=60)
    form = {**FORM, "mode": "quick"}

    browser.post(
        "/create", {**form, "song_link": "https://example.com/a.mp3", "link_start": "0:10", "link_end": "41.5"}
    )
    browser.post("/create", {**form, "audio_id": song.asset_id, "song_start": "0:05.5", "song_end": "30"})
    reversed_part = browser.post("/create", {**form, "audio_id": song.asset_id, "song_start": "9", "song_end": "3"})
    nonsense = browser.post("/create", {**form, "song_link": "https://example.com/a.mp3", "link_start": "soon"})

    asked = Job.objects.get(kind="audio_import").parameters
    assert (asked["start_time"], asked["end_time"]) == (10.0, 41.5)
    project = Project.objects.get()
    assert (project.song_start, project.song_end) == (Decimal("5.5"), Decimal(30))
    assert reversed_part.status_code == 400 and 'id="song_end-error"' in html_of(reversed_part)
    assert nonsense.status_code == 400 and "Type seconds, such as 41.5" in html_of(nonsense)


def test_settings_change_song_and_part_only_where_they_were_changed(browser, user):
    exact = Decimal("3.123456")
    project = make_project(user, song=make_song(user, seconds=60), song_start=exact)
    other = make_song(user, seconds=20)
    here = f"/projects/{project.pk}/song/use"
    shown = {"audio_id": project.song.asset_id, "song_start": "0:03.123", "song_end": ""}
    assert 'value="0:03.123"' in page(browser, f"/projects/{project.pk}/settings")

    browser.post(here, {**shown, "version": 1})
    project.refresh_from_db()
    assert project.song_start == exact
    browser.post(
        here, {**shown, "version": project.version, "audio_id": other.asset_id, "song_start": "1", "song_end": "0:09"}
    )
    project.refresh_from_db()
    assert (project.song_id, project.song_start, project.song_end) == (other.pk, 1, 9)


def test_stem_is_uploaded_on_the_songs_page(browser, user):
    project = make_project(user, song_seconds=12)
    here = f"/projects/{project.pk}/song"

    browser.post(f"{here}/stem", {"file": SimpleUploadedFile("vocals.wav", media.sound(1.0))})

    job = Job.objects.get(kind="stem")
    assert f"/jobs/{job.pk}" in page(browser, here) and "The vocals are on their way." in page(browser, here)
    assert browser.post(f"{here}/stem", headers=HTMX).status_code == 400


def test_inspector_generates_and_prices_takes(browser, user, settings):
    settings.REPLICATE_API_TOKEN = "a token for tests"
    project = make_project(user, providers={"video": "replicate"})
    make_scenes(project, "4")
    here = f"/projects/{project.pk}/scenes/1"
    assert "8 clips to choose from" in page(browser, f"{here}/inspector")
    assert "$1.20" in page(browser, f"{here}/quote/video?takes=3")

    refused = browser.post(f"{here}/video", {"takes": "9"}, headers=HTMX)
    browser.post(f"{here}/video", {"takes": "3"}, headers=HTMX)

    assert refused.status_code == 400
    assert sorted(job.parameters["make_current"] for job in Job.objects.filter(kind="video")) == [False, False, True]


def test_lipsync_dialog_names_its_source_which_can_be_changed(browser, user):
    project = make_project(user, song_seconds=12)
    (scene,) = make_scenes(project, "2")
    video = store_asset(user, media.video(2.0))
    first, second = make_clip(scene, asset=video), make_clip(scene, asset=video)
    make_clip(scene, asset=video, origin=Origin.LIPSYNCED, parent=second)
    here = f"/projects/{project.pk}/scenes/1/lipsync"
    html = page(browser, here)
    assert f'<option value="{second.pk}" selected>2 Generated' in html and "3 Lip-synced · in use" in html

    voice = SimpleUploadedFile("line.wav", media.sound(1.0))
    browser.post(here, {"clip_id": first.pk, "preview": "on", "voice": voice, "audio_start": "0.25"}, headers=HTMX)

    asked = Job.objects.get(kind="lipsync").parameters
    assert asked["frozen"]["inputs"]["video"]["asset_id"] == str(video.pk)
    assert (asked["parent_id"], asked["make_current"]) == (str(first.pk), False)
    assert (asked["audio_segment"]["start_time"], asked["asked_audio"]["audio_start"]) == (0.25, "0.25")
    strange = browser.post(here, {"clip_id": project.pk}, headers=HTMX)
    assert strange.status_code == 404


def test_jobs_list_links_the_files_of_finished_jobs(browser, user, django_assert_max_num_queries):
    video = store_asset(user, media.video(1.0))
    for _ in range(3):
        make_job(user, state="succeeded", finished_at="2026-01-01T00:00Z", result={"video_id": str(video.pk)})
    make_job(user, state="failed", finished_at="2026-01-01T00:00Z", error="no")

    with django_assert_max_num_queries(14):
        html = page(browser, "/jobs")

    assert html.count(" download ") == 3
