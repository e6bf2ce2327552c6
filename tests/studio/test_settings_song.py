"""The song of a project on its settings page: another one, a part of it, and what that means for the scenes."""

from decimal import Decimal

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from apps.jobs.models import Job
from tests.factories import make_clip, make_project, make_scenes, make_song
from tests.fakes import media
from tests.studio.pages import html_of, make_job, page

pytestmark = pytest.mark.django_db


@pytest.fixture
def project(user):
    project = make_project(user, song=make_song(user, seconds=40))
    make_scenes(project, "10", "30")
    return project


def use(browser, project, **data):
    project.refresh_from_db()
    data = {"version": project.version, **data}
    return browser.post(f"/projects/{project.pk}/song/use", data)


def lengths(project):
    return [float(scene.duration) for scene in project.scenes.filter(deleted_at=None)]


def test_another_song_asks_what_it_means_for_the_scenes(browser, user, project):
    other = make_song(user, seconds=20)
    asked = use(browser, project, audio_id=other.asset_id)
    assert asked.status_code == 400 and "plan their cuts again, or keep their lengths" in html_of(asked)
    project.refresh_from_db()
    assert project.song_id != other.pk

    assert use(browser, project, audio_id=other.asset_id, scenes="replan").status_code == 302
    project.refresh_from_db()
    assert project.song_id == other.pk and sum(lengths(project)) == 20


def test_lengths_are_kept_until_new_scenes_are_planned(browser, user, project):
    use(browser, project, audio_id=make_song(user, seconds=20).asset_id, scenes="keep")
    assert lengths(project) == [10, 30]
    use(browser, project, audio_id=make_song(user, seconds=50).asset_id, scenes="replan")
    assert sum(lengths(project)) == 50


def test_earlier_song_is_put_back_with_its_part(browser, user, project):
    earlier = project.song
    use(browser, project, audio_id=earlier.asset_id, song_start="4", song_end="0:34", scenes="replan")
    saved = use(browser, project, audio_id=make_song(user, seconds=20).asset_id, scenes="replan")
    shown = page(browser, saved.headers["Location"])
    assert "Put back the earlier song" in shown and f'name="audio_id" value="{earlier.asset_id}"' in shown

    use(
        browser, project, audio_id=earlier.asset_id, song_start="0:04.000", song_end="0:34.000", scenes="replan", back=1
    )
    project.refresh_from_db()
    assert (project.song_id, project.song_start, project.song_end) == (earlier.pk, Decimal(4), Decimal(34))
    assert sum(lengths(project)) == 30


def test_project_without_a_song_gets_one_from_a_file(browser, user):
    project = make_project(user)
    made = use(browser, project, song=SimpleUploadedFile("la.wav", media.sound(3.0)))
    project.refresh_from_db()
    assert made.status_code == 302 and project.song.title == "la"
    nonsense = use(browser, project, song=SimpleUploadedFile("la.wav", b"no sound"))
    assert nonsense.status_code == 400 and 'class="field-error"' in html_of(nonsense)


def test_link_is_fetched_by_a_job(browser, project):
    link = {"song_link": "https://example.com/song.mp3", "link_start": "0:10", "link_end": "41.5"}
    shown = use(browser, project, **link)
    job = Job.objects.get(kind="audio_import")
    assert shown.status_code == 202 and f"/jobs/{job.pk}" in html_of(shown)
    assert (job.parameters["start_time"], job.parameters["end_time"]) == (10.0, 41.5)
    again = use(browser, project, **link)
    assert again.status_code == 400 and 'class="field-error"' in html_of(again)
    reversed_part = use(browser, project, **{**link, "link_end": "5"})
    assert reversed_part.status_code == 400 and 'id="link_end-error"' in html_of(reversed_part)
    assert Job.objects.filter(kind="audio_import").count() == 1


def test_other_settings_leave_the_song_alone(browser, user, project):
    about = {"title": "Night", "idea": "rain", "flavor": "default", "aspect_ratio": "16:9", "resolution": "720p"}
    sent = {**about, "version": project.version, "audio_id": make_song(user, seconds=20).asset_id, "song_start": "5"}
    assert browser.post(f"/projects/{project.pk}/settings", sent).status_code == 302
    before = project.song_id
    project.refresh_from_db()
    assert (project.title, project.song_id, project.song_start, lengths(project)) == ("Night", before, 0, [10, 30])


def test_part_without_room_for_the_scenes_changes_nothing(browser, user):
    project = make_project(user, song=make_song(user, seconds=40))
    make_scenes(project, *["0.4"] * 100)
    refused = use(browser, project, audio_id=project.song.asset_id, song_start="0", song_end="10", scenes="replan")
    project.refresh_from_db()
    assert refused.status_code == 400 and "scenes fit into" in html_of(refused)
    assert project.song_end is None and lengths(project) == [0.4] * 100


def test_song_stays_while_work_on_it_is_under_way(browser, user, project):
    make_job(user, project_id=project.pk, kind="lipsync")
    other = make_song(user, seconds=20)
    refused = use(browser, project, audio_id=other.asset_id, scenes="keep")
    assert "Stop that or wait until it is done" in html_of(refused)
    answer = browser.patch(f"/api/mv/projects/{project.pk}", {"audio_id": str(other.asset_id)}, "application/json")
    assert (answer.status_code, answer.json()["code"]) == (409, "already_running")


def test_api_keeps_lengths_when_asked(browser, user, project):
    other = make_song(user, seconds=20)
    body = {"audio_id": str(other.asset_id), "scenes": "keep"}
    assert browser.patch(f"/api/mv/projects/{project.pk}", body, "application/json").status_code == 200
    project.refresh_from_db()
    assert (project.song_id, project.lengths_kept, lengths(project)) == (other.pk, True, [10, 30])
    assert browser.patch(f"/api/mv/projects/{project.pk}", {"scenes": "stay"}, "application/json").status_code == 400


def test_lip_synced_scenes_are_told(browser, project):
    scene = project.scenes.first()
    make_clip(scene, origin="lip-synced", parent=make_clip(scene))
    assert "1 scene is lip-synced to the present song and needs it again" in page(
        browser, f"/projects/{project.pk}/settings"
    )
