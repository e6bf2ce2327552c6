"""Polls of Edit and Storyboard when nothing has changed: answered without a card, and never wrongly."""

import re
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from apps.composition.models import SceneLook
from apps.jobs.models import Job
from apps.projects.models import Project
from apps.studio.project.board import board_of
from apps.studio.project.quiet import OLD_SECONDS, WATCHED
from tests.factories import make_asset, make_clip, make_composition, make_job, make_project, make_scenes, make_subject
from tests.studio.pages import html_of, page, seen_of

pytestmark = pytest.mark.django_db
KINDS = ("edit", "quick-gen")
# Files don't change; a session and a user are no part of the page.
UNWATCHED = {"assets_asset", "django_session", "auth_user", "accounts_user"}


@pytest.fixture
def film(user):
    project = make_project(user, song_seconds=12)
    for scene in make_scenes(project, "4", "4", "4", image=make_asset(user, kind="image")):
        make_clip(scene)
    make_subject(project, "Mara")
    project.final_video = make_composition(project).asset
    project.save()
    return project


def polled(browser, path, held):
    return browser.post(path, {"seen": " ".join(held), "full": "1-3"})


def tables(captured):
    return {name for query in captured.captured_queries for name in re.findall(r'(?:FROM|JOIN) "(\w+)"', query["sql"])}


@pytest.mark.parametrize("kind", KINDS)
def test_quiet_poll_reads_no_card(browser, film, kind):
    path = f"/{kind}/{film.pk}"
    held = seen_of(page(browser, path))
    with CaptureQueriesContext(connection) as captured:
        assert polled(browser, path, held).status_code == 204

    assert "scenes_clip" not in tables(captured)


@pytest.mark.parametrize("kind", ["edit", "quick"])
def test_every_row_behind_the_page_is_watched(film, kind):
    with CaptureQueriesContext(connection) as captured:
        board_of(Project.objects.get(pk=film.pk), page=kind)

    assert tables(captured) - {model._meta.db_table for model in WATCHED} <= UNWATCHED


CHANGES = {
    "words": lambda film: film.scenes.filter(sequence=2).update(prompt="a lighthouse", version=2),
    "work": lambda film: make_job(film.owner, project_id=film.pk),
    "progress": lambda film: Job.objects.filter(project_id=film.pk).update(progress_percentage=40),
    "cast": lambda film: film.subjects.update(name="Jon"),
    "what fills a gap": lambda film: SceneLook.objects.create(scene=film.scenes.get(sequence=1), short_clip="loop"),
    "part of the song": lambda film: Project.objects.filter(pk=film.pk).update(song_end=Decimal(9), version=9),
    "deleted": lambda film: film.scenes.get(sequence=3).delete(),
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_change_ends_the_quiet(browser, film, change):
    make_clip(film.scenes.get(sequence=1), asset=make_asset(film.owner, duration_seconds=2.0))
    make_job(film.owner, project_id=film.pk, state="running")
    path = f"/edit/{film.pk}"
    held = seen_of(page(browser, path))
    assert polled(browser, path, held).status_code == 204
    change(film)

    news = html_of(polled(browser, path, held))
    assert 'id="mark"' in news
    assert len(seen_of(news)) > 1


def test_piece_that_the_page_left_alone_is_sent_again(browser, film):
    path = f"/edit/{film.pk}"
    held = seen_of(page(browser, path))
    film.scenes.filter(sequence=2).update(prompt="a lighthouse", version=2)
    mark = next(one for one in seen_of(html_of(polled(browser, path, held))) if one.startswith("at-"))
    kept = [one for one in held if not one.startswith("at-")]

    assert "a lighthouse" in html_of(polled(browser, path, [*kept, mark]))


def test_old_mark_is_replaced(browser, film):
    path = f"/edit/{film.pk}"
    held = seen_of(page(browser, path))
    mark = next(one for one in held if one.startswith("at-"))
    began, digest = mark.removeprefix("at-").split("-")
    old = f"at-{int(began) - OLD_SECONDS}-{digest}"

    assert seen_of(html_of(polled(browser, path, [*(set(held) - {mark}), old])))[0].startswith("at-")
    assert polled(browser, path, [*(set(held) - {mark}), "at-²-x"]).status_code == 200
