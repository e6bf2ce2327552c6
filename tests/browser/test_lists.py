"""Lists update in place while someone is reading them, without jumping."""

import pytest
from playwright.sync_api import expect

from tests.factories import make_job, make_project

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

TOP = "(row) => document.getElementById(row).getBoundingClientRect().top"
ASK = "() => htmx.trigger(document.getElementById('poller'), 'wake')"


def test_new_jobs_appear_without_shifting_the_list(page, user):
    jobs = [make_job(user, state="running") for _ in range(50)]
    read = f"job-{jobs[20].pk}"
    page.goto("/jobs")
    page.evaluate("() => scrollTo(0, 500)")
    page.locator(f"#{read} a").focus(timeout=2000)
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
