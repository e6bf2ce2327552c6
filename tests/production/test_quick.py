import re
from datetime import timedelta
from decimal import Decimal

import pytest
from django.utils import timezone

from apps.composition.models import Composition
from apps.jobs.models import Job
from apps.jobs.states import State
from apps.production.followup import job_ended
from apps.production.quick import stitch_missed
from tests.factories import make_asset, make_clip, make_composition, make_project, make_scenes
from tests.studio.pages import page

pytestmark = pytest.mark.django_db


@pytest.fixture
def project(user):
    """Two scenes with clips under a song, and a final video that shows them."""
    made = make_project(user, song_seconds=20)
    for scene in make_scenes(made, "8", "12"):
        make_clip(scene)
    make_composition(made)
    return made


def ask(browser, scene, **changes):
    body = {
        "video_id": str(scene.current_clip.asset_id),
        "audio_id": str(scene.project.song.asset_id),
        "start_time": 8,
        "end_time": 16,
        **changes,
    }
    return browser.post("/api/mv/lipsync", body, "application/json", headers={"X-Scene-Id": str(scene.pk)})


def finished(job):
    """A finished lip-sync: the new clip is the scene's."""
    make_clip(job_scene(job), origin="lip-synced", job=job)
    Job.objects.filter(pk=job.pk).update(state=State.SUCCEEDED, finished_at=timezone.now())
    job_ended(job.pk)


def job_scene(job):
    return Composition.objects.get().project.scenes.get(pk=job.scene_id)


def compose_jobs(project):
    return Job.objects.filter(kind="compose", project_id=project.pk)


def test_card_call_creates_scene_job_for_its_part_of_song(browser, project):
    scene = project.scenes.get(sequence=2)
    response = ask(browser, scene)
    job = Job.objects.get(kind="lipsync")
    audio = job.parameters["frozen"]["inputs"]["audio"]
    scene.refresh_from_db()

    assert response.status_code == 202
    assert (job.project_id, job.scene_id, scene.job) == (project.pk, scene.pk, job)
    assert (audio["start_seconds"], audio["end_seconds"]) == (8, 16)


def test_call_without_header_is_standalone(browser, project):
    scene = project.scenes.get(sequence=2)
    body = {"video_id": str(scene.current_clip.asset_id), "audio_id": str(project.song.asset_id)}
    browser.post("/api/mv/lipsync", body, "application/json")

    assert Job.objects.get(kind="lipsync").scene_id is None


def test_second_click_stale_clip_and_foreign_scene_are_rejected(browser, project, client, other_user):
    scene = project.scenes.get(sequence=1)
    stale = ask(browser, scene, video_id=str(make_asset(project.owner).pk))
    first, second = ask(browser, scene), ask(browser, scene)
    client.force_login(other_user)

    assert (stale.status_code, stale.json()["code"]) == (409, "stale")
    assert (first.status_code, second.status_code) == (202, 409)
    assert ask(client, scene).status_code == 404


def test_lipsync_counts_towards_project_budget(browser, project, settings):
    settings.REPLICATE_API_TOKEN = "a token for tests"
    project.providers, project.confirm_above = {"lipsync": "replicate"}, Decimal("0.01")
    project.save()
    response = ask(browser, project.scenes.get(sequence=1))

    assert (response.status_code, response.json()["code"]) == (402, "confirmation_required")
    assert ask(browser, project.scenes.get(sequence=1), confirm_cost=True).status_code == 202


def test_final_video_is_restitched_once_after_lipsync(browser, project):
    ask(browser, project.scenes.get(sequence=1))
    job = Job.objects.get(kind="lipsync")
    finished(job)
    job_ended(job.pk)

    assert compose_jobs(project).get().parameters["options"] == {"skip_missing": True}
    scene = browser.get(f"/api/mv/projects/{project.pk}/scenes/1").json()
    assert len(scene["video_ids"]) == 2
    assert scene["video_ids"][-1] == scene["video_id"]


def test_lipsync_finished_during_composition_is_stitched_afterwards(browser, project):
    ask(browser, project.scenes.get(sequence=1))
    running = Job.objects.create(owner=project.owner, kind="compose", queue="media", project_id=project.pk,
                                 dedupe_key=f"compose:{project.pk}:main")  # fmt: skip
    finished(Job.objects.get(kind="lipsync"))
    assert compose_jobs(project).get() == running
    Job.objects.filter(pk=running.pk).update(state=State.SUCCEEDED, finished_at=timezone.now())
    job_ended(running.pk)

    assert compose_jobs(project).count() == 2


def test_sweep_stitches_only_after_lost_message(browser, project):
    ask(browser, project.scenes.get(sequence=1))
    job = Job.objects.get(kind="lipsync")
    make_clip(job_scene(job), origin="lip-synced", job=job)
    Job.objects.filter(pk=job.pk).update(state=State.SUCCEEDED, finished_at=timezone.now())
    stitch_missed(now=timezone.now() + timedelta(hours=2))
    assert not compose_jobs(project).exists()
    stitch_missed(now=timezone.now())
    stitch_missed(now=timezone.now())

    assert compose_jobs(project).count() == 1


def test_card_form_works_without_scripts(browser, project):
    scene = project.scenes.get(sequence=2)
    url = f"/projects/{project.pk}/scenes/2/quick"
    browser.post(url, {"page": "quick", "with_lipsync": "true", "scene_id": str(scene.pk)})
    job = Job.objects.get(kind="lipsync")

    assert job.scene_id == scene.pk
    assert job.parameters["frozen"]["inputs"]["audio"]["start_seconds"] == 8


@pytest.mark.parametrize(
    ("durations", "song_start", "window"),
    [
        (("8", "8", "8"), 0, ("16", "24")),
        (("3.5", "4.25", "2"), 0, ("7.75", "9.75")),
        (("3.5", "4.25", "2"), 10, ("17.75", "19.75")),
        ((None, "4", "2"), 0, ("12", "14")),  # neither a length nor a clip
        (("8", "8", "30"), 0, ("16", "40")),
    ],
)
def test_card_window_matches_scene_on_song(browser, user, durations, song_start, window):
    project = make_project(user, song_seconds=40, song_start=song_start)
    scene = make_scenes(project, *durations)[-1]
    make_clip(scene)
    card = re.search(r'data-song-start="([^"]*)" data-song-end="([^"]*)"(?=[^§]*id="why|[^§]*$)',
                     page(browser, f"/quick-gen/{project.pk}").split(f'id="scene-{scene.pk}"')[1])  # fmt: skip
    browser.post(f"/projects/{project.pk}/scenes/3/quick", {"page": "quick", "with_lipsync": "true"})
    audio = Job.objects.get(kind="lipsync").parameters["frozen"]["inputs"]["audio"]

    assert [Decimal(number) for number in card.groups()] == [Decimal(number) for number in window]
    assert [Decimal(str(audio[f"{end}_seconds"])) for end in ("start", "end")] == [Decimal(number) for number in window]


def test_card_past_end_of_song_says_why_it_cannot_be_synced(browser, user):
    project = make_project(user, song_seconds=8)
    for scene in make_scenes(project, "8", "8"):
        make_clip(scene)
    html = page(browser, f"/quick-gen/{project.pk}")

    assert html.count("after the song ends") == 1
    assert html.count("data-song-start") == 1


def test_lip_synced_card_starts_from_source_clip(browser, project):
    scene = project.scenes.get(sequence=1)
    first = scene.current_clip
    lip_synced = make_clip(scene, origin="lip-synced", parent=first)
    response = ask(browser, scene)
    job = Job.objects.get(kind="lipsync")

    assert response.status_code == 202
    assert response.wsgi_request.body.find(str(lip_synced.asset_id).encode()) > 0
    assert job.parameters["frozen"]["inputs"]["video"]["asset_id"] == str(first.asset_id)
    assert job.parameters["parent_id"] == str(first.pk)
