import re
from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from apps.jobs.models import Job
from apps.production.followup import job_retried
from apps.projects.services import project_update
from apps.scenes import history
from apps.studio.templatetags.studio import time_left
from tests.factories import make_asset, make_clip, make_project, make_scenes
from tests.studio.pages import HTMX, html_of, make_job, page, poll, seen_of

pytestmark = pytest.mark.django_db


def test_home_page_says_what_to_do_next(browser):
    html = page(browser, "/")

    assert "New project" in html
    assert 'href="/create"' in html


def test_project_shows_status_length_and_scenes(browser, user):
    project = make_project(user, title="Night Drive", song_seconds=65)
    first, _ = make_scenes(project, "30", "35")
    make_clip(first)
    html = page(browser, "/")

    assert "Night Drive" in html
    assert "1:05 · 1 of 2 scenes" in html


def test_titles_are_escaped(browser, user):
    project = make_project(user, title="<script>alert(1)</script>", idea='"><img src=x onerror=alert(1)>')
    make_scenes(project, "4", prompt="</p><script>alert(2)</script>")

    for path in ("/", f"/projects/{project.pk}", f"/quick-gen/{project.pk}", f"/edit/{project.pk}"):
        html = page(browser, path)
        assert "<script>alert" not in html
        assert "<img src=x" not in html


def test_no_page_has_inline_scripts_or_styles(browser, user):
    project = make_project(user, song_seconds=8)
    make_scenes(project, "4", "4")
    for path in ("/", "/create", "/jobs", "/flavors", "/account", f"/projects/{project.pk}", f"/edit/{project.pk}"):
        html = page(browser, path)
        assert not re.search(r"<style|\sstyle=|\son[a-z]+=", html), path
        assert not re.search(r"<script(?![^>]*\ssrc=)", html), path


def count_queries(browser, path):
    with CaptureQueriesContext(connection) as captured:
        assert browser.get(path).status_code == 200
    # The flavor registry checks for edits once a second, regardless of the caller.
    return sum("flavors_flavoredit" not in query["sql"] for query in captured.captured_queries)


@pytest.mark.parametrize("path", ["/projects/{}", "/quick-gen/{}", "/edit/{}"])
def test_project_page_query_count_does_not_depend_on_scenes(browser, user, path):
    def queries(scenes):
        project = make_project(user, song_seconds=80)
        for scene in make_scenes(project, *["4"] * scenes):
            make_clip(scene)
        return count_queries(browser, path.format(project.pk))

    assert queries(20) == queries(1)


def test_list_query_count_does_not_depend_on_rows(browser, user):
    make_project(user)
    make_job(user)
    before = [count_queries(browser, path) for path in ("/", "/jobs")]
    for number in range(10):
        project = make_project(user, title=str(number))
        make_scenes(project, "4", image=make_asset(user, kind="image"))
        make_job(user, project_id=project.pk)

    assert count_queries(browser, "/jobs") - before[1] <= 2  # project titles, once
    assert count_queries(browser, "/") == before[0]


def test_poll_of_up_to_date_page_returns_204(browser, user):
    project = make_project(user)
    make_scenes(project, "4", "4")
    path = f"/quick-gen/{project.pk}"
    held = seen_of(page(browser, path))

    assert len(held) == 11  # seven pieces of the page, two cards, poller, mark
    assert poll(browser, path, held).status_code == 204


def test_poll_returns_only_changed_card(browser, user):
    project = make_project(user)
    first, second = make_scenes(project, "4", "4")
    path = f"/quick-gen/{project.pk}"
    held = seen_of(page(browser, path))
    second.prompt = "a new street"
    second.save()
    html = html_of(poll(browser, path, held))

    assert f'id="scene-{second.pk}"' in html
    assert "a new street" in html
    assert f'id="scene-{first.pk}"' not in html
    assert 'id="status"' not in html


def test_new_scene_replaces_whole_grid(browser, user):
    project = make_project(user)
    make_scenes(project, "4")
    path = f"/quick-gen/{project.pk}"
    held = seen_of(page(browser, path))
    project.scenes.create(sequence=2, prompt="another")
    html = html_of(poll(browser, path, held))

    assert html.count('id="scenes"') == 1
    assert html.count("data-scene=") == 2
    assert html.count("hx-swap-oob") == 3  # the grid, the status and the mark; no separate cards


def test_button_returns_changed_card_to_htmx_and_page_to_browser(browser, user):
    project = make_project(user)
    scene = make_scenes(project, "4")[0]
    url = f"/projects/{project.pk}/scenes/1/image"
    html = html_of(browser.post(url, {"page": "quick"}, headers=HTMX))

    assert f'id="scene-{scene.pk}"' in html
    assert "Generating Image" in html
    assert browser.post(f"/projects/{project.pk}/scenes/1/cancel", {"page": "quick"}).headers["Location"] == (
        f"/quick-gen/{project.pk}#scene-{scene.pk}"
    )


def test_stitching_uses_scenes_with_a_clip(browser, user):
    project = make_project(user)
    first, _ = make_scenes(project, "4", "4")
    assert re.search(r"disabled>Re-stitch with current clips", page(browser, f"/quick-gen/{project.pk}"))
    make_clip(first)
    browser.post(f"/projects/{project.pk}/stitch", {"page": "quick"})

    assert Job.objects.get(kind="compose").parameters["options"] == {"skip_missing": True}


def test_second_click_reports_busy_scene(browser, user):
    project = make_project(user)
    make_scenes(project, "4")
    url = f"/projects/{project.pk}/scenes/1/image"
    browser.post(url, headers=HTMX)
    response = browser.post(url, headers=HTMX)

    assert response.status_code == 409
    assert response.headers["HX-Retarget"] == "#toasts"
    assert Job.objects.count() == 1


def test_failed_scene_shows_reason_and_can_be_retried(browser, user):
    project = make_project(user)
    job = make_job(
        user, project_id=project.pk, state="failed", error="The face was not found.", finished_at="2026-01-01T00:00Z"
    )
    make_scenes(project, "4", job=job)
    html = page(browser, f"/quick-gen/{project.pk}")

    assert "The face was not found." in html
    assert f'action="/projects/{project.pk}/scenes/1/retry"' in html
    assert ">Retry</button>" in html


def test_edit_over_newer_words_shows_both_and_asks(browser, user):
    project = make_project(user)
    scene = make_scenes(project, "4", version=3)[0]
    url = f"/projects/{project.pk}/scenes/1/words"
    asked = browser.post(url, {"prompt": "mine", "version": 2}, headers=HTMX)

    assert asked.headers["HX-Retarget"] == "#dialogs"
    assert ">shot 1<" in html_of(asked) and ">mine<" in html_of(asked)
    assert 'name="version" value="3"' in html_of(asked)
    assert browser.post(url, {"prompt": "mine", "version": 2}).status_code == 409
    scene.refresh_from_db()
    assert scene.prompt == "shot 1"


def test_form_for_renumbered_scene_is_rejected(browser, user):
    project = make_project(user)
    first, _ = make_scenes(project, "4", "4")
    response = browser.post(f"/projects/{project.pk}/scenes/2/delete", {"scene_id": first.pk}, headers=HTMX)

    assert response.status_code == 409
    assert "were reordered" in html_of(response)
    assert project.scenes.filter(deleted_at=None).count() == 2


def test_cost_above_threshold_is_sent_again_after_confirmation(browser, user, settings):
    settings.REPLICATE_API_TOKEN = "r8_test"
    project = make_project(user, providers={"image": "replicate"}, confirm_above="0.0001")
    make_scenes(project, "4")
    url = f"/projects/{project.pk}/scenes/1/image"
    asked = browser.post(url, {"page": "edit"}, headers=HTMX)

    assert asked.headers["HX-Retarget"] == "#dialogs"
    assert "Spend $" in html_of(asked)
    assert 'name="page" value="edit"' in html_of(asked)
    assert Job.objects.count() == 0

    project_update(by=user, project_id=project.pk, budget=Decimal("0.0001"))
    refused = browser.post(url, {"page": "edit", "confirm_cost": "true"}, headers=HTMX)
    assert (refused.status_code, Job.objects.count()) == (402, 0)
    assert f'<a href="/projects/{project.pk}/budget" data-dialog>Change the budget</a>' in html_of(refused)
    response = browser.post(url, {"confirm_cost": "true"}, follow=True)
    assert "would exceed this project" in html_of(response)  # without scripts the page says so

    project_update(by=user, project_id=project.pk, budget=None)
    browser.post(url, {"page": "edit", "confirm_cost": "true"}, headers=HTMX)
    assert Job.objects.count() == 1


def test_two_clips_can_be_compared_and_either_made_current(browser, user):
    project = make_project(user, song_seconds=8)
    first, scene = make_scenes(project, "3", "5")
    make_clip(first)
    old = make_clip(scene)
    new = make_clip(scene, origin="lip-synced", parent=old, cost="0.35")
    url = f"/projects/{project.pk}/scenes/2/compare"
    html = page(browser, url)

    assert 'aria-label="A: 2 Lip-synced"' in html and 'aria-label="B: 1 Generated"' in html
    assert "$0.35" in html and "free draft" in html
    assert 'data-compare-song="3.000000"' in html
    assert html.count("Make current") == 1
    assert page(browser, f"{url}?a={old.pk}&b={new.pk}").count(" selected>") == 2
    assert browser.get(f"{url}?a={first.current_clip_id}").status_code == 404
    assert "has only one clip" in page(browser, f"/projects/{project.pk}/scenes/1/compare")


def test_retry_confirms_cost_and_shows_on_card(browser, user):
    project = make_project(user, confirm_above="0.10")
    scene = make_scenes(project, "4")[0]
    failed = {"state": "failed", "error": "No.", "quoted_cost": "0.40", "finished_at": timezone.now()}
    job = make_job(user, project_id=project.pk, scene_id=scene.pk, **failed)
    url = f"/jobs/{job.pk}/retry"
    assert browser.post(url).status_code == 402  # the confirmation page
    refused = browser.post(f"/api{url}")
    assert (refused.status_code, refused.json()["code"]) == (402, "confirmation_required")
    assert browser.post(url, {"confirm_cost": "true"}).headers["Location"] == f"/jobs/{job.pk}"
    job_retried(job.pk)

    scene.refresh_from_db()
    assert scene.job == job
    assert "Generating Video" in page(browser, f"/edit/{project.pk}")


def test_retry_of_failed_card_shows_price_and_asks(browser, user):
    project = make_project(user, confirm_above="0.10")
    failed = {"state": "failed", "error": "No.", "quoted_cost": "0.40", "finished_at": timezone.now()}
    make_scenes(project, "4", job=make_job(user, project_id=project.pk, **failed))
    assert re.search(r"Retry<span class=\"price\">· \$0.40<", page(browser, f"/edit/{project.pk}"))
    asked = browser.post(f"/projects/{project.pk}/scenes/1/retry", {"page": "edit"}, headers=HTMX)

    assert "Spend $0.40" in html_of(asked)
    browser.post(f"/projects/{project.pk}/scenes/1/retry", {"confirm_cost": "true"})
    assert Job.objects.get().state == "queued"


def test_rejected_clip_can_be_regenerated_or_used(browser, user):
    project = make_project(user)
    scene = make_scenes(project, "4")[0]
    clip = make_clip(scene, usable=False, current=False)
    refused = {"clip_id": str(clip.pk), "usable": False, "checks": {"problems": ["It is black."]}}
    done = {"state": "succeeded", "finished_at": timezone.now(), "result": refused}
    scene.job = make_job(user, project_id=project.pk, **done)
    scene.save()
    html = page(browser, f"/edit/{project.pk}")
    assert "It is black." in html and f'name="clip_id" value="{clip.pk}"' in html and "Use it anyway" in html
    browser.post(f"/projects/{project.pk}/scenes/1/retry")

    assert Job.objects.filter(state="queued", kind="video").count() == 1


def test_package_can_be_downloaded_once_ready(browser, user):
    project = make_project(user)
    url = f"/projects/{project.pk}/export"
    refused = browser.post(url)  # nothing to pack: the form says so
    assert (refused.status_code, "no scenes yet" in html_of(refused)) == (400, True)
    make_clip(make_scenes(project, "4")[0])
    for _ in range(2):
        assert browser.post(url).headers["Location"] == f"/projects/{project.pk}"
    job = Job.objects.get(kind="export")
    archive = make_asset(user, kind="archive")
    result = {"archive_id": str(archive.pk), "archive_url": "", "bytes": 9}
    Job.objects.filter(pk=job.pk).update(state="succeeded", finished_at=timezone.now(), result=result)

    browser.post(url)
    assert Job.objects.count() == 1, "what is there isn't packed again"
    for path in (f"/projects/{project.pk}", f"/jobs/{job.pk}"):
        assert re.search(rf'href="[^"]*{archive.pk}[^"]*" download', page(browser, path))


def test_package_is_made_as_chosen_in_its_dialog(browser, user):
    project = make_project(user)
    make_clip(make_scenes(project, "4")[0])
    dialog = page(browser, f"/projects/{project.pk}/export")
    assert 'value="00:00:00:00" selected' in dialog
    assert all(f'value="{kind}" checked' in dialog for kind in ("sections", "lyrics", "beats"))
    url = f"/projects/{project.pk}/export"
    chosen = {"chosen": "1", "timeline_start": "01:00:00:00"}
    first = browser.post(url, {**chosen, "markers": ["beats", "sections"]}).headers["Location"]

    job = Job.objects.get(kind="export")
    assert first == f"/projects/{project.pk}"
    assert job.parameters["options"] == {"timeline_start": "01:00:00:00", "markers": ["sections", "beats"]}
    # Another choice waits for the first, and is told so.
    another = browser.post(url, chosen)
    assert (another.status_code, "already in progress" in html_of(another)) == (400, True)
    assert browser.post(url, {"timeline_start": "1"}).status_code == 400
    assert Job.objects.count() == 1


def test_edit_page_shows_budget_spent(browser, user):
    project = make_project(user, budget="20")
    assert "spent $0.00 of $20.00" in page(browser, f"/edit/{project.pk}")


@pytest.mark.parametrize(
    ("seconds", "percentage", "failures", "said"),
    [
        (20, 50, 0, "about 20 s left"),
        (300, 50, 0, "about 5 min left"),
        (20, 4, 0, ""),
        (20, 90, 0, ""),
        (2, 50, 0, ""),
        (20, 50, 1, ""),
        (3600, 10, 0, "about 9 h left"),
        (3600, 6, 0, ""),
    ],
)
def test_time_left_is_shown_only_if_known(seconds, percentage, failures, said):
    started = timezone.now() - timedelta(seconds=seconds)
    job = Job(state="running", started_at=started, progress_percentage=percentage, failures=failures)
    assert time_left(job) == said


def test_progress_includes_remaining_lipsync_and_video(browser, user):
    begun = timezone.now() - timedelta(seconds=60)
    project = make_project(user, song_seconds=8, generating=True, generating_since=begun)
    image = make_asset(user, kind="image")
    make_scenes(project, "4", "4", lipsync=True, image=image)
    for scene in project.scenes.all():
        make_clip(scene)
    lips, _ = (make_job(user, project_id=project.pk, state="queued", kind="lipsync") for _ in range(2))
    html = page(browser, f"/projects/{project.pk}")

    assert "Lip-sync 0 of 2" in html and "Clips" not in re.search(r'progress-words"><span[^>]*>([^<]*)', html)[1]
    assert 0 < int(re.search(r'<progress max="100" value="(\d+)"', html)[1]) < 60
    assert "left" not in html  # nothing is done in this round yet
    Job.objects.filter(pk=lips.pk).update(state="succeeded", finished_at=timezone.now())
    assert "about 3 min left" in page(browser, f"/projects/{project.pk}")


def test_scene_menu_duplicates_inserts_and_merges(browser, user):
    project = make_project(user)
    scene = make_scenes(project, "4")[0]
    url = f"/projects/{project.pk}/scenes/1/arrange"
    sent = {"page": "edit", "scene_id": scene.pk}
    counts = []
    for what in ("duplicate", "insert", "merge"):
        browser.post(f"{url}/{what}", sent, headers=HTMX)
        counts.append(project.scenes.filter(deleted_at=None).count())

    assert counts == [2, 3, 2]
    assert browser.post(f"{url}/explode", sent, headers=HTMX).status_code == 404
    assert browser.post(f"{url}/merge", {"page": "edit"}, headers=HTMX).status_code == 409


def test_look_changed_in_another_tab_is_not_overwritten(browser, user):
    project = make_project(user)
    make_scenes(project, "4")
    url = f"/projects/{project.pk}/scenes/1/look"
    (seen,) = re.findall(r'name="seen_look" value="([^"]+)"', page(browser, f"{url}?page=edit"))
    sent = {"page": "edit", "seen_look": seen, "short_clip": "", "clip_volume": ""}

    assert browser.post(url, {**sent, "transition": "flash"}, headers=HTMX).status_code == 200
    assert browser.post(url, {**sent, "transition": "crossfade"}, headers=HTMX).status_code == 409
    assert browser.post(url, {**sent, "seen_look": "", "clip_volume": "9"}, headers=HTMX).status_code == 400
    assert 'value="flash" selected' in page(browser, url)


def test_earlier_scene_image_can_be_compared_and_chosen(browser, user):
    project = make_project(user)
    first, second = (make_asset(user, kind="image") for _ in range(2))
    scene = make_scenes(project, "4", image=second)[0]
    for image, cost in ((first, "0.04"), (second, "0")):
        done = {
            "state": "succeeded",
            "finished_at": timezone.now(),
            "result": {"image_id": str(image.pk)},
            "cost": cost,
        }
        make_job(user, kind="image", project_id=project.pk, scene_id=scene.pk, **done)
    url = f"/projects/{project.pk}/scenes/1/images"

    assert f"{url}?page=" in page(browser, f"/projects/{project.pk}/scenes/1/history")
    assert 'aria-label="Compare the 2 images of scene 1"' in page(browser, f"/projects/{project.pk}/scenes/1/inspector")
    assert re.findall(r"<strong>(Image \d)</strong>", page(browser, url)) == ["Image 2", "Image 1"]
    assert "$0.04" in page(browser, url)
    sent = {"page": "edit", "scene_id": scene.pk, "image_id": first.pk}
    assert browser.post(url, {**sent, "image_id": make_asset(user, kind="image").pk}, headers=HTMX).status_code == 404
    assert f'id="scene-{scene.pk}"' in html_of(browser.post(url, sent, headers=HTMX))
    scene.refresh_from_db()
    assert scene.image == first
    history.change_undo(by=user, project_id=project.pk)
    scene.refresh_from_db()
    assert scene.image == second


def test_another_character_picture_can_be_drawn_and_chosen(browser, user):
    first, second = (make_asset(user, kind="image") for _ in range(2))
    project = make_project(user, character_description="Mara, short silver hair", character_reference=first)
    url = f"/projects/{project.pk}/references"
    browser.post(url, headers=HTMX)
    job = Job.objects.get(kind="character_reference", project_id=project.pk)
    assert browser.post(url, headers=HTMX).status_code == 409  # one at a time
    Job.objects.filter(pk=job.pk).update(
        state="succeeded", finished_at=timezone.now(), result={"images": [{"image_id": str(second.pk)}]}
    )

    assert re.findall(r"<strong>(Picture \d)</strong>", page(browser, url)) == ["Picture 1", "Picture 2"]
    assert browser.post(url, {"image_id": make_asset(user, kind="image").pk}, headers=HTMX).status_code == 404
    assert browser.post(url, {"image_id": second.pk}).status_code == 302
    project.refresh_from_db()
    assert project.character_reference == second


def test_edit_says_that_the_film_was_not_composed_and_offers_a_way_out(browser, user):
    project = make_project(user)
    make_clip(*make_scenes(project, "4"))
    facts = {"project_id": project.pk, "kind": "compose", "state": "failed", "finished_at": timezone.now()}
    make_job(user, **facts, parameters={"output_id": None}, code="media_failed", error="A clip can't be copied.")
    html = page(browser, f"/edit/{project.pk}")
    assert "The film wasn't composed. A clip can&#x27;t be copied." in html
    assert "Re-encode everything" in html
    make_job(user, project_id=project.pk, kind="compose", state="running", parameters={"output_id": None})

    assert "wasn't composed" not in page(browser, f"/edit/{project.pk}")
