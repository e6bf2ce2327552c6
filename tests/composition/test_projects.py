"""Composing over the API, with the worker's code run in the test."""

import io
import zipfile
from decimal import Decimal
from fractions import Fraction
from uuid import uuid4

import opentimelineio as otio
import pytest
from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test.client import BOUNDARY, MULTIPART_CONTENT, encode_multipart

from apps.assets.services import asset_local_copy
from apps.composition import handlers
from apps.composition.hook import hook_fade_seconds, hook_range
from apps.composition.models import Composition, Lyrics, Output, ProjectLook
from apps.composition.services import project_final_is_fresh
from apps.jobs.models import Job
from apps.projects.models import Project
from apps.scenes.models import Clip
from engines.media.formats import clip_format
from engines.media.mp4 import read_track
from engines.media.probe import probe_media
from tests.composition.files import stored
from tests.composition.handoff.edl_reader import read_edl
from tests.composition.handoff.fcp7_reader import read_fcp7
from tests.composition.handoff.otio_reader import read_otio
from tests.engines.composing.conftest import own_clip, seen
from tests.factories import make_clip
from workers.base import job_run

pytestmark = pytest.mark.django_db(transaction=True)


def run(response) -> Job:
    assert response.status_code == 202, response.content
    job_run(handlers.HANDLERS, job_id=response.json()["id"], claim_from="queued")
    return Job.objects.get(pk=response.json()["id"])


def post(api, address: str, **body):
    return api.post(address, body, content_type="application/json")


def url(project, rest: str) -> str:
    return f"/api/mv/projects/{project.pk}/{rest}"


def facts_of(asset):
    with asset_local_copy(asset) as path:
        return probe_media(path)


def test_a_project_is_composed_on_the_frame_grid_with_a_proof(whole_pictures, api, project):
    job = run(post(api, url(project, "compose")))
    assert job.state == "succeeded", job.error
    proof = job.result["proof"]
    assert (proof["passed"], proof["frames"], proof["cut_frames"]) == (True, 108, [0, 24, 60])
    project.refresh_from_db()
    facts = facts_of(project.final_video)
    assert (facts.width, facts.height, facts.frames, facts.sample_rate) == (1280, 720, 108, 44100)
    row = api.get(url(project, "compositions")).json()["results"][0]
    assert (row["is_current"], row["stale"], len(row["clips"])) == (True, False, 3)
    assert row["proof_sentence"].startswith("108 frames")
    final = api.get(url(project, "final"), headers={"range": "bytes=0-99"})
    assert final.status_code == 206


@pytest.mark.usefixtures("own_segments")
def test_a_changed_clip_makes_it_stale_and_an_earlier_one_can_be_restored(api, user, project, sources):
    run(post(api, url(project, "compose")))
    first = Composition.objects.get()
    scene = project.scenes.get(sequence=2)
    make_clip(scene, asset=stored(user, sources["foreign"].path, "video"))
    assert not project_final_is_fresh(project=Project.objects.get(pk=project.pk))
    again = run(post(api, url(project, "compose")))
    assert again.result["proof"]["encoded_segments"] == 1
    assert project_final_is_fresh(project=Project.objects.get(pk=project.pk))
    response = post(api, url(project, f"compositions/{first.pk}/bring_back")).json()
    assert (response["is_current"], response["stale"]) == (True, True)
    project.refresh_from_db()
    assert project.final_video_id == first.asset_id


def test_a_scene_without_a_clip_is_reported_or_skipped(api, project):
    Clip.objects.filter(scene__sequence=2).delete()
    refused = post(api, url(project, "compose"))
    assert (refused.status_code, refused.json()["code"]) == (400, "clips_missing")
    assert "no clip yet: 2" in refused.json()["detail"]
    job = run(post(api, url(project, "compose"), skip_missing=True))
    assert job.result["proof"]["cut_frames"] == [0, 60]


def test_everything_can_be_reencoded_without_making_the_video_stale(api, project):
    run(post(api, url(project, "compose")))
    key = {"idempotency-key": "anew"}
    address, body = url(project, "compose"), {"reencode": True}
    first = api.post(address, body, content_type="application/json", headers=key)
    again = api.post(address, body, content_type="application/json", headers=key)
    assert first.json()["id"] == again.json()["id"]
    job = run(first)
    proof = job.result["proof"]
    assert (proof["passed"], proof["reencoded"], proof["encoded_frames"]) == (True, True, 108)
    rows = api.get(url(project, "compositions")).json()["results"]
    assert [row["stale"] for row in rows] == [False, False]


def test_a_second_request_while_one_is_queued_is_rejected(api, project):
    post(api, url(project, "compose"))
    assert post(api, url(project, "compose")).status_code == 409


def test_a_portrait_hook_cut_starts_on_a_downbeat(whole_pictures, api, project):
    Project.objects.filter(pk=project.pk).update(song_start=0, song_end=12)
    project.scenes.update(duration=Decimal(4))
    made = post(api, url(project, "outputs"), aspect_ratio="9:16", hook_seconds=5, hook_start=0.4).json()
    # The name says where the cut starts, which is not quite where it was asked for.
    assert (made["name"], float(made["hook_start"])) == ("9:16 · 720p · hook 5 s from 0:00.5", 0.5)
    job = run(post(api, url(project, "compose"), output_id=made["id"]))
    assert job.state == "succeeded", job.error
    row = Composition.objects.get()
    assert (row.plan["song"]["start"], row.proof["frames"]) == ("1/2", 120)
    facts = facts_of(row.asset)
    assert (facts.width, facts.height) == (720, 1280)
    project.refresh_from_db()
    assert project.final_video is None


@pytest.mark.parametrize(("asked", "starts"), [(2.3, 2.5), (2.0, 2.0), (40.0, 25.0)])
def test_a_chosen_start_moves_to_a_downbeat_only_when_one_is_near(project, asked, starts):
    project.song_start, project.song_end = Decimal(0), None
    project.song.grid = {"downbeats": [0.5, 2.5, 4.5]}
    cut = Output(hook_seconds=Decimal(15), hook_start=Decimal(asked))
    assert hook_range(project, cut, 24 * 40)[0] == 24 * starts


@pytest.mark.parametrize(("fps", "frames"), [("24", 360), ("24000/1001", 359), ("30", 450)])
def test_a_hook_cut_is_exactly_as_long_as_asked_and_starts_on_a_downbeat(project, fps, frames):
    project.fps, project.song_start, project.song_end = fps, Decimal(0), None
    project.song.grid = {"downbeats": [0.5 + 2.1 * bar for bar in range(18)]}
    project.song.asset.duration_seconds = 60.0
    whole = round(40 * Fraction(fps))
    first, last = hook_range(project, Output(hook_seconds=Decimal(15)), whole)
    assert last - first == frames
    assert min(abs(float(first / Fraction(fps)) - beat) for beat in project.song.grid["downbeats"]) < 0.03
    # It ends within a bar, so the sound fades out; on a downbeat, it needs no more than a click does.
    assert hook_fade_seconds(project, last, whole) == 0.5
    assert hook_fade_seconds(project, round((0.5 + 2.1 * 8) * Fraction(fps)), whole) == 0.05
    assert hook_range(project, Output(hook_seconds=Decimal(15), hook_start=Decimal(39)), whole)[1] <= whole


def test_a_scenes_look_is_applied(api, project):
    response = api.patch(url(project, "scenes/2/look"), {"transition": "dissolve"}, content_type="application/json")
    assert response.json()["transition"] == "crossfade"
    assert api.patch(url(project, "scenes/2"), {"clip_in": 0.5}, content_type="application/json").status_code == 200
    run(post(api, url(project, "compose"), transition_seconds=0.25))
    shot = Composition.objects.get().plan["shots"][1]
    assert (shot["transition"], shot["transition_frames"], shot["start"]) == ("dissolve", 6, "1/2")
    assert api.patch(url(project, "scenes/2/look"), {"focus_x": 2}, content_type="application/json").status_code == 400


def test_captions_are_burned_in_and_added_as_a_track(api, project):
    words = SimpleUploadedFile("words.lrc", b"[00:01.50]Driving at <00:02.00>night\n[00:03.00]alone")
    sent = api.generic("PUT", url(project, "lyrics"), *multipart(api, {"file": words}))
    assert sent.status_code == 200, sent.content
    captions = {"style": "karaoke", "track": "both"}
    set_ = api.patch(url(project, "look"), {"captions": captions}, content_type="application/json")
    assert set_.json()["captions"] == {**captions, "font": "", "preset": "clean"}
    job = run(post(api, url(project, "compose")))
    assert job.state == "succeeded", job.error
    plan = Composition.objects.get().plan
    assert "00:00:00,500 --> 00:00:02,000\nDriving at night" in plan["soft_lyrics"]
    assert "\\kf" in plan["burned_lyrics"]
    refused = api.generic(
        "PUT", url(project, "lyrics"), *multipart(api, {"file": SimpleUploadedFile("a.srt", b"la la")})
    )
    assert (refused.status_code, "LRC, SRT, VTT, ASS or TTML" in refused.json()["detail"]) == (400, True)


def multipart(api, data):
    return encode_multipart(BOUNDARY, data), MULTIPART_CONTENT


@pytest.mark.usefixtures("own_segments")
def test_clips_are_stitched_over_a_song(api, user, sources):
    clips = [stored(user, sources[name].path, "video") for name in ("a", "foreign", "b")]
    song = stored(user, sources["song.wav"].path, "audio")
    ids = [str(clip.pk) for clip in clips]
    job = run(post(api, "/api/mv/stitch_video", video_ids=ids, audio_id=str(song.pk), audio_start=2))
    assert job.state == "succeeded", job.error
    info = api.get(f"/api/mv/get_video/{job.result['video_id']}/info").json()
    assert (info["width"], info["height"], info["frames"]) == (160, 90, 60 + 48 + 60)
    assert job.result["metadata"]["video_ids"] == ids
    assert job.result["proof"]["encoded_segments"] == 1


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"video_ids": []}, 400),
        ({"video_ids": [str(uuid4())]}, 404),
        ({}, 400),
        ({"video_ids": ["x"]}, 404),
        ({"video_ids": [["x"]]}, 400),
        ({"video_ids": [str(uuid4())], "vidoe": 1}, 400),
    ],
)
def test_an_invalid_stitch_is_rejected(api, body, status):
    assert post(api, "/api/mv/stitch_video", **body).status_code == status


def test_a_video_that_fails_its_proof_is_not_published(api, user, project, tmp_path):
    fitting = own_clip(tmp_path / "clip.mp4", 1, 36, clip_format("16:9"))
    clip = make_clip(project.scenes.get(sequence=2), asset=stored(user, fitting.path, "video"))
    with asset_local_copy(clip.asset) as path:
        content = bytearray(path.read_bytes())
        place = int(read_track(path, b"vide").offsets[5])
        content[place : place + 40] = bytes([255]) * 40
        path.write_bytes(content)
    job = run(post(api, url(project, "compose")))
    assert (job.state, job.code) == ("failed", "media_failed")
    assert "failed its proof" in job.error
    assert (settings.DATA_DIR / "inspection" / f"{job.pk}.mp4").exists()
    project.refresh_from_db()
    assert project.final_video is None


def test_a_project_at_59_94_frames_is_composed(api, project):
    change = api.patch(url(project, "")[:-1], {"fps": 59.94}, "application/json")
    assert change.json()["fps"] == "60000/1001", change.content
    job = run(post(api, url(project, "compose")))
    assert job.state == "succeeded", job.error
    assert job.result["proof"]["cut_frames"] == [0, 60, 150]
    project.refresh_from_db()
    facts = facts_of(project.final_video)
    assert (facts.fps, facts.frames) == (Fraction(60000, 1001), 270)


def test_the_exported_timeline_matches_the_plan(whole_pictures, api, project, tmp_path):
    job = run(post(api, url(project, "export")))
    assert job.state == "succeeded", job.error
    package = tmp_path / "export.zip"
    package.write_bytes(b"".join(api.get(url(project, "export")).streaming_content))
    with zipfile.ZipFile(package) as archive:
        assert archive.testzip() is None
        archive.extractall(tmp_path)
        names = set(archive.namelist())
    clips = {f"clips/scene_{number:03d}.mp4" for number in (1, 2, 3)}
    assert clips | {"song/song.wav", "costs.csv", "README.txt", "timeline.edl"} <= names
    for name, options in (("timeline.otio", {}), ("timeline.xml", {"adapter_name": "fcp_xml"})):
        timeline = otio.adapters.read_from_file(str(tmp_path / name), **options)
        shots = [item for item in timeline.video_tracks()[0] if isinstance(item, otio.schema.Clip)]
        assert [shot.source_range.duration.to_frames() for shot in shots] == [24, 36, 48]
        assert [shot.range_in_parent().start_time.to_frames() for shot in shots] == [0, 24, 60]
    edl = otio.adapters.read_from_file(str(tmp_path / "timeline.edl"), adapter_name="cmx_3600", rate=24)
    assert [clip.source_range.duration.to_frames() for clip in edl.video_tracks()[0]] == [24, 36, 48]
    assert [seen(tmp_path / name)[0][0] for name in sorted(clips)] == [0, 1, 2]
    assert Fraction(24) == probe_media(tmp_path / "clips/scene_001.mp4").fps


@pytest.mark.parametrize("method", ["get", "head"])
def test_downloading_the_export_does_not_create_it(api, project, method):
    asked = getattr(api, method)(url(project, "export"))
    assert asked.status_code == 409
    assert not Job.objects.filter(kind="export").exists()
    if method == "get":
        assert (asked.json()["code"], "POST to" in asked.json()["detail"]) == ("export_not_packed", True)
    job = post(api, url(project, "export")).json()["job"]
    packing = api.get(url(project, "export")).json()
    assert (packing["code"], packing["errors"]) == ("export_in_progress", {"job": f"/api/jobs/{job['id']}"})
    job_run(handlers.HANDLERS, job_id=job["id"], claim_from="queued")
    assert getattr(api, method)(url(project, "export")).status_code == 200


def unpacked(api, project, folder):
    content = b"".join(api.get(url(project, "export")).streaming_content)
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        archive.extractall(folder)
        return archive.namelist()


def test_every_reference_of_the_package_is_a_file_in_it(whole_pictures, api, project, tmp_path):
    # A clip used by two scenes is packed once; names that users gave can't leave the folder or clash.
    first, second, _ = project.scenes.order_by("sequence")
    make_clip(second, asset=first.current_clip.asset)
    name = "../..\\CON.\u202e lrc. . " + "\u6b4c" * 150
    Lyrics.objects.create(project=project, text="[00:01.50]Neon & <rain>", original_name=name)
    Project.objects.filter(pk=project.pk).update(title="con")
    options = {"timeline_start": "01:00:00:00", "markers": ["beats", "lyrics"]}
    job = run(post(api, url(project, "export"), **options))
    assert job.state == "succeeded", job.error
    names = unpacked(api, project, tmp_path)
    assert len({name.casefold() for name in names}) == len(names) == 13
    assert all(len(part.encode()) <= 255 for name in names for part in name.split("/"))
    edl = read_edl((tmp_path / "timeline.edl").read_bytes().decode(), 24, 24 * 3600)
    xml = read_fcp7((tmp_path / "timeline.xml").read_bytes(), Fraction(24), (1280, 720))
    read = read_otio((tmp_path / "timeline.otio").read_text("utf-8"), Fraction(24))
    assert {*edl.files, *xml.files, *read.files} == {"clips/scene_001.mp4", "clips/scene_003.mp4", "song/song.wav"}
    assert all((tmp_path / path).is_file() for path in xml.files)
    assert xml.first_frame == read.first_frame == 24 * 3600
    # The song is used from second 1: the line is half a second in, bars begin at .5, and sections weren't asked for.
    assert ("Neon & <rain>", 12) in [(mark.text, mark.frame) for mark in xml.marks]
    assert [mark.frame for mark in read.marks if mark.text.startswith("Beat")] == [12, 36, 60, 84]
    assert not [mark for mark in xml.marks if "ection" in mark.text]
    assert "has the timecode 01:00:00:00" in (tmp_path / "README.txt").read_text("utf-8")


def test_other_options_are_another_package(api, project):
    assert run(post(api, url(project, "export"))).state == "succeeded"
    first = api.get(url(project, "export"))
    late = run(post(api, url(project, "export"), timeline_start="01:00:00:00"))
    assert api.get(url(project, "export")).headers["ETag"] != first.headers["ETag"]
    assert late.parameters["options"] == {"timeline_start": "01:00:00:00", "markers": ["sections", "lyrics", "beats"]}
    # The song's beats were corrected: the timelines' markers are out of date, though the video isn't.
    project.song.grid = {"downbeats": [0.25]}
    project.song.save()
    assert api.get(url(project, "export")).json()["code"] == "export_not_packed"


@pytest.mark.parametrize("wrong", [{"timeline_start": "02:00:00:00"}, {"markers": ["cuts"]}, {"marker": ["beats"]}])
def test_an_unknown_option_is_refused_by_name(api, project, wrong):
    response = post(api, url(project, "export"), **wrong)
    assert (response.status_code, *response.json()["errors"]) == (400, *wrong), response.content
    assert not Job.objects.filter(kind="export").exists()


@pytest.mark.parametrize("fps", ["24", "30000/1001"])
@pytest.mark.parametrize("transition", ["crossfade", "dip_to_black", "dip_to_white", "flash"])
def test_a_project_with_transitions_and_an_odd_title_is_exported(
    whole_pictures, api, project, tmp_path, fps, transition
):
    change = api.patch(url(project, "")[:-1], {"fps": fps, "title": "Night\r\nFCM: DROP\x07"}, "application/json")
    assert (change.status_code, change.json()["title"]) == (200, "Night FCM: DROP"), change.content
    # A title from an earlier release, stored as typed.
    Project.objects.filter(pk=project.pk).update(title="Night\r\nFCM: DROP FRAME\x07")
    ProjectLook.objects.update_or_create(project=project, defaults={"options": {"transition": transition}})
    job = run(post(api, url(project, "export")))
    assert job.state == "succeeded", job.error
    with zipfile.ZipFile(io.BytesIO(b"".join(api.get(url(project, "export")).streaming_content))) as archive:
        rows = read_edl(archive.read("timeline.edl").decode(), round(Fraction(fps))).cuts
        cuts = read_fcp7(archive.read("timeline.xml"), Fraction(fps), (1280, 720)).cuts
        readme = archive.read("README.txt").decode()
    assert [row.name for row in rows] == [cut.name for cut in cuts] == ["SC001", "SC002", "SC003"]
    assert any(cut.dissolve != (0, 0) for cut in cuts) == (transition == "crossfade")
    assert readme.startswith("Night FCM: DROP FRAME\n\n")
    # The first clip has spare frames after its scene; the second starts at its first frame.
    assert ("shortened" in readme) == (transition == "crossfade")
    assert "into SC002, " in readme
