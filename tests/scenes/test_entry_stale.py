"""A changed forerunner marks exactly the scenes that continue from it, and one act makes them again in order."""

import pytest
from django.utils import timezone

from apps.composition.looks import scene_look_update
from apps.jobs.models import Job
from apps.production import generate_all
from apps.production.followup import job_ended
from apps.scenes.models import Scene
from apps.work.work import Spending
from tests.factories import make_asset, make_clip, make_project, make_scenes

pytestmark = pytest.mark.django_db


def url(project, what):
    return f"/api/mv/projects/{project.pk}/{what}"


def post(api, project, what, **body):
    return api.post(url(project, what), body, content_type="application/json")


def patch(api, project, number, **body):
    answer = api.patch(url(project, f"scenes/{number}"), body, content_type="application/json")
    assert answer.status_code == 200, answer.json()
    return answer.json()


def finish(job, *, state="succeeded"):
    """End the job of a clip as a worker would, without making anything."""
    scene = Scene.objects.get(pk=job.scene_id)
    if state == "succeeded":
        told = {"request": {"prompt": scene.prompt}, "inputs": job.parameters["frozen"]["inputs"]}
        scene.clip_in, scene.clip_out = 0, None
        scene.save()
        make_clip(scene, parameters={**told, "provider": job.provider}, job=job)
    error = "" if state == "succeeded" else "CUDA error"
    Job.objects.filter(pk=job.pk).update(state=state, error=error, dedupe_key="", finished_at=timezone.now())


def generate(api, project, number):
    answer = post(api, project, f"scenes/{number}/generate_video")
    assert answer.status_code == 202, answer.json()
    finish(Job.objects.get(pk=answer.json()["id"]))


def stale(api, project):
    found = api.get(url(project, "scenes")).json()["results"]
    for one in found:
        single = api.get(url(project, f"scenes/{one['sequence']}")).json()
        assert (one["stale"], one["stale_reason"]) == (single["stale"], single["stale_reason"])
        assert one["stale"] == bool(one["stale_reason"])
    return {one["sequence"]: one["stale_reason"] for one in found if one["stale"]}


@pytest.fixture
def film(user, api):
    """Six scenes: 2 and 3 continue in a chain, 5 is a bridge from 4, 6 is a cut."""
    project = make_project(user)
    make_scenes(project, *["4"] * 6)
    still = make_asset(user, kind="image", width=1280, height=720)
    Scene.objects.filter(project=project).update(image=still)
    Scene.objects.filter(project=project, sequence__in=[2, 3]).update(entry="continue")
    Scene.objects.filter(project=project, sequence=5).update(entry="bridge")
    for number in range(1, 7):
        generate(api, project, number)
    assert stale(api, project) == {}
    return project


def test_another_clip_marks_only_the_scene_that_continues_from_it(api, film):
    generate(api, film, 1)
    assert stale(api, film) == {2: "It continues from an older clip of shot 1."}
    generate(api, film, 4)
    assert set(stale(api, film)) == {2, 5}
    generate(api, film, 2)
    assert stale(api, film)[3] == "It continues from an older clip of shot 2." and 2 not in stale(api, film)
    generate(api, film, 6)
    assert set(stale(api, film)) == {3, 5}


def test_another_part_or_length_marks_it_and_the_way_back_clears_it(api, film):
    ends = "ends at another frame now than the one it continues from."
    patch(api, film, 1, clip_in=1)
    assert stale(api, film) == {2: f"Shot 1 {ends}"}
    post(api, film, "undo")
    assert stale(api, film) == {}
    patch(api, film, 1, clip_out=2)
    assert 2 in stale(api, film)
    post(api, film, "undo")
    patch(api, film, 4, duration=3)
    assert stale(api, film) == {5: f"Shot 4 {ends}"}


def test_entries_and_cuts_change_what_is_stale(api, film):
    patch(api, film, 6, entry="continue")
    assert stale(api, film) == {6: "Its clip doesn't start from the last frame of shot 5 yet."}
    patch(api, film, 6, entry="cut")
    patch(api, film, 2, entry="cut")
    assert stale(api, film) == {}
    # The second half of a forerunner ends where the whole did.
    post(api, film, "scenes/2/split", at=2)
    assert stale(api, film) == {}
    post(api, film, "scenes/reorder", order=[1, 4, 2, 3, 5, 6, 7])
    assert 2 in stale(api, film)


@pytest.mark.parametrize(("way", "number"), [("hold", 29), ("loop", 5), ("bounce", 24)])
def test_a_short_clip_ends_as_the_film_fills_it(api, film, user, way, number):
    clip = make_clip(Scene.objects.get(project=film, sequence=1), asset=make_asset(user, duration_seconds=1.25))
    scene_look_update(by=user, project_id=film.pk, sequence=1, short_clip=way)
    made = post(api, film, "scenes/2/generate_video").json()
    source = Job.objects.get(pk=made["id"]).parameters["frozen"]["inputs"]["image"]
    assert (source["asset_id"], source["frame"]["number"]) == (str(clip.asset_id), number)


def test_a_bridge_says_that_its_model_takes_no_last_frame(api, film):
    note = api.get(url(film, "scenes/5/pictures?capability=video")).json()["note"]
    assert note.startswith("Draft takes no last frame, so a bridge only continues") and "google/veo-3.1" in note
    assert api.get(url(film, "scenes/2/pictures?capability=video")).json()["note"] == ""


def test_a_bridges_quote_says_before_it_is_paid_that_it_does_not_arrive(api, film):
    said = "Draft takes no last frame, so a bridge only continues and doesn't arrive at its own picture."
    assert post(api, film, "scenes/5/generate_video/quote").json()["notes"] == [said]
    assert post(api, film, "scenes/2/generate_video/quote").json()["notes"] == []
    generate(api, film, 4)
    assert post(api, film, "scenes/redo_stale/quote").json()["notes"] == [said]


def test_own_footage_is_not_stale(api, film, user):
    scene = Scene.objects.get(project=film, sequence=2)
    make_clip(scene, origin="uploaded")
    assert stale(api, film) == {3: "It continues from an older clip of shot 2."}


def test_one_act_redoes_the_chain_in_order(api, film):
    generate(api, film, 1)
    quote = post(api, film, "scenes/redo_stale/quote").json()
    assert quote["amount"] is not None

    answer = post(api, film, "scenes/redo_stale")
    assert answer.status_code == 202, answer.json()
    assert answer.json()["sequences"] == [2, 3]
    first, second = (Job.objects.get(pk=one["id"]) for one in answer.json()["jobs"])
    inputs = [job.parameters["frozen"]["inputs"]["image"] for job in (first, second)]
    now = Scene.objects.get(project=film, sequence=1).current_clip
    assert inputs[0]["asset_id"] == str(now.asset_id) and inputs[0]["last_frame_of"] is None
    assert inputs[1]["last_frame_of"] == str(first.scene_id) and inputs[1]["asset_id"] is None
    assert post(api, film, "scenes/redo_stale").json()["code"] == "already_running"


def test_only_the_asked_ones_are_redone_and_the_price_is_confirmed(api, film):
    generate(api, film, 1)
    generate(api, film, 4)
    assert post(api, film, "scenes/redo_stale", sequences=[9]).status_code == 404
    answer = post(api, film, "scenes/redo_stale", sequences=[5])
    assert answer.json()["sequences"] == [5]
    assert post(api, film, "scenes/redo_stale", sequences=[6]).json()["code"] == "not_stale"
    said = post(api, film, "scenes/redo_stale", sequences=[6]).json()["detail"]
    assert said == "Scene 6 isn't stale: there is nothing to redo."
    assert post(api, film, "scenes/redo_stale/quote", sequences=[6]).json()["basis"] == "nothing is stale"


def test_a_matched_picture_goes_stale_with_the_picture_it_matches(api, film, user):
    told = make_asset(user, kind="image", metadata={"inputs": {"matched": {"asset_id": str(make_asset(user).pk)}}})
    Scene.objects.filter(project=film, sequence=6).update(entry="match", image=told)
    assert stale(api, film) == {6: "Its picture matches an older picture of shot 5."}
    answer = post(api, film, "scenes/redo_stale").json()
    assert [job["kind"] for job in answer["jobs"]] == ["image"]


def test_shots_within_a_section_are_proposed_and_accepted_at_once(api, film):
    Scene.objects.filter(project=film).update(entry="cut", section="Verse 1", facts={"place": "a pier"})
    Scene.objects.filter(project=film, sequence__gte=4).update(section="Chorus")
    Scene.objects.filter(project=film, sequence=3).update(facts={"place": "a roof"})
    Scene.objects.filter(project=film, sequence=6).update(lipsync=True)
    found = api.get(url(project := film, "scenes")).json()["results"]
    assert [one["proposed_entry"] for one in found] == [None, "continue", None, None, "continue", None]

    entries = [one["entry"] for one in post(api, project, "scenes/continue").json()]
    assert entries == ["cut", "continue", "cut", "cut", "continue", "cut"]
    post(api, project, "undo")
    assert {one["entry"] for one in api.get(url(project, "scenes")).json()["results"]} == {"cut"}


def start(project):
    generate_all.generate_all_start(by=project.owner, project_id=project.pk, spending=Spending())
    project.refresh_from_db()


def started(project):
    return set(Scene.objects.filter(project=project, job__state="queued").values_list("sequence", flat=True))


def test_the_path_starts_a_continuing_scene_when_its_forerunner_has_its_clip(api, film):
    Scene.objects.filter(project=film).update(current_clip=None, job=None)
    start(film)
    assert started(film) == {1, 4, 6}

    job = Scene.objects.get(project=film, sequence=1).job
    finish(job)
    job_ended(job.pk)
    assert started(film) == {2, 4, 6}
    made = Scene.objects.get(project=film, sequence=2).job.parameters["frozen"]["inputs"]["image"]
    assert made["frame"] == {"number": 95, "fps": "24"}


def test_everything_is_priced_and_drawn_before_there_is_a_picture(api, film):
    Scene.objects.filter(project=film).update(current_clip=None, image=None, job=None)
    works = generate_all.generate_all_works(by=film.owner, project=film)
    assert [str(work.kind) for work in works].count("video") == 6
    start(film)
    assert started(film) == {1, 2, 3, 4, 5, 6}
    assert set(Job.objects.filter(state="queued").values_list("kind", flat=True)) == {"image"}


def test_a_failed_forerunner_is_named_with_what_waits_for_it(api, film):
    Scene.objects.filter(project=film, sequence__lte=3).update(current_clip=None, job=None)
    start(film)
    job = Scene.objects.get(project=film, sequence=1).job
    finish(job, state="failed")
    job_ended(job.pk)

    film.refresh_from_db()
    assert not film.generating
    assert "Scene 1: CUDA error Scene 2 waits for scene 1, and scene 3 for scene 2. Click Generate" in film.problem
    start(film)
    assert started(film) == {1}


def waits(api, project):
    found = api.get(url(project, "scenes")).json()["results"]
    for one in found:
        single = api.get(url(project, f"scenes/{one['sequence']}")).json()
        assert (one["waits_for"], one["waits_reason"]) == (single["waits_for"], single["waits_reason"])
    return {one["sequence"]: (one["waits_for"], one["waits_reason"]) for one in found if one["waits_for"]}


def end(project, **states):
    """End each scene's latest job: `_2="cancelled"`."""
    for number, state in states.items():
        finish(Scene.objects.get(project=project, sequence=number.strip("_")).job, state=state)


def test_a_broken_chain_is_named_with_what_mends_it(api, film):
    assert waits(api, film) == {}
    Scene.objects.filter(project=film, sequence__in=[2, 3]).update(current_clip=None, job=None)
    assert waits(api, film) == {}, "nothing was asked for yet"
    assert post(api, film, "scenes/2/generate_video").status_code == 202
    assert waits(api, film) == {}, "it is at work"
    end(film, _2="cancelled")
    assert waits(api, film) == {3: (2, "Scene 2: It was cancelled. Click Generate: they are made in this order.")}
    patch(api, film, 3, entry="cut")
    assert waits(api, film) == {}


def test_a_chain_whose_redo_broke_is_named_though_it_has_its_old_clips(api, film):
    generate(api, film, 1)
    post(api, film, "scenes/redo_stale")
    end(film, _2="cancelled", _3="failed")
    assert 2 in stale(api, film)
    assert waits(api, film) == {3: (2, "Scene 2: It was cancelled. Click Redo: they are made again in this order.")}
    post(api, film, "scenes/redo_stale")
    assert waits(api, film) == {}
    end(film, _2="succeeded", _3="succeeded")
    assert waits(api, film) == {}


def test_a_redo_of_clips_that_fit_may_be_cancelled_but_not_break(api, film):
    for number in (2, 3):
        assert post(api, film, f"scenes/{number}/generate_video").status_code == 202
    end(film, _2="cancelled", _3="cancelled")
    assert waits(api, film) == {}, "the old clips are what is wanted"
    end(film, _3="failed")
    regenerate = "On Edit's timeline, choose scenes 2 and 3, and regenerate them: they are made again in this order."
    assert waits(api, film) == {3: (2, f"Scene 2: It was cancelled. {regenerate}")}
