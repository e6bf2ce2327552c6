"""How a scene follows the one before it: what is stored, and what becomes of it when scenes are rearranged."""

import pytest
from django.db import IntegrityError, transaction

from apps.scenes.models import Scene
from tests.factories import make_clip, make_project, make_scenes

pytestmark = pytest.mark.django_db


@pytest.fixture
def project(user):
    project = make_project(user)
    for scene in make_scenes(project, "4", "4", "4"):
        make_clip(scene)
    return project


def url(project, what):
    return f"/api/mv/projects/{project.pk}/{what}"


def follow(api, project, number, entry):
    return api.patch(url(project, f"scenes/{number}"), {"entry": entry}, content_type="application/json")


def entries(api, project):
    return [one["entry"] for one in api.get(url(project, "scenes")).json()["results"]]


def post(api, project, what, **body):
    response = api.post(url(project, what), body, content_type="application/json")
    assert response.status_code < 300, response.json()
    return response


def test_an_entry_is_written_read_undone_and_redone(api, project):
    assert follow(api, project, 2, "continue").json()["entry"] == "continue"
    assert follow(api, project, 3, "bridge").json()["entry"] == "bridge"
    assert entries(api, project) == ["cut", "continue", "bridge"]

    assert api.get(url(project, "changes")).json()["undo"]["label"] == "changed how scene 3 follows"
    post(api, project, "undo")
    assert entries(api, project) == ["cut", "continue", "cut"]
    post(api, project, "redo")
    assert entries(api, project) == ["cut", "continue", "bridge"]


@pytest.mark.parametrize(("number", "entry"), [(1, "continue"), (1, "match"), (2, "dissolve"), (2, None), (2, 7)])
def test_an_entry_that_cannot_be_is_refused_in_words(api, project, number, entry):
    answer = follow(api, project, number, entry)

    assert answer.status_code == 400, answer.json()
    assert answer.json()["errors"]["entry"]
    assert entries(api, project) == ["cut", "cut", "cut"]


def test_the_first_scene_is_a_cut_and_remembers_what_it_was(api, project):
    assert follow(api, project, 1, "cut").status_code == 200
    follow(api, project, 2, "continue")

    post(api, project, "scenes/reorder", order=[2, 1, 3])
    assert entries(api, project) == ["cut", "cut", "cut"]
    post(api, project, "scenes/reorder", order=[2, 1, 3])
    assert entries(api, project) == ["cut", "continue", "cut"]
    api.delete(url(project, "scenes/1"))
    assert entries(api, project) == ["cut", "cut"]


def test_halves_and_copies_begin_with_a_cut(api, project):
    follow(api, project, 2, "continue")

    post(api, project, "scenes/2/split", at=2)
    assert entries(api, project) == ["cut", "continue", "cut", "cut"]
    post(api, project, "scenes/2/merge")
    assert entries(api, project) == ["cut", "continue", "cut"]
    post(api, project, "scenes/2/duplicate")
    assert entries(api, project) == ["cut", "continue", "cut", "cut"]


def test_a_new_scene_can_continue_but_not_as_the_first(api, project):
    refused = api.post(url(project, "scenes"), {"sequence": 1, "entry": "match"}, content_type="application/json")
    assert refused.status_code == 400
    post(api, project, "scenes", sequence=2, prompt="again", entry="continue")
    assert entries(api, project) == ["cut", "continue", "cut", "cut"]


def test_the_database_knows_no_other_entry(project):
    with pytest.raises(IntegrityError), transaction.atomic():
        Scene.objects.filter(project=project).update(entry="wipe")
