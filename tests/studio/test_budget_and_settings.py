"""A project's budget and settings: their forms, and what a paid job cost beyond its quote."""

import re
from decimal import Decimal

import pytest
from django.db import transaction

from apps.jobs import services
from apps.jobs.kinds import Kind
from apps.jobs.services import NewJob
from apps.jobs.states import State
from apps.projects.models import FrameRate
from apps.providers.base import Quote
from tests.factories import make_project
from tests.studio.pages import html_of

pytestmark = pytest.mark.django_db
HTMX = {"HX-Request": "true"}


@pytest.fixture
def project(user):
    return make_project(user, song_seconds=40)


def section(browser, project, name):
    place = "/settings" if name == "money" else ""
    html = html_of(browser.get(f"/projects/{project.pk}{place}"))
    return re.search(rf'<section[^>]* id="{name}".*?</section>', html, re.DOTALL)[0]


def send(browser, project, place, **data):
    return browser.post(f"/projects/{project.pk}/{place}", data)


def test_budget_can_be_set_removed_and_is_shown(browser, project):
    send(browser, project, "budget", budget="$12.5", confirm_above="0.50")
    assert "$12.50 left of the budget" in section(browser, project, "money")
    assert "more than $0.50" in section(browser, project, "money")
    refused = html_of(send(browser, project, "budget", budget="-1", confirm_above="abc"))
    assert 'id="id_budget-error"' in refused
    assert 'id="id_confirm_above-error"' in refused
    send(browser, project, "budget", budget="", confirm_above="")
    project.refresh_from_db()
    assert (project.budget, project.confirm_above) == (None, None)


def test_settings_change_title_and_providers_unless_stale(browser, project, settings):
    settings.REPLICATE_API_TOKEN = "a token for tests"
    data = {"idea": "rain", "flavor": "default", "aspect_ratio": "9:16", "resolution": "1080p", "version": "1"}
    send(browser, project, "settings", **data, title="Night Courier", by_video="replicate")
    project.refresh_from_db()
    assert (project.title, project.aspect_ratio, project.providers) == ("Night Courier", "9:16", {"video": "replicate"})
    late = send(browser, project, "settings", **data, title="Another")
    assert "changed in the meantime" in html_of(late)
    assert 'value="Another"' in html_of(late)


@pytest.mark.parametrize("page", ["quick-gen/{}", "edit/{}", "projects/{}", "projects/{}/settings"])
def test_saved_budget_shows_at_once_on_every_page_of_the_project(browser, project, page):
    headers = HTMX | {"HX-Current-URL": f"http://testserver/{page.format(project.pk)}?x=1"}
    saved = html_of(browser.post(f"/projects/{project.pk}/budget", {"budget": "12"}, headers=headers))
    news = f"/{page.format(project.pk)}{'/news' if page.endswith('settings') else ''}"
    assert f'hx-post="{news}"' in saved and "spent $0.00 of $12.00" in saved


def test_saved_settings_stay_on_their_page_and_say_so(browser, project):
    data = {"title": "a", "idea": "rain", "flavor": "default", "aspect_ratio": "9:16", "resolution": "720p"}
    saved = browser.post(f"/projects/{project.pk}/settings", {**data, "version": str(project.version)}, follow=True)
    assert re.search(r'role="status"[^>]*>\s*<p>\s*Saved\.', html_of(saved))


def test_every_frame_rate_can_be_chosen_in_the_settings(browser, project):
    data = {"title": "a", "idea": "rain", "flavor": "default", "aspect_ratio": "9:16", "resolution": "720p"}
    for version, rate in enumerate(FrameRate.values, start=1):
        send(browser, project, "settings", **data, version=str(version), fps=rate)
        project.refresh_from_db()
        assert project.fps == rate
    assert 'value="60" selected>60</option>' in html_of(browser.get(f"/projects/{project.pk}/settings"))


def test_dialog_error_replaces_the_form(browser, project):
    response = browser.post(f"/projects/{project.pk}/budget", {"budget": "abc"}, headers=HTMX)

    assert (response.status_code, response.headers["HX-Retarget"]) == (200, "#dialogs")
    assert "<dialog" in html_of(response)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(("decision", "spent"), [("count", "$8.00"), ("dismiss", "$1.00")])
def test_excess_cost_is_shown_until_settled(browser, user, project, staff, decision, spent):
    job = paid_job(user, project, cost=Decimal(8))

    assert "more than was reserved" in section(browser, project, "money")
    assert f"/jobs/{job.pk}" in section(browser, project, "money")
    browser.force_login(staff)
    assert "$7.00 more than was reserved" in html_of(browser.get("/operator"))
    browser.force_login(user)
    assert "Count as spent" in html_of(browser.get(f"/jobs/{job.pk}"))
    browser.post(f"/jobs/{job.pk}/excess", {"decision": decision})
    assert "more than was reserved" not in section(browser, project, "money")
    assert spent in section(browser, project, "money")


def paid_job(user, project, *, cost):
    """A job quoted at $1 whose provider charged more."""
    quote = Quote(Decimal(1), "one answer at $1")
    with transaction.atomic():
        new = NewJob(kind=Kind.SCENES, quote=quote, provider="chat", project_id=project.pk)
        job = services.job_create(by=user, new=new)
    services.job_succeed(services.job_claim(job_id=job.pk, claim_from=State.QUEUED, worker="test"), cost=cost)
    return job
