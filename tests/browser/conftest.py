"""Headless Chromium against a real server, with a real worker where jobs have to run."""

from contextlib import ExitStack
from typing import Any

import pytest
from playwright.sync_api import expect, sync_playwright

from launcher.browser import HOW_TO_INSTALL, chromium_ensure, may_install
from tests.browser.made import project_on_disk
from tests.browser.waiting import until
from tests.worker import celery_worker

# Chromium contacts Google's hosts at every start; tests don't want that.
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
# A busy machine is slow: a first page was seen to take 17 s. What never happens still fails.
PATIENCE_MILLISECONDS = 60_000
expect.set_options(timeout=PATIENCE_MILLISECONDS)
WIDTHS = {"phone": 390, "desktop": 1440}


@pytest.fixture(scope="package", autouse=True)
def _playwright_beside_the_database():
    """Playwright keeps an event loop in this thread, which Django mistakes for an async caller."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "true")
        yield


@pytest.fixture(scope="package")
def chromium(_playwright_beside_the_database):
    path = chromium_ensure()
    if path is None and not may_install():
        pytest.skip(HOW_TO_INSTALL)
    assert path, "Chromium could not be installed; the output above says why."
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture
def make_page(chromium, live_server, client, user):
    """Create pages signed in as `user`; each fails its test on a console error or a request to another server."""
    client.force_login(user)
    session = client.cookies["sessionid"].value
    problems: list[Any] = []
    with ExitStack() as stack:

        def make(width=WIDTHS["desktop"], **options):
            context = chromium.new_context(
                viewport={"width": width, "height": 900}, base_url=live_server.url, reduced_motion="reduce", **options
            )
            stack.callback(context.close)
            context.add_cookies([{"name": "sessionid", "value": session, "url": live_server.url}])
            page = context.new_page()
            page.set_default_timeout(PATIENCE_MILLISECONDS)
            page.problems = problems
            page.on("console", lambda line: problems.append(line.text) if line.type in {"error", "warning"} else None)
            page.on("pageerror", lambda error: problems.append(str(error)))
            page.on("request", lambda request: _note_foreign(request.url, live_server.url, problems))
            return page

        yield make
    assert problems == []


@pytest.fixture
def page(make_page):
    return make_page()


@pytest.fixture
def worker(live_server):
    """Starts after the server, so that both share the test's database."""
    with celery_worker(concurrency=2, pool="threads") as process:
        yield process


def _note_foreign(url, home, problems):
    if not url.startswith((home, "blob:", "data:")):
        problems.append(f"left the server: {url}")


@pytest.fixture
def project(user):
    return project_on_disk(user, scenes=4, seconds=2)


@pytest.fixture
def edit(page, project):
    page.goto(f"/edit/{project.pk}")
    expect(page.locator(".block")).to_have_count(4)
    # The waveform appears once the song is loaded, and with it the beats that cuts snap to.
    until(page, "document.querySelector('[data-wave]').width > 0")
    page.wait_for_load_state("networkidle")
    return page
