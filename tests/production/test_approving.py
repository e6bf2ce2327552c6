"""Stills first: the path stops at the pictures, and clips are bought for approved scenes only."""

import threading
import time
from decimal import Decimal

import pytest
from django.db import connection

from apps.core.errors import StudioError
from apps.jobs import money
from apps.jobs.models import Job, RemoteRun, SpendingAccount
from apps.jobs.selectors import live_jobs
from apps.jobs.states import LIVE
from apps.production import followup
from apps.production.approving import scenes_approve
from apps.projects.models import Project
from apps.scenes.models import Scene
from apps.scenes.services import scene_update
from apps.work.work import Spending
from tests.factories import make_asset, make_clip, make_project, make_scenes, make_song, store_asset
from tests.fakes import media
from tests.jobs.remote.conftest import make_fake, no_delays, replicate  # noqa: F401 - fixtures
from tests.jobs.remote.driving import turn
from tests.production.test_generate_all import media_folder, work  # noqa: F401 - a fixture

pytestmark = pytest.mark.django_db(transaction=True)

PAID = "predictions$"


@pytest.fixture
def api(client, user):
    client.force_login(user)
    return client


@pytest.fixture
def project(user):
    """Three drafted scenes."""
    project = make_project(user)
    make_scenes(project, "1", "1", "1", prompt="a red door in a wall")
    return project


@pytest.fixture
def paid(project, replicate):  # noqa: F811
    project.providers = {"image": "replicate", "video": "replicate"}
    project.save()
    return project


def call(api, project, rest, **body):
    return api.post(f"/api/mv/projects/{project.pk}/{rest}", body, content_type="application/json")


def scenes_of(api, project):
    return api.get(f"/api/mv/projects/{project.pk}/scenes").json()["results"]


def approvals(api, project):
    return [scene["approval"] for scene in scenes_of(api, project)]


def pictures(api, project):
    call(api, project, "generate", stop_after="images")
    work()


def draw_now(project, user):
    """Give every scene a picture, as if the path had stopped there."""
    for scene in project.scenes.all():
        Scene.objects.filter(pk=scene.pk).update(image=make_asset(user, kind="image"))
    Project.objects.filter(pk=project.pk).update(needs_approval=True)


def paid_work(project, *, seconds=60):
    """Let everything that runs end."""
    ends = time.monotonic() + seconds
    while jobs := [job for job in live_jobs(project.pk) if job.kind != "compose"]:
        assert time.monotonic() < ends, jobs
        for job in jobs:
            turn(job)
            if job.state not in LIVE:
                followup.job_ended(job.pk)
    work(kinds={"compose"})


def kinds():
    return sorted(Job.objects.values_list("kind", flat=True))


def test_path_stops_at_pictures_with_a_state_of_its_own(api, project):
    response = call(api, project, "generate", stop_after="images")
    assert (response.status_code, response.json()["needs_approval"]) == (202, True)
    work()
    assert kinds() == ["image"] * 3
    shown = api.get(f"/api/mv/projects/{project.pk}").json()
    assert (shown["status"], shown["problem"]) == ("awaiting_approval", "")
    assert approvals(api, project) == ["proposed"] * 3
    # Pressing Generate buys no clips of its own accord.
    call(api, project, "generate")
    work()
    assert kinds() == ["image"] * 3


def test_scenes_are_written_first_where_there_are_none(api, user):
    song = make_song(user, seconds=3.0, asset=store_asset(user, media.sound(3.0), kind="audio", suffix=".wav"))
    project = make_project(user, song=song, number_of_scenes=2)
    pictures(api, project)
    assert kinds() == ["image", "image", "scenes"]


def test_approved_scenes_get_clips_and_the_last_approval_composes(api, project):
    pictures(api, project)
    scene = call(api, project, "scenes/2/approve").json()
    assert (scene["approval"], scene["job"]["kind"]) == ("approved", "video")
    work()
    assert [bool(scene["clip_id"]) for scene in scenes_of(api, project)] == [False, True, False]
    assert "compose" not in kinds()
    assert call(api, project, "scenes/approve").status_code == 200
    work()
    assert approvals(api, project) == ["approved"] * 3
    assert kinds() == ["compose", *["image"] * 3, *["video"] * 3]
    assert api.get(f"/api/mv/projects/{project.pk}").json()["status"] == "completed"


def test_unapproved_scenes_cause_no_paid_request(api, paid, replicate):  # noqa: F811
    call(api, paid, "generate", stop_after="images")
    paid_work(paid)
    assert replicate.count(PAID) == 3
    quoted = [Decimal(call(api, paid, f"scenes/{one}/quote").json()["amount"]) for one in ("approve", "2/approve")]
    assert 0 < quoted[1] * 3 == quoted[0]
    call(api, paid, "scenes/2/approve")
    paid_work(paid)
    refused = [
        call(api, paid, "scenes/1/generate_video"),
        call(api, paid, "scenes/3/generate_video", takes=2),
        api.post(f"/projects/{paid.pk}/scenes/1/quick", {"scene_id": str(paid.scenes.get(sequence=1).pk)}),
        call(api, paid, "generate"),
    ]
    assert [answer.status_code for answer in refused] == [409, 409, 302, 202]
    assert refused[0].json()["code"] == "not_approved"
    paid_work(paid)
    assert replicate.count(PAID) == 4
    assert RemoteRun.objects.filter(capability="video").count() == 1


def test_prices_of_pictures_and_later_clips_are_apart(api, paid):
    both = Decimal(call(api, paid, "generate/quote").json()["amount"])
    first = call(api, paid, "generate/quote", stop_after="images").json()
    assert 0 < Decimal(first["amount"]) < Decimal(first["later_amount"])
    assert Decimal(first["amount"]) + Decimal(first["later_amount"]) == both


def test_twenty_approvals_at_once_buy_each_clip_once(paid, user):
    draw_now(paid, user)
    outcomes = at_once(lambda: scenes_approve(by=user, project_id=paid.pk, spending=Spending()), 20)
    assert sorted(len(done) for done in outcomes) == [0] * 19 + [3]
    assert Job.objects.filter(kind="video").count() == 3


def test_cap_refuses_all_scenes_and_leaves_nothing_behind(api, paid, user):
    draw_now(paid, user)
    price = Decimal(call(api, paid, "scenes/1/approve/quote").json()["amount"])
    api.patch(f"/api/mv/projects/{paid.pk}", {"budget": str(price * 2)}, content_type="application/json")
    refused = call(api, paid, "scenes/approve")
    assert (refused.status_code, refused.json()["code"]) == (402, "budget_exceeded")
    assert (approvals(api, paid), Job.objects.count()) == (["proposed"] * 3, 0)

    by_number = iter([1, 2, 3] * 3)
    outcomes = at_once(
        lambda: scenes_approve(by=user, project_id=paid.pk, sequences=[next(by_number)], spending=Spending()), 9
    )
    assert sum(len(done) for done in outcomes if isinstance(done, list)) == 2
    assert SpendingAccount.objects.get(scope=money.project_scope(paid.pk)).reserved == price * 2
    assert Job.objects.filter(kind="video").count() == 2


def at_once(action, times):
    barrier, outcomes = threading.Barrier(times), []

    def run():
        barrier.wait()
        try:
            outcomes.append(action())
        except StudioError as refused:
            outcomes.append(refused)
        connection.close()

    threads = [threading.Thread(target=run) for _ in range(times)]
    [thread.start() for thread in threads]
    [thread.join() for thread in threads]
    return outcomes


def test_redo_draws_another_picture_with_the_note(api, project):
    pictures(api, project)
    before = scenes_of(api, project)[0]
    response = call(api, project, "scenes/1/redo", note="  at night, \n in the rain ")
    assert (response.status_code, response.json()["approval"]) == (202, "redo")
    job = Job.objects.get(pk=response.headers["Location"].rpartition("/")[2])
    assert job.parameters["frozen"]["values"]["prompt"] == "a red door in a wall\nat night, in the rain"
    # What is being drawn is not approved with the others.
    call(api, project, "scenes/approve")
    assert call(api, project, "scenes/1/approve").json()["code"] == "already_running"
    work()
    after = scenes_of(api, project)[0]
    assert (after["approval"], after["clip_id"]) == ("proposed", None)
    assert after["approval_note"] == "at night, in the rain"
    assert after["image_id"] != before["image_id"]
    images = api.get(f"/api/mv/projects/{project.pk}/scenes/1/images").json()
    assert [image["id"] for image in images] == [before["image_id"], after["image_id"]]
    assert approvals(api, project) == ["proposed", "approved", "approved"]


def test_redo_without_a_note_gives_a_different_picture(api, project):
    pictures(api, project)
    first = Scene.objects.get(project=project, sequence=1).image.sha256
    call(api, project, "scenes/1/redo")
    work()
    assert Scene.objects.get(project=project, sequence=1).image.sha256 != first


@pytest.mark.parametrize(
    "change",
    [
        lambda user, project: scene_update(by=user, project_id=project.pk, sequence=1, prompt="a blue door"),
        lambda user, project: project.scenes.filter(sequence=1).update(image=make_asset(user, kind="image")),
        lambda user, project: scene_update(by=user, project_id=project.pk, sequence=1, lipsync=True),
    ],
)
def test_a_changed_scene_loses_its_approval(api, user, project, change):
    draw_now(project, user)
    call(api, project, "scenes/1/approve")
    assert approvals(api, project)[0] == "approved"
    change(user, project)
    assert approvals(api, project)[0] == "proposed"


def test_changed_lyrics_take_back_only_the_approval_of_their_scene(api, user):
    project = make_project(user, song=make_song(user, seconds=8))
    make_scenes(project, "4", "4")
    draw_now(project, user)
    audio = f"/api/audio/{project.song.asset_id}/lyrics"
    text = "[00:01.00]first words\n[00:03.00]\n[00:05.00]other words\n[00:07.00]\n"
    assert api.put(audio, {"text": text}, content_type="application/json").status_code == 200
    call(api, project, "scenes/approve")
    assert approvals(api, project) == ["approved", "approved"]
    api.patch(f"{audio}/lines/1", {"text": "new words"}, content_type="application/json")
    assert approvals(api, project) == ["approved", "proposed"]


def test_changed_subjects_take_the_approval_back(api, user, project):
    draw_now(project, user)
    mara = call(api, project, "subjects", kind="character", name="Mara", description="a singer").json()
    call(api, project, "scenes/1/approve")
    where = f"/api/mv/projects/{project.pk}/scenes/1"
    api.patch(where, {"subjects": []}, content_type="application/json")
    api.patch(where, {"subjects": [mara["id"]]}, content_type="application/json")
    changed = f"/api/mv/projects/{project.pk}/subjects/{mara['id']}"
    api.patch(changed, {"description": "a sailor"}, content_type="application/json")
    assert approvals(api, project)[0] == "proposed"


def test_undone_words_are_approved_as_before(api, user, project):
    draw_now(project, user)
    call(api, project, "scenes/1/approve")
    Job.objects.all().delete()
    scene_update(by=user, project_id=project.pk, sequence=1, prompt="a blue door")
    call(api, project, "undo")
    assert approvals(api, project)[0] == "approved"


def test_what_changed_since_it_was_seen_is_not_approved(api, user, project):
    draw_now(project, user)
    seen = scenes_of(api, project)[0]["version"]
    scene_update(by=user, project_id=project.pk, sequence=1, prompt="a blue door")
    refused = call(api, project, "scenes/1/approve", version=seen)
    assert (refused.status_code, refused.json()["code"]) == (409, "stale")
    assert call(api, project, "scenes/1/redo", version=seen).json()["code"] == "stale"
    assert not Job.objects.exists()


def test_repeated_approval_buys_nothing_more(api, user, project):
    draw_now(project, user)
    version = scenes_of(api, project)[0]["version"]
    answers = [call(api, project, "scenes/1/approve", version=version) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [200, 200]
    assert Job.objects.filter(kind="video").count() == 1


def test_approving_while_other_pictures_are_drawn_starts_its_clip(api, project):
    call(api, project, "generate", stop_after="images")
    work_one("image")
    ready = next(scene for scene in scenes_of(api, project) if scene["image_id"])
    call(api, project, f"scenes/{ready['sequence']}/approve")
    work()
    assert kinds() == [*["image"] * 3, "video"]


def work_one(kind):
    from apps.scenes.handlers import HANDLERS
    from workers.base import job_run

    job = Job.objects.filter(state="queued", kind=kind).last()
    job_run(HANDLERS, job_id=str(job.pk), claim_from="queued")
    followup.job_ended(job.pk)


def test_scene_without_a_picture_cannot_be_approved(api, project):
    refused = call(api, project, "scenes/approve", sequences=[1, 2])
    assert (refused.status_code, refused.json()["code"]) == (409, "no_image")
    assert call(api, project, "scenes/approve", sequences=[9]).status_code == 404
    # Nothing can be approved, and nothing is.
    assert call(api, project, "scenes/approve").status_code == 200
    assert not Job.objects.exists()


def test_failed_clip_of_an_approved_scene_is_retried_by_generate(api, user, project):
    draw_now(project, user)
    call(api, project, "scenes/1/approve")
    job = Job.objects.get(kind="video")
    api.post(f"/api/jobs/{job.pk}/cancel")
    followup.job_ended(job.pk)
    call(api, project, "generate")
    assert Job.objects.filter(kind="video", state="queued").count() == 1
    scene_update(by=user, project_id=project.pk, sequence=1, prompt="a blue door")
    assert api.post(f"/api/jobs/{job.pk}/retry").json()["code"] == "not_approved"


@pytest.mark.parametrize("body", [{"note": "x" * 1001}, {"note": ["a"]}, {"nonsense": 1}])
def test_bad_redo_is_refused(api, user, project, body):
    draw_now(project, user)
    assert call(api, project, "scenes/1/redo", **body).status_code == 400


def test_unknown_stop_is_refused(api, project):
    assert call(api, project, "generate", stop_after="scenes").status_code == 400
    assert not Job.objects.exists()


def test_unapproved_scene_with_a_clip_is_not_lip_synced(api, user, project):
    """A clip of one's own, or one that was made before its words changed."""
    song = make_song(user, seconds=3)
    Project.objects.update(song=song, needs_approval=True)
    make_clip(project.scenes.get(sequence=1))
    refused = call(api, project, "lipsync/1")
    assert (refused.status_code, refused.json()["code"]) == (409, "not_approved")
    assert "Scene 1 isn't approved yet" in refused.json()["detail"]
    Project.objects.update(needs_approval=False)
    assert call(api, project, "lipsync/1").status_code == 202
