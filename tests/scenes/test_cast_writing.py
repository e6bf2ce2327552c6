"""Who and what is in the written scenes, as their writer says it."""

import json

import pytest

from apps.jobs.models import Job
from tests.factories import make_project, make_subject
from tests.jobs.remote.driving import drive

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def project(user, no_delays):
    project = make_project(user, idea="Mara waits. Jon rows to the harbor. Mara and Jon dance on the rooftop.")
    for name, kind in [("Mara", "character"), ("Jon", "character"), ("The old harbor", "place"), ("Rooftop", "place")]:
        make_subject(project, name, kind=kind, description=f"{name} as it looks", never_change="")
    return project


def write(api, project, run, **body):
    where = f"/api/mv/projects/{project.pk}/scenes"
    job = api.post(f"{where}/generate", {"number_of_scenes": 3, **body}, content_type="application/json").json()
    assert run(job["id"]).state == "succeeded"
    names = {str(one.pk): one.name for one in project.subjects.all()}
    listed = api.get(where).json()
    return [[names[one] for one in scene["subjects"]] for scene in listed.get("results", listed)]


def test_the_chat_writer_names_them_from_the_cast(api, project, chat):
    written = write(api, project, lambda job_id: drive(Job.objects.get(pk=job_id)), provider="chat")

    assert written == [
        ["Mara", "Jon", "The old harbor"],
        ["Jon", "Mara", "Rooftop"],
        ["Mara", "Jon", "The old harbor"],
    ]
    body = json.loads(chat.log[-1].body)
    assert "- The old harbor (place): The old harbor as it looks" in body["messages"][0]["content"]
    scene = body["response_format"]["json_schema"]["schema"]["properties"]["scenes"]["items"]
    assert "subjects" in scene["required"]


def test_names_that_nobody_has_are_left_out_without_a_second_call(api, project, chat):
    scene = {"description": "A dance.", "negative_description": "", "lipsync": False, "duration": 8.0}
    chat.answers.append(json.dumps({"scenes": [{**scene, "subjects": ["JON", "Somebody"]}, scene, scene]}))
    written = write(api, project, lambda job_id: drive(Job.objects.get(pk=job_id)), provider="chat")

    assert written == [["Jon"], ["Mara"], ["Mara"]]  # the lead, where nothing was said
    assert chat.count("chat/completions") == 1


def test_the_draft_writer_names_them_by_its_words(api, project, run_job):
    written = write(api, project, run_job, provider="draft")
    seen = {name for scene in written for name in scene}
    assert {"Mara", "Jon"} <= seen
    assert all("Mara" in scene or "Jon" in scene for scene in written)
    for scene, shown in zip(project.scenes.order_by("sequence"), written, strict=True):
        assert ("The old harbor" in shown) == ("harbor" in scene.prompt.lower())


def test_written_names_come_back_with_undo_and_redo(api, project, run_job):
    first = write(api, project, run_job, provider="draft")
    api.patch(f"/api/mv/projects/{project.pk}", {"idea": "Jon alone on the rooftop"}, content_type="application/json")
    second = write(api, project, run_job, provider="draft")
    assert first != second
    where = f"/api/mv/projects/{project.pk}"
    names = {str(one.pk): one.name for one in project.subjects.all()}

    def after(what, **body):
        scenes = api.post(f"{where}/{what}", body, content_type="application/json").json()
        return [[names[one] for one in scene["subjects"]] for scene in scenes]

    assert after("undo", confirmed=True) == first
    assert after("redo") == second
