"""Regenerating a clip for the words on screen, with a picture drawn for them."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.utils import timezone

from apps.jobs.models import Job
from apps.jobs.states import State
from apps.production.followup import job_ended
from apps.scenes.images import image_make_current
from apps.scenes.models import Scene
from apps.scenes.remaking import clips_follow_missed
from apps.scenes.services import scene_update
from tests.factories import make_asset, make_clip, make_job, make_project, make_scenes
from tests.studio.pages import HTMX

pytestmark = pytest.mark.django_db


@pytest.fixture
def browser(client, user):
    client.force_login(user)
    return client


@pytest.fixture
def scene(user):
    """A scene whose picture and clip match its words."""
    (made,) = make_scenes(make_project(user), "4", prompt="a red door", image=picture(user, "a red door"))
    make_clip(made)
    return made


def picture(user, prompt):
    return make_asset(user, kind="image", metadata={"request": {"prompt": prompt}})


def press(browser, scene, what="video", **sent):
    url = f"/projects/{scene.project_id}/scenes/{scene.sequence}/{what}"
    return browser.post(url, {"page": "edit", "scene_id": str(scene.pk), **sent}, headers=HTMX)


def words(scene, **changes):
    return {"prompt": scene.prompt, "negative_prompt": "", "version": scene.version, **changes}


def kinds():
    return list(Job.objects.order_by("created_at").values_list("kind", flat=True))


def drawn(job, scene, user):
    """A finished picture: it is the scene's."""
    image = picture(user, scene.prompt)
    Scene.objects.filter(pk=scene.pk).update(image=image)
    result = {"image_id": str(image.pk)}
    Job.objects.filter(pk=job.pk).update(state=State.SUCCEEDED, finished_at=timezone.now(), result=result)
    job_ended(job.pk)


def test_words_on_screen_are_saved_and_picture_is_redrawn_before_clip(browser, scene, user):
    assert press(browser, scene, **words(scene, prompt="a blue door", lipsync="on")).status_code == 200
    scene.refresh_from_db()
    (image,) = Job.objects.all()
    assert (scene.prompt, scene.lipsync) == ("a blue door", True)
    assert (image.kind, image.parameters["frozen"]["values"]["prompt"]) == ("image", "a blue door")

    drawn(image, scene, user)
    job_ended(image.pk)
    clip = Job.objects.get(kind="video")
    scene.refresh_from_db()
    assert clip.parameters["frozen"]["values"]["prompt"] == "a blue door"
    assert clip.parameters["frozen"]["inputs"]["image"]["asset_id"] == str(scene.image_id)
    assert scene.job == clip


def test_words_saved_earlier_get_new_picture_too(browser, scene, user):
    scene_update(by=user, project_id=scene.project_id, sequence=1, prompt="a blue door")
    press(browser, scene)

    assert kinds() == ["image"]


@pytest.mark.parametrize("same", [{}, {"lipsync": "on"}, {"negative_prompt": "fog"}])
def test_unchanged_words_keep_their_picture(browser, scene, same):
    press(browser, scene, **words(scene, **same))

    assert kinds() == ["video"]


def test_picture_chosen_after_edit_is_kept(browser, scene, user):
    other = picture(user, "a green door")
    make_job(user, kind="image", state="succeeded", scene_id=scene.pk, result={"image_id": str(other.pk)})
    scene_update(by=user, project_id=scene.project_id, sequence=1, prompt="a blue door")
    image_make_current(by=user, project_id=scene.project_id, sequence=1, image_id=other.pk)
    press(browser, scene)

    assert kinds()[-1] == "video"


def test_uploaded_picture_is_never_replaced(browser, scene, user):
    Scene.objects.filter(pk=scene.pk).update(image=make_asset(user, kind="image"), prompt="a blue door")
    press(browser, scene)

    assert kinds() == ["video"]


def test_regenerated_image_uses_words_on_screen(browser, scene):
    press(browser, scene, "image", **words(scene, prompt="a blue door"))
    (image,) = Job.objects.all()

    assert image.parameters["frozen"]["values"]["prompt"] == "a blue door"
    assert image.parameters["then_video"] is False


@pytest.mark.parametrize("prompt", ["", "x" * 9000])
def test_invalid_words_save_and_start_nothing(browser, scene, prompt):
    assert press(browser, scene, **words(scene, prompt=prompt)).status_code == 400
    scene.refresh_from_db()

    assert scene.prompt == "a red door"
    assert not Job.objects.exists()


def test_newer_words_are_shown_before_overwriting(browser, scene, user):
    mine = words(scene, prompt="a blue door")
    scene_update(by=user, project_id=scene.project_id, sequence=1, prompt="a black door")
    asked = press(browser, scene, **mine)
    assert asked.headers["HX-Retarget"] == "#dialogs"
    assert not Job.objects.exists()
    assert f'hx-post="/projects/{scene.project_id}/scenes/1/video"' in asked.content.decode()
    scene.refresh_from_db()
    press(browser, scene, **{**mine, "version": scene.version})

    assert Job.objects.get().parameters["frozen"]["values"]["prompt"] == "a blue door"


def test_price_covers_picture_and_clip_with_one_confirmation(browser, scene, settings):
    settings.REPLICATE_API_TOKEN = "a token for tests"
    project = scene.project
    project.providers, project.confirm_above = {"image": "replicate", "video": "replicate"}, Decimal("0.01")
    project.save()
    url = f"/projects/{project.pk}/scenes/1/quote/"
    clip, both = (browser.get(url + what).content.decode() for what in ("video", "remake"))
    asked = press(browser, scene, **words(scene, prompt="a blue door"))
    scene.refresh_from_db()

    assert clip != both
    assert "Spend $" in asked.content.decode()
    assert scene.prompt == "a red door"  # nothing is saved before the yes
    press(browser, scene, **words(scene, prompt="a blue door"), confirm_cost="true")
    assert kinds() == ["image"]


def test_clip_does_not_follow_after_other_changes(browser, scene, user):
    press(browser, scene, **words(scene, prompt="a blue door"))
    image = Job.objects.get()
    Scene.objects.filter(pk=scene.pk).update(job=make_job(user, kind="trim", state="succeeded"))
    drawn(image, scene, user)

    assert "video" not in kinds()


def test_clip_that_could_not_follow_reports_it_and_is_retried(browser, scene, user):
    press(browser, scene, **words(scene, prompt="a blue door"))
    image = Job.objects.get()
    Scene.objects.filter(pk=scene.pk).update(prompt="")
    drawn(image, scene, user)
    failed = Job.objects.get(kind="video")
    assert "its clip couldn't be started" in failed.error
    Scene.objects.filter(pk=scene.pk).update(prompt="a blue door")
    press(browser, scene, "retry")

    assert Job.objects.filter(kind="video", state="queued").count() == 1


def test_sweep_starts_clip_after_lost_message(browser, scene, user):
    press(browser, scene, **words(scene, prompt="a blue door"))
    image = Job.objects.get()
    drawn(image, scene, user)
    Job.objects.filter(kind="video").delete()
    Scene.objects.filter(pk=scene.pk).update(job=image)
    clips_follow_missed(now=timezone.now() + timedelta(hours=2))
    assert kinds() == ["image"]
    clips_follow_missed(now=timezone.now())
    clips_follow_missed(now=timezone.now())

    assert kinds() == ["image", "video"]


def test_several_scenes_each_get_what_is_missing(browser, user):
    project = make_project(user)
    old, new = make_scenes(project, "4", "4", prompt="a red door", image=picture(user, "a red door"))
    Scene.objects.filter(pk=old.pk).update(prompt="a blue door")
    browser.post(f"/projects/{project.pk}/videos", {"page": "edit", "scene": ["1", "2"]}, headers=HTMX)

    assert {job.scene_id: job.kind for job in Job.objects.all()} == {old.pk: "image", new.pk: "video"}
