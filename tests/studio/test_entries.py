"""How scenes follow one another, on pages: the choice, the mark of stale ones, and the one button that redoes them."""

import pytest

from apps.jobs.models import Job
from apps.scenes.models import Scene
from tests.factories import make_asset, make_clip, make_job, make_project, make_scenes
from tests.studio.pages import html_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def film(user):
    """Scenes 2 and 3 continue in a chain from scene 1, whose clip is another one since."""
    project = make_project(user)
    scenes = make_scenes(project, "4", "4", "4", entry="continue", section="Verse")
    Scene.objects.update(image=make_asset(user, kind="image"))
    first = make_clip(scenes[0])
    second = make_clip(scenes[1], parameters=made_from(first))
    make_clip(scenes[2], parameters=made_from(second))
    make_clip(scenes[0])
    return project


def made_from(clip):
    source = {"asset_id": str(clip.asset_id), "frame": {"number": 95, "fps": "24"}}
    return {"request": {"prompt": clip.scene.prompt}, "inputs": {"image": source}}


def url(project, what):
    return f"/projects/{project.pk}/{what}"


def scene_form(project, number):
    return {"page": "edit", "scene_id": Scene.objects.get(project=project, sequence=number).pk}


def test_the_choice_is_offered_made_and_undone(client, user, film):
    client.force_login(user)
    page = html_of(client.get(url(film, "scenes/2/entry")))
    assert "How scene 2 follows" in page and "Starts from the last frame of the shot before." in page
    assert "It continues from an older clip of shot 1." in page
    assert "Nothing comes before the first scene" in html_of(client.get(url(film, "scenes/1/entry")))

    client.post(url(film, "scenes/2/entry"), {**scene_form(film, 2), "entry": "bridge"})
    assert Scene.objects.get(project=film, sequence=2).entry == "bridge"
    client.post(url(film, "scenes/2/entry"), {**scene_form(film, 2), "entry": "sideways"})
    assert Scene.objects.get(project=film, sequence=2).entry == "bridge"


def test_stale_shots_are_marked_and_redone_with_one_button(client, user, film):
    client.force_login(user)
    for page in (f"/quick-gen/{film.pk}", f"/edit/{film.pk}"):
        shown = html_of(client.get(page))
        assert shown.count("continues from an older shot 1") == 1
        assert "Redo 2 shots" in shown
    assert "free" in html_of(client.get(url(film, "redo-stale")))
    assert "continues from an older shot 1" in html_of(client.get(url(film, "scenes/2/inspector")))

    client.post(url(film, "redo-stale"), {"page": "edit", "count": "1"})
    assert not Job.objects.exists()
    client.post(url(film, "redo-stale"), {"page": "edit", "count": "2"})
    numbers = dict(Scene.objects.values_list("pk", "sequence"))
    assert [numbers[job.scene_id] for job in Job.objects.order_by("created_at")] == [2, 3]


def test_a_chain_that_a_cancelled_job_broke_is_named_with_what_mends_it(client, user):
    project = make_project(user)
    scenes = make_scenes(project, "4", "4", "4", "4", entry="continue")
    make_clip(scenes[0])
    client.force_login(user)
    waiting = "Scene 3 waits for scene 2, and scene 4 for scene 3."
    assert waiting not in html_of(client.get(url(project, "settings"))), "nothing was asked for yet"

    scenes[1].job = make_job(user, state="cancelled", project_id=project.pk, scene_id=scenes[1].pk)
    scenes[1].save()
    page = html_of(client.get(f"/edit/{project.pk}"))
    assert f"{waiting} Scene 2: It was cancelled. Click Generate" in page
    assert "Generate what is missing" in page
    Scene.objects.filter(pk=scenes[2].pk).update(entry="cut")
    assert "Scene 3 waits" not in html_of(client.get(f"/edit/{project.pk}"))


def test_shots_continue_within_sections_with_one_click(client, user, film):
    client.force_login(user)
    Scene.objects.update(entry="cut", facts={"place": "a pier"})
    assert "Continue shots within sections · 2 shots" in html_of(client.get(url(film, "scenes/3/entry")))
    client.post(url(film, "continue"), {"page": "edit"})
    assert list(Scene.objects.order_by("sequence").values_list("entry", flat=True)) == ["cut", "continue", "continue"]


def test_a_bridge_says_which_models_arrive_at_its_picture(client, user, film):
    client.force_login(user)
    Scene.objects.filter(sequence=2).update(entry="bridge")
    page = html_of(client.get(url(film, "scenes/2/entry")))
    assert "Draft takes no last frame, so a bridge only continues" in page
    assert "google/veo-3.1" in page
