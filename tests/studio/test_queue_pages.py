"""The Jobs page's buttons: pause and resume, many at once, to the front; and the operator's."""

import re
from decimal import Decimal

import pytest

from apps.jobs.models import Job, Pause
from apps.jobs.states import State
from tests.factories import make_project
from tests.studio.pages import make_job, page, poll, seen_of

pytestmark = pytest.mark.django_db


def press(browser, place, **fields):
    return browser.post(place, fields, follow=True).content.decode()


def test_pausing_what_the_filter_shows_and_resuming_it(browser, user):
    project = make_project(user, title="Night Drive")
    job = make_job(user, kind="image", project_id=project.pk)
    query = f"kind=image&project={project.pk}"
    assert "Pause Image jobs of Night Drive" in page(browser, f"/jobs?{query}")

    html = press(browser, "/jobs/pause", kind="image", project_id=project.pk, query=query)
    assert "Paused: Image jobs of Night Drive." in html
    assert "1 queued job waits until you resume." in html
    assert re.search(r"badge-warn\">Paused", html)
    assert "Paused: resume “Image” of this project on the Jobs page." in page(browser, f"/jobs/{job.pk}")

    html = press(browser, "/jobs/resume", kind="image", project_id=project.pk)
    assert "Resumed." in html
    assert not Pause.objects.exists()


def test_cancelling_the_selected_and_all_that_are_found(browser, user):
    jobs = [make_job(user, kind="image") for _ in range(3)]
    assert page(browser, "/jobs").count("data-pick=") == 3
    html = press(browser, "/jobs/bulk", do="cancel", job=[str(jobs[0].pk)])
    assert "Cancelled: 1 job." in html
    assert "Cancelled: 2 jobs." in press(browser, "/jobs/bulk", do="cancel", all="1", query="kind=image")
    assert "select jobs first" in press(browser, "/jobs/bulk", do="cancel")


def test_retrying_the_selected_shows_the_total_first(browser, user):
    facts = {"state": "failed", "finished_at": "2026-01-01T00:00Z", "quoted_cost": Decimal("1.25"), "kind": "image"}
    jobs = [make_job(user, **facts) for _ in range(2)]
    ids = [str(job.pk) for job in jobs]
    html = press(browser, "/jobs/bulk", do="retry", job=ids)
    assert "Retrying 2 jobs costs $2.50 together." in html
    assert Job.objects.filter(state=State.FAILED).count() == 2
    html = press(browser, "/jobs/bulk", do="retry", job=ids, confirm_cost="true")
    assert "Started again: 2 jobs." in html
    assert Job.objects.filter(state=State.QUEUED, attempt=2).count() == 2


def test_a_queued_job_moves_to_the_front(browser, user):
    jobs = [make_job(user) for _ in range(3)]
    assert "Move to the front" in page(browser, f"/jobs/{jobs[2].pk}")
    press(browser, f"/jobs/{jobs[2].pk}/first")
    assert Job.objects.order_by("-priority", "created_at").first() == jobs[2]


def test_an_operator_pauses_everybodys_jobs(browser, user):
    user.is_staff = True
    user.save()
    make_job(user)
    assert "Everybody" in press(browser, "/operator/pause")
    assert "Paused by the operator" in page(browser, "/jobs")
    press(browser, "/operator/resume")
    assert not Pause.objects.exists()


def bar(browser, project):
    return re.search(r'<section[^>]* id="status".*?</section>', page(browser, f"/quick-gen/{project.pk}"), re.DOTALL)[0]


def test_a_paused_project_says_so_in_its_bar_and_resumes_there(browser, user):
    project, other = make_project(user), make_project(user)
    make_job(user, kind="image", project_id=project.pk)
    assert "Resume" not in bar(browser, project)
    press(browser, "/jobs/pause", project_id=project.pk)
    assert ">Paused<" in bar(browser, project) and ">Resume all jobs<" in bar(browser, project)
    assert "Paused" not in bar(browser, other)
    html = press(browser, f"/projects/{project.pk}/resume", page="quick")
    assert ">Paused<" not in html and "Resume" not in html
    assert not Pause.objects.exists()


def test_a_wider_pause_is_named_in_the_bar_of_the_projects_that_wait_for_it(browser, user):
    project, other = make_project(user), make_project(user)
    make_job(user, kind="image", project_id=project.pk)
    press(browser, "/jobs/pause", kind="image")
    assert ">Resume Image jobs of all projects<" in bar(browser, project)
    assert "Paused" not in bar(browser, other)
    press(browser, "/jobs/pause")
    assert ">Resume all jobs of all projects<" in bar(browser, other)
    press(browser, f"/projects/{other.pk}/resume", page="quick")
    assert not Pause.objects.exists()


def test_a_pause_by_the_operator_is_shown_without_a_button(browser, user):
    user.is_staff = True
    user.save()
    project = make_project(user)
    press(browser, "/operator/pause")
    assert "Paused by the operator" in bar(browser, project) and "/resume" not in bar(browser, project)
    press(browser, f"/projects/{project.pk}/resume", page="quick")
    assert Pause.objects.exists()


def test_a_poll_of_a_quiet_page_brings_the_pause(browser, user):
    project = make_project(user)
    html = page(browser, f"/quick-gen/{project.pk}")
    held = seen_of(html)
    assert poll(browser, f"/quick-gen/{project.pk}", held).status_code == 204
    press(browser, "/jobs/pause", project_id=project.pk)
    assert "Resume all jobs" in poll(browser, f"/quick-gen/{project.pk}", held).content.decode()
