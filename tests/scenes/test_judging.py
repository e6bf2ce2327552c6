"""Takes judged by a language model, and the best of several made, judged and used, on strict fakes over real HTTP."""

import threading
from decimal import Decimal

import pytest
from django.db import connection

from apps.core.errors import StudioError
from apps.jobs.models import Job, SpendingAccount
from apps.jobs.money import project_scope
from apps.scenes.judging import best_of
from apps.scenes.making import GenerationSpec
from apps.scenes.models import Clip, Scene
from apps.work.work import Spending
from tests.factories import make_clip, make_project, make_scenes, make_subject, store_asset
from tests.fakes import media
from tests.fakes.vision import images_of
from tests.jobs.remote.driving import drive, turn

pytestmark = pytest.mark.django_db(transaction=True)
PAID = "POST /v1/chat/completions"


@pytest.fixture
def project(user, no_delays):
    project = make_project(user, providers={"video": "replicate"})
    make_scenes(project, "4")
    return project


@pytest.fixture
def scene(project):
    return project.scenes.get()


@pytest.fixture
def call(api, project):
    def call(what, method="post", **body):
        path = f"/api/mv/projects/{project.pk}/scenes/1/{what}"
        return getattr(api, method)(path, body or None, content_type="application/json")

    return call


def take(scene, **fields):
    return make_clip(scene, asset=store_asset(scene.project.owner, media.video(4.0, "1280x720")), **fields)


def finish(job_id):
    """Do what beat and the workers do, the judge's job included, until nothing is left to do."""
    for job in Job.objects.filter(kind="video"):
        drive(job)
    return drive(Job.objects.get(pk=job_id))


def test_takes_are_judged_by_frames_and_pictures_and_the_verdict_is_advice(call, scene, chat):
    subject = make_subject(scene.project, "Mara", pictures=1)
    picture = store_asset(scene.project.owner, media.image("1600x900"), kind="image", suffix=".png")
    subject.pictures.update(asset=picture)
    first, second = take(scene), take(scene, current=False)
    take(scene, current=False, rejected=True)
    quoted = call("takes/judge/quote").json()
    quote = Decimal(quoted["amount"])
    assert quoted["notes"] == []

    job = drive(Job.objects.get(pk=call("takes/judge").json()["id"]))

    assert (job.state, chat.count(PAID)) == ("succeeded", 1), job.error
    assert Decimal(0) < job.cost <= quote == job.quoted_cost
    pictures = images_of(chat.log[-1].json())
    assert len(pictures) == 1 + 2 * 4 and {max(one.size) for one in pictures} == {768}
    verdicts = [one["verdict"] for one in call("clips", "get").json()["results"]]
    assert verdicts[0] == {
        "score": 5,
        "identity": 5,
        "prompt": 5,
        "artifacts": 5,
        "words": ["face matches", "left hand has six fingers"],
        "model": "fake-writer",
    }
    assert verdicts[1]["score"] == 6 and verdicts[2] is None
    scene.refresh_from_db()
    assert scene.current_clip == first != second
    # One wish, one charge: what was judged is not judged again by itself.
    assert call("takes/judge").json()["code"] == "already_judged"
    assert call("takes/judge", clip_ids=[str(first.pk)], again=True).status_code == 202
    assert call("takes/judge", clip_ids=[str(second.pk)], again=True).json()["code"] == "already_running"


def test_odd_requests_get_a_clear_answer(call, scene, api, project, chat):
    other = make_clip(make_scenes(make_project(project.owner), "4")[0])
    assert call("takes/judge").json()["code"] == "no_video"
    clip = take(scene)
    assert call("takes/judge", clip_ids=[str(other.pk)]).status_code == 404
    unknown = call("takes/judge", clip_ids=["x"])
    assert unknown.status_code == 404 and list(unknown.json()["errors"]) == ["clip_ids"]
    assert unknown.json()["detail"].startswith("clip_ids: nothing has")
    for what in ("takes/judge", "takes/judge/quote"):
        none = call(what, clip_ids=[])
        assert none.status_code == 400 and "clip_ids" in none.json()["errors"]
    assert call("takes/best", takes=1).status_code == 400
    assert call("takes/judge", provider="replicate").json()["code"] == "unknown_provider"
    api.patch(f"/api/mv/projects/{project.pk}", {"budget": "0.0001"}, content_type="application/json")
    assert call("takes/judge").json()["code"] == "budget_exceeded"
    assert not Job.objects.exists() and clip.verdict == {}


def test_a_model_without_eyes_is_named_and_nothing_is_charged(call, scene, chat):
    take(scene)
    chat.sees_images = False

    job = drive(Job.objects.get(pk=call("takes/judge").json()["id"]))

    assert (job.state, job.cost) == ("failed", 0)
    assert "can't see pictures, so it can't judge takes. Choose a model that can." in job.error


def test_a_repeated_call_with_one_key_is_one_charge(call, scene, api, project, chat):
    take(scene)
    path = f"/api/mv/projects/{project.pk}/scenes/1/takes/judge"
    ids = {
        api.post(path, {}, content_type="application/json", headers={"Idempotency-Key": "k"}).json()["id"]
        for _ in range(2)
    }
    (job_id,) = ids
    drive(Job.objects.get(pk=job_id))
    assert api.post(path, {}, content_type="application/json", headers={"Idempotency-Key": "k"}).json()["id"] == job_id
    assert chat.count(PAID) == 1


def test_best_of_makes_judges_and_uses_the_best(call, scene, chat, replicate):
    old = take(scene)
    quote = call("takes/best/quote", takes=3).json()
    one = Decimal(call("generate_video/quote").json()["amount"])
    assert Decimal(quote["amount"]) > 3 * one

    answer = call("takes/best", takes=3)

    judge = Job.objects.get(pk=answer.json()["id"])
    account = SpendingAccount.objects.get(scope=project_scope(scene.project_id))
    assert (answer.status_code, account.reserved) == (202, Decimal(quote["amount"]))
    turn(judge)
    assert (judge.state, judge.progress_message) == ("queued", "Waiting for the takes")
    judge = finish(judge.pk)
    assert judge.state == "succeeded", judge.error
    scene.refresh_from_db()
    made = list(Clip.objects.filter(scene=scene).exclude(pk=old.pk))
    best = max(made, key=lambda clip: clip.verdict["prompt"])
    assert len(made) == 3 and scene.current_clip == best
    assert (judge.result["best_clip_id"], judge.result["used"]) == (str(best.pk), True)
    assert (chat.count(PAID), replicate.count("POST /v1/(models/.+/)?predictions$")) == (1, 3)
    account.refresh_from_db()
    assert account.reserved == 0 and account.spent <= Decimal(quote["amount"])


def test_best_of_leaves_a_clip_that_a_person_chose_meanwhile(call, scene, chat, replicate):
    old, liked = take(scene), take(scene, current=False)
    judge = Job.objects.get(pk=call("takes/best", takes=2).json()["id"])
    for job in Job.objects.filter(kind="video"):
        drive(job)
    call(f"clips/{liked.pk}/keep")

    judge = finish(judge.pk)

    scene.refresh_from_db()
    assert (judge.state, judge.result["used"], scene.current_clip) == ("succeeded", False, liked)
    assert old.pk != liked.pk


def test_best_of_without_any_take_fails_and_pays_no_judge(call, scene, chat, replicate):
    judge = Job.objects.get(pk=call("takes/best", takes=2).json()["id"])
    for job in Job.objects.filter(kind="video"):
        call_cancel(job)

    judge = drive(judge)

    assert (judge.state, judge.cost, chat.count(PAID)) == ("failed", 0, 0)
    assert "None of the takes could be made" in judge.error
    assert SpendingAccount.objects.get(scope=project_scope(scene.project_id)).reserved == 0


def call_cancel(job):
    from apps.jobs.services import job_cancel

    job_cancel(by=job.owner, job_id=job.pk)


def test_the_only_take_that_was_made_is_used_without_a_judge(call, scene, chat, replicate):
    judge = Job.objects.get(pk=call("takes/best", takes=2).json()["id"])
    first, second = Job.objects.filter(kind="video").order_by("created_at")
    call_cancel(first)

    judge = finish_some(judge, second)

    scene.refresh_from_db()
    assert (judge.state, judge.cost, chat.count(PAID)) == ("succeeded", 0, 0)
    assert scene.current_clip.job == second


def finish_some(judge, *takes):
    for job in takes:
        drive(job)
    return drive(judge)


def test_twenty_threads_never_pass_the_cap(user, project, chat, replicate, call):
    make_scenes_more(project, 20)
    total = Decimal(call("takes/best/quote", takes=2).json()["amount"])
    cap = total * 3 + total / 2
    SpendingAccount.objects.create(scope=project_scope(project.pk), cap=cap)
    started, refused, gate = [], [], threading.Barrier(20)

    def want(sequence):
        gate.wait()
        try:
            spec, spending = GenerationSpec(takes=2), Spending()
            started.append(best_of(by=user, project_id=project.pk, sequence=sequence, spec=spec, spending=spending))
        except StudioError as error:
            refused.append(error.code)
        finally:
            connection.close()

    threads = [threading.Thread(target=want, args=(sequence,)) for sequence in range(1, 21)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()

    account = SpendingAccount.objects.get(scope=project_scope(project.pk))
    assert (len(started), set(refused), len(refused)) == (3, {"budget_exceeded"}, 17)
    assert account.reserved == 3 * total <= cap
    assert sorted(Job.objects.values_list("kind", flat=True)) == ["judge"] * 3 + ["video"] * 6


def make_scenes_more(project, count):
    for number in range(2, count + 1):
        Scene.objects.create(project=project, sequence=number, duration=4, prompt=f"shot {number}")
