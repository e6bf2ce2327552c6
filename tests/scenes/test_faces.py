"""The faces of a clip: read from the API, judged before a lip-sync, chosen among several."""

import json
from fractions import Fraction

import pytest

from apps.composition.handlers import HANDLERS as COMPOSITION_HANDLERS
from apps.composition.models import ClipFraming, Output
from apps.jobs.models import Job
from apps.production import followup
from apps.scenes.models import LipsyncLook, Scene
from engines.faces.found import ClipFaces, Moment
from tests.factories import make_clip, make_project, make_scenes, make_song, store_asset
from tests.fakes import media
from tests.jobs.remote.driving import drive
from tests.scenes.preflights import face, preflight_jobs, run_preflights, seen
from workers.base import job_run

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def project(user, no_delays, sync_so):
    song = make_song(user, asset=store_asset(user, media.sound(4.0), kind="audio", suffix=".wav"))
    project = make_project(user, song=song, providers={"lipsync": "sync_so"})
    (scene,) = make_scenes(project, "2")
    make_clip(scene, asset=store_asset(user, media.video(2.0)))
    LipsyncLook.objects.create(asset=song.asset, found={"audible": [10] * 40, "likely": [0.9] * 4})
    return project


@pytest.fixture
def clip(project):
    return Scene.objects.get(project=project).current_clip.asset


def post(api, project, path="", **body):
    url = f"/api/mv/projects/{project.pk}/lipsync/1{path}"
    return api.post(url, json.dumps(body), content_type="application/json")


def test_faces_are_looked_for_once_and_then_told(api, project, clip):
    where = f"/api/assets/{clip.pk}/faces"
    asked = api.get(where)
    assert (asked.status_code, asked.json()["looking"], asked.json()["frames"]) == (202, True, [])
    assert api.get(where).json()["jobs"][0]["id"] == asked.json()["jobs"][0]["id"]
    run_preflights()
    told = api.get(where)
    assert (told.status_code, told.json()["looking"], told.json()["problem"]) == (200, False, "")
    assert told.json()["frames"] and all(frame["faces"] == [] for frame in told.json()["frames"])

    LipsyncLook.objects.filter(asset=clip).update(found=seen(face(), face(1, 400)))
    first = api.get(where).json()["frames"][0]["faces"][1]
    assert (first["face"], first["x"], first["y"], first["width"], first["height"]) == (1, 400, 50, 160, 200)
    assert preflight_jobs().count() == 1
    assert api.get(f"/api/assets/{project.song.asset_id}/faces").status_code == 400


@pytest.mark.parametrize(
    ("faces", "kind", "words"),
    [
        ([face(yaw=48.0)], "profile", "turned to the side in 16 of 16 frames checked, by up to 48°"),
        ([face(hidden=True)], "hidden", "hidden in 16 of 16"),
        ([face(height=40)], "small", "40 pixels, 11% of the picture"),
        ([face(), face(1, 400)], "several", "choose the one who sings"),
    ],
)
def test_each_finding_has_a_sentence_a_frame_and_a_model_that_copes(api, project, clip, faces, kind, words):
    LipsyncLook.objects.create(asset=clip, found=seen(*faces))
    body = post(api, project, "/check").json()

    (finding,) = body["findings"]
    assert (finding["kind"], finding["problem"], body["usable"]) == (kind, True, False)
    assert words in finding["sentence"]
    assert finding["frame_url"] == f"/api/mv/get_video/{clip.pk}#t={finding['seconds']:.3f}"
    coping = [(one["model"], one["price"]) for one in finding["models"]]
    assert coping == ([("sync-3", "0.2660")] if kind in {"profile", "hidden"} else [])
    again = post(api, project, "/check", model="sync-3").json()
    assert again["usable"] is (kind in {"profile", "hidden"})


def test_cut_inside_a_clip_is_told_but_no_reason_to_refuse(api, project, clip):
    LipsyncLook.objects.create(asset=clip, found=seen(face(), cuts=(1.0,)))
    body = post(api, project, "/check").json()
    assert body["usable"] is True
    assert [(one["kind"], one["problem"]) for one in body["findings"]] == [("cut", False)]


def test_chosen_face_is_sent_as_the_services_speaker(api, project, clip, sync_so):
    LipsyncLook.objects.create(asset=clip, found=seen(face(), face(1, 270, hidden=True)))
    chosen = {"time": 0.5, "x": 150.0, "y": 100.4}
    assert post(api, project, "/check", face=chosen).json()["usable"] is True
    hidden = post(api, project, "/check", face={"time": 0.5, "x": 300, "y": 100}).json()
    assert [one["kind"] for one in hidden["findings"]] == ["hidden"]

    asked = post(api, project, face=chosen, force=False)
    assert asked.status_code == 202, asked.content
    assert asked.json()["lipsync_params"]["face"] == chosen
    assert drive(Job.objects.get(pk=asked.json()["job"]["id"])).state == "succeeded"
    (generation,) = sync_so.generations.values()
    sent = generation.payload["options"]
    frame = round(0.5 * float(Fraction(clip.fps)))
    assert sent["active_speaker_detection"] == {"auto_detect": False, "frame_number": frame, "coordinates": [150, 100]}


def test_chosen_face_leads_where_an_output_follows_as_soon_as_the_clip_is_there(api, project, clip):
    LipsyncLook.objects.create(
        asset=clip, found=seen(face(0, 20, height=120), face(1, 200, height=80), width=320, height=180)
    )
    made = Output.objects.create(project=project, name="Tall", aspect_ratio="9:16", resolution="720p", framing="fill")
    places = {}
    for framing, chosen in (("fill", None), ("follow", None), ("follow", {"time": 0.5, "x": 232.0, "y": 90.0})):
        Output.objects.filter(pk=made.pk).update(framing=framing)
        asked = post(api, project, **({"face": chosen} if chosen else {}))
        job = drive(Job.objects.get(pk=asked.json()["job"]["id"]))
        followup.job_ended(job.pk)
        followup.job_ended(job.pk)  # it may be told twice
        looking = Job.objects.filter(kind="clip_framing", state="queued")
        assert looking.count() == (framing == "follow")
        if framing == "follow":
            asset = Scene.objects.get(project=project).current_clip.asset
            LipsyncLook.objects.create(asset=asset, found=seen(face(0, 40, height=240), face(1, 400, height=160)))
            job_run(COMPOSITION_HANDLERS, job_id=str(looking.get().pk), claim_from="queued")
            places[chosen is not None] = ClipFraming.objects.get(asset=asset).keys[0][1]
    assert places[False] < 0.5 < places[True]


def test_face_chosen_in_a_part_of_the_clip_leads_too(api, project, clip):
    """The order's time is that of the part; at its start the singer is elsewhere."""
    Scene.objects.filter(project=project).update(clip_in=1)
    LipsyncLook.objects.create(asset=clip, found=seen(face(0, 20, height=120), face(1, 200), width=320, height=180))
    Output.objects.create(project=project, name="Tall", aspect_ratio="9:16", resolution="720p", framing="follow")
    asked = post(api, project, face={"time": 1.5, "x": 232.0, "y": 90.0})
    followup.job_ended(drive(Job.objects.get(pk=asked.json()["job"]["id"])).pk)
    asset = Scene.objects.get(project=project).current_clip.asset
    moments = tuple(
        Moment(number / 8, (face(0, 40, height=240), face(1, 200 if number < 2 else 400, height=160)))
        for number in range(16)
    )
    LipsyncLook.objects.create(asset=asset, found=ClipFaces(640, 360, moments, ()).to_json())
    looking = Job.objects.get(kind="clip_framing", state="queued")
    job_run(COMPOSITION_HANDLERS, job_id=str(looking.pk), claim_from="queued")
    assert ClipFraming.objects.get(asset=asset).keys[-1][1] > 0.5


@pytest.mark.parametrize(
    ("face", "more", "code"),
    [
        ({"time": 0.5, "x": 5000, "y": 10}, {}, "invalid_input"),
        ({"time": 9, "x": 5, "y": 10}, {}, "invalid_input"),
        ({"time": -1, "x": 5, "y": 10}, {}, None),
        ({"x": 5, "y": 10}, {}, None),
        ({"time": "NaN", "x": 5, "y": 10}, {}, None),
        ({"time": 0.5, "x": 5, "y": 10}, {"provider": "replicate"}, "face_unsupported"),
    ],
)
def test_face_that_cannot_be_used_is_refused_before_payment(api, project, replicate, face, more, code):
    refused = post(api, project, face=face, **more)
    assert refused.status_code == 400
    assert "face" in refused.json()["errors"]
    assert code in {None, refused.json()["code"]}
    assert not Job.objects.filter(kind="lipsync").exists()
