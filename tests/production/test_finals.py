"""Draft to final: the draft scenes are made again by paid providers, once."""

from decimal import Decimal

import pytest

from apps.jobs.models import Job
from apps.production.finals import final_start
from apps.projects.models import Project
from apps.scenes.models import Scene
from apps.work.work import Spending
from tests.factories import make_asset, make_clip, make_project, make_scenes
from tests.jobs.remote.conftest import make_fake, no_delays, replicate  # noqa: F401 - fixtures
from tests.production.test_approving import at_once, call, paid_work
from tests.production.test_generate_all import media_folder  # noqa: F401 - a fixture

pytestmark = pytest.mark.django_db(transaction=True)

PAID = "predictions$"
WORDS = "a red door in a wall"
MADE = {"provider": "draft", "request": {"prompt": WORDS}}


@pytest.fixture
def api(client, user):
    client.force_login(user)
    return client


@pytest.fixture
def project(user):
    """Two scenes with draft pictures and clips."""
    project = make_project(user)
    for scene in make_scenes(project, "1", "1", prompt=WORDS):
        scene.image = make_asset(user, kind="image", metadata=MADE)
        scene.save()
        make_clip(scene, parameters=MADE)
    return project


def clips(project):
    return [
        (scene.current_clip.parameters["provider"], scene.clips.count())
        for scene in Scene.objects.filter(project=project).order_by("sequence")
    ]


def test_draft_scenes_are_made_again_and_keep_their_drafts(api, project, replicate):  # noqa: F811
    quote = api.get(f"/api/mv/projects/{project.pk}/make_final/quote").json()
    assert [(kind["kind"], kind["provider"], kind["count"]) for kind in quote["kinds"]] == [
        ("image", "replicate", 2),
        ("video", "replicate", 2),
    ]
    assert sum(Decimal(kind["amount"]) for kind in quote["kinds"]) == Decimal(quote["amount"]) > 0
    response = call(api, project, "make_final")
    assert (response.status_code, response.json()["status"]) == (202, "generating")
    # A second click, and one at every later moment, buys nothing more.
    assert call(api, project, "make_final").status_code == 202
    paid_work(project)
    assert clips(project) == [("replicate", 2), ("replicate", 2)]
    assert replicate.count(PAID) == 4
    project.refresh_from_db()
    assert project.final_video_id and not project.generating and project.problem == ""
    assert sum(Job.objects.values_list("cost", flat=True)) == Decimal(quote["amount"])
    call(api, project, "make_final")
    paid_work(project)
    assert replicate.count(PAID) == 4
    # One scene goes back to its draft, and stays there.
    call(api, project, "scenes/1/revert")
    assert api.get(f"/api/mv/projects/{project.pk}/make_final/quote").json()["bought"] == 2


def test_nothing_is_made_without_a_connected_service(api, project):
    response = call(api, project, "make_final")
    assert (response.status_code, response.json()["code"]) == (409, "not_connected")
    assert "/connect" in response.json()["detail"]
    assert not Job.objects.exists()


def test_cap_refuses_all_of_it(api, project, replicate):  # noqa: F811
    amount = Decimal(api.get(f"/api/mv/projects/{project.pk}/make_final/quote").json()["amount"])
    budget = str(amount - Decimal("0.01"))
    api.patch(f"/api/mv/projects/{project.pk}", {"budget": budget}, content_type="application/json")
    refused = call(api, project, "make_final")
    assert (refused.status_code, refused.json()["code"]) == (402, "budget_exceeded")
    assert (Job.objects.count(), Project.objects.get().providers) == (0, {})


def test_cap_met_on_the_way_keeps_drafts_and_buys_the_rest_later(api, project, replicate):  # noqa: F811
    call(api, project, "make_final")
    api.patch(f"/api/mv/projects/{project.pk}", {"budget": "0.10"}, content_type="application/json")
    paid_work(project)
    assert clips(project) == [("draft", 1), ("draft", 1)]
    project.refresh_from_db()
    assert "Make final" in project.problem and "budget" in project.problem
    api.patch(f"/api/mv/projects/{project.pk}", {"budget": None}, content_type="application/json")
    quote = api.get(f"/api/mv/projects/{project.pk}/make_final/quote").json()
    assert [(kind["kind"], kind["count"]) for kind in quote["kinds"]] == [("video", 2)]


def test_only_approved_scenes_are_made_and_stay_approved(api, project, replicate):  # noqa: F811
    call(api, project, "scenes/2/approve")
    project.refresh_from_db()
    assert project.needs_approval
    call(api, project, "make_final")
    paid_work(project)
    assert clips(project) == [("draft", 1), ("replicate", 2)]
    scenes = api.get(f"/api/mv/projects/{project.pk}/scenes").json()["results"]
    assert [scene["approval"] for scene in scenes] == ["proposed", "approved"]


def test_own_footage_is_left_alone(api, project, user, replicate):  # noqa: F811
    make_clip(project.scenes.get(sequence=1), origin="uploaded")
    assert api.get(f"/api/mv/projects/{project.pk}/make_final/quote").json()["own"] == 1


def test_ten_clicks_at_once_buy_each_step_once(project, user, replicate):  # noqa: F811
    at_once(lambda: final_start(by=user, project_id=project.pk, spending=Spending()), 10)
    assert list(Job.objects.values_list("kind", flat=True)) == ["image", "image"]
