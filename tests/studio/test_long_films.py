"""Pages of films with more scenes than a window shows: cards that are light until they come near."""

import pytest

from apps.studio.project.card_window import FIRST_CARDS
from tests.factories import make_project, make_scenes
from tests.studio.pages import html_of, page, seen_of

pytestmark = pytest.mark.django_db

SCENES = 40


@pytest.fixture
def film(user):
    project = make_project(user)
    make_scenes(project, *["4"] * SCENES)
    return project


def polled(browser, path, held, full):
    return browser.post(path, {"seen": " ".join(held), "full": full})


@pytest.mark.parametrize("kind", ["quick-gen", "edit"])
def test_first_cards_are_full_and_the_rest_come_when_asked_for(browser, film, kind):
    path = f"/{kind}/{film.pk}"
    html = page(browser, path)
    assert html.count("data-light") == SCENES - FIRST_CARDS
    assert html.count('aria-label="More for scene') == FIRST_CARDS
    held = seen_of(html)
    assert polled(browser, path, held, f"1-{FIRST_CARDS}").status_code == 204

    more = html_of(polled(browser, path, held, f"1-{FIRST_CARDS},39"))
    assert more.count("data-scene=") == 1
    assert 'aria-label="More for scene 39"' in more


def test_changed_card_comes_as_the_page_holds_it(browser, film):
    path = f"/quick-gen/{film.pk}"
    held = seen_of(page(browser, path))
    film.scenes.filter(sequence=40).update(prompt="far away", version=2)
    html = html_of(polled(browser, path, held, f"1-{FIRST_CARDS}"))

    assert html.count("data-scene=") == html.count("data-light") == 1
    assert "far away" in html
    assert "data-light" not in html_of(polled(browser, path, held, "1-40"))


def test_scenes_that_are_new_to_an_empty_page_are_light_too(browser, user):
    project = make_project(user)
    path = f"/edit/{project.pk}"
    held = seen_of(page(browser, path))
    make_scenes(project, *["4"] * SCENES)

    assert html_of(polled(browser, path, held, "")).count("data-light") == SCENES - FIRST_CARDS


def test_all_cards_are_there_without_javascript(browser, film):
    path = f"/quick-gen/{film.pk}"
    assert f'<noscript><p><a href="?cards=all">Show all of {SCENES} cards in full</a>' in page(browser, path)

    assert "data-light" not in page(browser, f"{path}?cards=all")


@pytest.mark.parametrize("full", ["all", "3-1", "0", "1,,2", "9" * 30])
def test_wrong_numbers_of_cards_are_refused(browser, film, full):
    assert polled(browser, f"/quick-gen/{film.pk}", [], full).status_code == 400
