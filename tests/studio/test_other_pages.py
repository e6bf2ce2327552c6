import re
from datetime import date
from decimal import Decimal

import pytest
from django.utils import timezone

from apps.jobs.models import Job, SpendingAccount
from apps.jobs.money import day_scope, project_scope, user_scope
from apps.songs.stored import grid_stored
from engines.listening.grid import Alternative, BeatGrid, segment_at
from tests.factories import make_asset, make_project, make_scenes, make_song
from tests.studio.pages import HTMX, html_of, make_job, page, poll, seen_of

pytestmark = pytest.mark.django_db


def test_job_page_shows_its_history(browser, user):
    job = make_job(user, state="running", progress_percentage=40, progress_message="Drawing frame 40 of 96")
    job.events.create(to_state="running", code="claimed", message="A worker took it.")
    html = page(browser, f"/jobs/{job.pk}")

    assert "Drawing frame 40 of 96" in html
    assert "A worker took it." in html
    assert "Cancel" in html


def test_finished_job_can_be_downloaded(browser, user):
    video = make_asset(user)
    result = {"video_id": str(video.pk), "metadata": {"facts": {"model": "a/model-3"}}}
    job = make_job(user, state="succeeded", finished_at="2026-01-01T00:00Z", result=result)

    html = page(browser, f"/jobs/{job.pk}")
    assert re.search(rf'href="[^"]*{video.pk}[^"]*" download', html)
    assert "a/model-3" in html


def test_job_list_is_filtered_by_url(browser, user):
    make_job(user, state="failed", error="No disk.", finished_at="2026-01-01T00:00Z")
    make_job(user)
    html = page(browser, "/jobs?state=failed")

    assert html.count('<tr id="job-') == 1
    assert "No disk." in html
    assert "No matching jobs" in page(browser, "/jobs?kind=lipsync")


@pytest.mark.parametrize("place", ["/jobs", "/"])
def test_list_with_new_rows_is_replaced_and_otherwise_updated_row_by_row(browser, user, place):
    def add():
        return make_job(user) if place == "/jobs" else make_project(user)

    first = add()
    held = seen_of(page(browser, place))
    first.refresh_from_db()
    first.title, first.progress_message = "Another", "Another"
    first.save()
    rows = html_of(poll(browser, place, held))
    add()
    whole = html_of(poll(browser, place, held))

    assert (rows.count(str(first.pk)) > 0, "data-list" in rows) == (True, False)
    assert whole.count("hx-swap-oob") == whole.count("data-list") == 1


def test_jobs_are_counted_and_filtered_by_project(browser, user):
    project = make_project(user, title="Night Drive")
    make_job(user, project_id=project.pk, state="failed", finished_at="2026-01-01T00:00Z")
    make_job(user)
    html = page(browser, f"/jobs?project={project.pk}")

    assert "1 job found" in html
    assert f'<option value="{project.pk}" selected>Night Drive</option>' in html


def test_staff_can_edit_flavor_and_others_can_only_read_it(browser, staff, client):
    assert "Only staff may edit" in page(browser, "/flavors/cinematic/image_params")

    client.force_login(staff)
    response = client.post("/flavors/cinematic/image_params", {"text": "nonsense: [", "version": "0"})
    assert response.status_code == 400
    assert "Line" in html_of(response)


def test_flavor_can_be_created_previewed_and_reset_on_its_page(client, staff, django_capture_on_commit_callbacks):
    client.force_login(staff)
    assert "A flavor with that name exists" in html_of(client.post("/flavors", {"name": "default"}))
    assert client.post("/flavors", {"name": "Night Drive!"}).status_code == 400
    assert client.post("/flavors", {"name": "storm"}).headers["Location"] == "/flavors/storm"
    place = "/flavors/storm/parameters"
    preview = html_of(client.post(place, {"text": "number_of_scenes: 3", "version": "1", "preview": "1"}))
    assert "number_of_scenes: 3" in re.search(r"Values with this edit.*?</pre>", preview, re.DOTALL)[0]
    assert "number_of_scenes: 3" not in page(client, place)
    with django_capture_on_commit_callbacks(execute=True):
        client.post(f"{place}/undo")
    assert "storm" not in page(client, "/flavors")


def test_cap_set_on_page_blocks_work_above_it(browser, user, settings):
    settings.REPLICATE_API_TOKEN = "r8_test"
    browser.post("/account/spending", {"daily": "0.00", "total": ""})
    make_scenes(project := make_project(user, providers={"image": "replicate"}), "4")
    response = browser.post(f"/projects/{project.pk}/scenes/1/image", headers=HTMX)

    assert response.status_code == 402
    assert "your cap" in html_of(response) or "a day" in html_of(response)
    assert Job.objects.count() == 0
    assert 'value="0.00"' in page(browser, "/account/spending")


def test_saved_caps_are_shown_as_they_were_typed(browser):
    shown = browser.post("/account/spending", {"daily": "$12.5", "total": "0.005"}, follow=True)

    assert "The caps are saved" in html_of(shown)
    assert 'value="12.50"' in html_of(shown) and 'value="0.005"' in html_of(shown)
    assert "of $12.50" in html_of(shown)


def test_spending_is_listed_by_project_and_day_for_its_owner_alone(browser, user, other_user):
    for owner, title, spent in ((user, "Harbor", "3.20"), (other_user, "Secret", "9.00")):
        project = make_project(owner, title=title)
        for scope in (project_scope(project.pk), user_scope(owner.pk), day_scope(owner.pk, date(2026, 3, 1))):
            SpendingAccount.objects.create(scope=scope, spent=Decimal(spent))
    shown = page(browser, "/account/spending")

    assert "Harbor" in shown and "1 Mar 2026" in shown and shown.count("$3.20") == 3
    assert "Secret" not in shown and "$9.00" not in shown


def test_non_numeric_cap_shows_error_at_its_field(browser):
    response = browser.post("/account/spending", {"daily": "a lot"})

    assert response.status_code == 400
    assert 'id="daily-error"' in html_of(response)


def test_operator_sees_queues_providers_and_failures(client, staff, user):
    make_job(user)
    failure = {"state": "failed", "code": "provider_failed", "provider": "replicate", "finished_at": timezone.now()}
    make_job(user, **failure)
    client.force_login(staff)
    html = page(client, "/operator")

    assert "Replicate" in html
    assert "provider_failed" in html
    assert "REPLICATE_API_TOKEN" in html
    assert re.search(r'<td>media</td><td class="number">1</td>', html)


def test_sections_and_beats_can_be_edited_without_scripts(browser, user):
    parts = [{"label": "intro", "start_seconds": 0.0, "end_seconds": 12.0}]
    song = make_song(user, analysis={"sections": parts, "energy": [0.5] * 120, "duration_seconds": 12.0})
    project = make_project(user, song=song)
    url = f"/projects/{project.pk}/song"
    seen = re.search(r'name="updated_at" value="([^"]+)"', page(browser, url))[1]
    sent = {"save": "sections", "updated_at": seen, "label": ["intro", "drop", ""], "start": ["0:00", "0:07.5", ""]}
    wrong = browser.post(url, {**sent, "start": ["0:00", "soon", ""]})
    assert wrong.status_code == 400
    assert "“soon” isn" in html_of(wrong) and 'value="drop"' in html_of(wrong)

    assert browser.post(url, sent).headers["Location"] == f"/edit/{project.pk}"
    song.refresh_from_db()
    assert [(part["label"], part["start_seconds"]) for part in song.analysis["sections"]] == [
        ("intro", 0),
        ("drop", 7.5),
    ]
    assert browser.post(url, {**sent, "label": ["x", "y", ""]}).status_code == 409  # based on an outdated state
    browser.post(url, {"save": "set", "bpm": "100", "offset": "0.5"})
    song.refresh_from_db()
    assert song.grid["tempo_bpm"] == pytest.approx(100)
    assert browser.post(url, {"save": "set", "bpm": "9999"}).status_code == 400
    assert browser.post(url, {"save": "dance"}).status_code == 400


def test_a_doubtful_tempo_is_offered_as_buttons(browser, user):
    other = Alternative(174.0, 0.4, (segment_at(0.0, 60 / 174, 0.25),))
    grid = BeatGrid((segment_at(0.0, 60 / 87, 0.25),), 12.0, 0.3, alternatives=(other,))
    song = make_song(user, grid=grid_stored(grid))
    url = f"/projects/{make_project(user, song=song).pk}/song"
    assert "Tempo could be 87 or 174 BPM." in page(browser, url)
    assert browser.post(url, {"save": "choose:120"}).status_code == 400
    assert browser.post(url, {"save": "choose:174.0"}).status_code == 302
    song.refresh_from_db()
    assert song.grid["tempo_bpm"] == pytest.approx(174)
    html = page(browser, url)
    assert 'value="choose:174.0" aria-pressed="true" disabled' in html
    browser.post(url, {"save": "choose:87.0"})  # takes it back
    song.refresh_from_db()
    assert song.grid["tempo_bpm"] == pytest.approx(87)


def test_songs_are_listed_with_their_projects_and_deleted(browser, user, django_assert_max_num_queries):
    used, unused = make_song(user, title="Paper boats"), make_song(user, title="Lighthouse")
    make_project(user, title="Harbor film", song=used)
    with django_assert_max_num_queries(9):
        html = page(browser, "/songs")
    assert "Paper boats" in html and "Harbor film" in html and "No project uses it." in html
    assert html.count(">Delete</button>") == html.count("once no project uses it") == 1
    browser.post(f"/songs/{used.asset_id}/delete")
    assert "A project uses this song" in page(browser, "/songs")
    assert browser.post(f"/songs/{unused.asset_id}/delete").status_code == 302
    assert "Lighthouse" not in page(browser, "/songs")
