"""Lists update in place while someone is reading them, without jumping."""

import pytest
from playwright.sync_api import Route, expect

from apps.composition.planning import project_look
from tests.browser.made import project_on_disk
from tests.factories import make_job, make_project

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

TOP = "(row) => document.getElementById(row).getBoundingClientRect().top"
ASK = "() => htmx.trigger(document.getElementById('poller'), 'wake')"


def test_new_jobs_appear_without_shifting_the_list(page, user):
    jobs = [make_job(user, state="running") for _ in range(50)]
    read = f"job-{jobs[20].pk}"
    page.goto("/jobs")
    page.evaluate("() => scrollTo(0, 500)")
    page.locator(f"#{read} a").focus()
    before = page.evaluate(TOP, read)
    new = make_job(user, state="running")
    page.evaluate(ASK)
    expect(page.locator(f"#job-{new.pk}")).to_be_attached()

    assert page.evaluate(TOP, read) == pytest.approx(before, abs=1)
    assert page.evaluate("() => document.activeElement.closest('tr').id") == read
    jobs[20].progress_message = "Half way"
    jobs[20].save()
    page.evaluate(ASK)
    expect(page.locator(f"#{read}").get_by_text("Half way")).to_be_visible()
    assert page.evaluate(TOP, read) == pytest.approx(before, abs=1)


def test_project_created_elsewhere_appears_on_first_page(page, user):
    page.goto("/")
    expect(page.get_by_text("Turn a song and an idea")).to_be_visible()
    make_project(user, title="From another tab")
    page.evaluate(ASK)
    expect(page.get_by_role("link", name="From another tab")).to_be_visible()


def test_a_dialog_opened_as_a_page_is_left_by_saving(make_page, user):
    project = make_project(user, title="Harbor film")
    page = make_page()
    page.goto(f"/projects/{project.pk}/captions")
    page.get_by_role("radio", name="Karaoke").check()
    page.get_by_role("button", name="Save").click()
    page.wait_for_url(f"**/projects/{project.pk}")
    project.refresh_from_db()
    assert project_look(project).captions.style == "karaoke"


def test_poll_and_form_that_cross_each_other_both_find_their_places(page, user):
    project = project_on_disk(user, scenes=2, clips=False)
    held: list[Route] = []

    def hold(route: Route) -> None:
        held.append(route)

    page.goto(f"/quick-gen/{project.pk}")
    page.get_by_label("More for scene 1").click()
    page.get_by_role("menuitem", name="Edit words").click()
    page.route(f"**{page.locator('#poller').get_attribute('hx-post')}", hold, times=1)
    page.evaluate(ASK)
    page.get_by_role("dialog").get_by_label("What it shows").fill("A boat")
    with page.expect_response(lambda response: response.url.endswith("/words")):
        page.get_by_role("dialog").get_by_role("button", name="Save", exact=True).click()
    expect(page.locator(".scene").first.get_by_text("A boat")).to_be_visible()
    project.scenes.filter(sequence=2).update(prompt="A harbor", version=2)
    held[0].continue_()

    expect(page.locator(".scene").nth(1).get_by_text("A harbor")).to_be_visible()
