"""How long scenes last: the project's pace or the flavor's, fitted to the clips that a paid model sells."""

from decimal import Decimal
from itertools import pairwise

import pytest

from apps.flavors.registry import resolve
from apps.production.paces import pace_plans
from apps.projects.models import Project
from apps.projects.services import project_update
from apps.scenes.scene_frames import project_pace, project_slots
from apps.work.choice import Picked
from apps.work.pacing import pace_lengths, scene_pace
from tests.factories import make_project, make_song

pytestmark = pytest.mark.django_db(transaction=True)

SECTIONS = [
    {"label": "verse", "start_seconds": 0.0, "end_seconds": 30.0, "energy": 0.2, "group": 0},
    {"label": "chorus", "start_seconds": 30.0, "end_seconds": 60.0, "energy": 1.0, "group": 1},
]
ANALYSIS = {"sections": SECTIONS, "energy": [0.1] * 300 + [0.9] * 300}


@pytest.fixture
def project(user):
    return make_project(user, song=make_song(user, seconds=60.0, analysis=ANALYSIS))


def paid(project, model, **changes):
    Project.objects.filter(pk=project.pk).update(
        providers={"video": "replicate"}, chosen_models={"video": model} if model else {}, **changes
    )
    return Project.objects.get(pk=project.pk)


def lengths_of(project):
    return [end - start for start, end in project_slots(project, None)]


def test_quiet_half_is_cut_slower_than_the_loud_one_and_the_flavor_has_a_pace(project):
    lengths = lengths_of(project)
    edges = [sum(lengths[:number]) for number in range(len(lengths) + 1)]
    quiet = [end - start for start, end in pairwise(edges) if end <= 30]
    loud = [end - start for start, end in pairwise(edges) if start >= 30]
    assert sum(quiet) / len(quiet) > 5 and 2 <= sum(loud) / len(loud) <= 4
    counts = {}
    for flavor in ("cinematic", "default", "vlog_style"):
        project.flavor = flavor
        counts[flavor] = len(lengths_of(project))
    assert counts["cinematic"] < counts["default"] < counts["vlog_style"]


def test_project_chooses_a_pace_instead_of_the_flavors(user, project):
    of_flavor = len(lengths_of(project))
    project_update(by=user, project_id=project.pk, pace="fast")
    assert len(lengths_of(Project.objects.get(pk=project.pk))) > of_flavor
    assert len(project_slots(project, 7)) == 7


@pytest.mark.parametrize(
    ("model", "sold"),
    [("", (4, 6, 8)), ("kwaivgi/kling-v3-video", tuple(range(3, 16))), ("auto", tuple(range(2, 16)))],
    ids=["the flavor's model", "whole seconds", "automatic"],
)
def test_paid_clips_are_at_least_as_long_as_the_shortest_that_is_sold(replicate, project, model, sold):
    chosen = paid(project, model, pace="fast")
    assert project_pace(chosen).clip_seconds == sold
    assert max(lengths_of(chosen)) <= max(sold)
    assert len(lengths_of(chosen)) <= 60 / min(sold)


def test_faster_pace_buys_hardly_more_seconds_of_paid_clips(replicate, user, project):
    plans = {plan.name: plan for plan in pace_plans(by=user, project=paid(project, ""))}
    counts = [len(plans[name].lengths) for name in ("calm", "normal", "fast")]
    assert counts == sorted(counts) and plans["normal"].of_flavor
    dearest, cheapest = max(plan.amount for plan in plans.values()), min(plan.amount for plan in plans.values())
    assert Decimal(5) < cheapest and dearest < Decimal("1.3") * cheapest


def test_without_a_usable_model_the_pace_alone_counts(project):
    values = resolve("default", "parameters").values
    pace = scene_pace(values, "calm", flavor="default", picked=Picked("replicate", "nobody/knows"))
    assert (pace.quiet, pace.loud, pace.clips) == (9, 5, None)


def test_settings_of_the_release_before_have_one_length():
    lengths = pace_lengths({"duration_seconds": 8}, "")
    assert lengths.quiet > 8 > lengths.loud


def test_pace_is_a_field_of_the_api(api, project):
    address = f"/api/mv/projects/{project.pk}"
    assert api.get(address).json()["pace"] == ""
    assert api.patch(address, {"pace": "calm"}, content_type="application/json").json()["pace"] == "calm"
    wrong = api.patch(address, {"pace": "frantic"}, content_type="application/json")
    assert wrong.status_code == 400 and "pace" in str(wrong.json())
    body = {"idea": "rain", "audio_id": str(project.song.asset_id), "pace": "frantic"}
    assert api.post("/api/mv/create_scenes", body, content_type="application/json").status_code == 400


def test_standalone_scenes_have_a_pace(api, run_job, project):
    counts = []
    for pace in ("calm", "fast"):
        body = {"idea": "rain", "audio_id": str(project.song.asset_id), "pace": pace}
        job = run_job(api.post("/api/mv/create_scenes", body, content_type="application/json").json()["id"])
        counts.append(len(job.result["scenes"]))
    assert counts[0] < counts[1]
