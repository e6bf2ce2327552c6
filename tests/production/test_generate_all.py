import pytest

from apps.composition.handlers import HANDLERS as COMPOSING
from apps.jobs.models import Job
from apps.production import followup, generate_all
from apps.projects.models import Project
from apps.projects.services import project_update
from apps.scenes.handlers import HANDLERS as GENERATING
from apps.scenes.models import Scene
from tests.factories import make_project, make_scenes, make_song, store_asset
from tests.fakes import media
from workers.base import job_run

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def media_folder(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path / "media"
    settings.SCRATCH_ROOT = tmp_path / "scratch"
    settings.SEGMENT_CACHE_ROOT = tmp_path / "segments"


@pytest.fixture
def api(client, user):
    client.force_login(user)
    return client


@pytest.fixture
def project(user):
    song = make_song(user, seconds=3.0, asset=store_asset(user, media.sound(3.0), kind="audio", suffix=".wav"))
    return make_project(user, song=song, number_of_scenes=2)


def work(*, messages: bool = True, kinds: set[str] | None = None) -> int:
    """Run queued jobs as workers do, one after the other; with `messages` false all messages are lost."""
    count = 0
    while job := Job.objects.filter(state="queued", **({"kind__in": kinds} if kinds else {})).last():
        job_run({**GENERATING, **COMPOSING}, job_id=str(job.pk), claim_from="queued")
        count += 1
        if messages:
            followup.job_ended(job.pk)
    return count


def generate(api, project, rest="", **body):
    return api.post(f"/api/mv/projects/{project.pk}/generate{rest}", body, content_type="application/json")


def kinds():
    return sorted(Job.objects.values_list("kind", flat=True))


ALL = ["compose", "image", "image", "scenes", "video", "video"]


def test_one_call_generates_everything_missing_once(api, project):
    response = generate(api, project)
    assert (response.status_code, response.json()["status"]) == (202, "generating")
    work()
    project.refresh_from_db()
    assert (project.generating, project.problem) == (False, "")
    assert kinds() == ALL
    assert project.final_video.frames == 72
    assert abs(project.final_video.duration_seconds - 3.0) < 1 / 24
    assert api.get(f"/api/mv/projects/{project.pk}").json()["status"] == "completed"
    generate(api, project)
    assert kinds() == ALL


def test_lost_messages_only_delay_work(api, project):
    generate(api, project)
    while Project.objects.get(pk=project.pk).generating:
        work(messages=False)
        generate_all.projects_advance_all()
        generate_all.projects_advance_all()
    assert kinds() == ALL


def test_only_missing_parts_are_generated(api, user, project):
    first, _ = make_scenes(project, "1.5", "1.5")
    first.image = store_asset(user, media.image(), kind="image", suffix=".png")
    first.save()
    generate(api, project)
    work()
    assert kinds() == ["compose", "image", "video", "video"]


def test_failed_scene_is_reported_and_only_it_is_retried(api, project):
    make_scenes(project, "1.5", "1.5")
    Scene.objects.filter(project=project, sequence=2).update(prompt="")
    assert "Scene 2 has no prompt" in generate(api, project).json()["detail"]
    Scene.objects.filter(project=project, sequence=2).update(prompt="a door")
    generate(api, project)
    failing = Job.objects.get(kind="image", scene_id=Scene.objects.get(project=project, sequence=2).pk)
    Job.objects.filter(pk=failing.pk).update(
        parameters={
            "frozen": {
                **failing.parameters["frozen"],
                "inputs": {"character_reference": {"asset_id": "00000000-0000-0000-0000-000000000000"}},
            }
        }
    )
    work()
    project.refresh_from_db()
    assert not project.generating and "1 of 2 scenes couldn't be created" in project.problem, project.problem
    assert "Scene 2: The character reference" in project.problem
    before = Job.objects.filter(kind="video").count()
    assert before == 1
    generate(api, project)
    work()
    project.refresh_from_db()
    assert (project.problem, bool(project.final_video_id)) == ("", True)
    assert Job.objects.filter(kind="video").count() == 2


def test_path_waits_for_song_and_resumes_when_ready(api, project):
    project.song.analysis_state = "waiting"
    project.song.save()
    generate(api, project)
    assert not Job.objects.exists()
    project.song.analysis_state = "done"
    project.song.save()
    generate_all.projects_advance_all()
    assert kinds() == ["scenes"]


def test_cancel_stops_path_and_keeps_results(api, project):
    generate(api, project)
    work(kinds={"scenes"})
    work(kinds={"image"})
    assert generate(api, project, "/cancel").json()["status"] == "draft"
    assert set(Job.objects.filter(kind="video").values_list("state", flat=True)) == {"cancelled"}
    assert Scene.objects.filter(project=project, image__isnull=False).count() == 2
    assert work() == 0
    generate(api, project)
    work()
    assert Job.objects.filter(kind="image").count() == 2
    assert Project.objects.get(pk=project.pk).final_video_id


def test_total_above_threshold_needs_confirmation(api, project, settings):
    settings.REPLICATE_API_TOKEN = "r8_token"
    project.providers = {"video": "replicate"}
    project.confirm_above = 0.5
    project.save()
    quote = generate(api, project, "/quote").json()
    assert float(quote["amount"]) > 0.5
    assert api.get(f"/api/mv/projects/{project.pk}/money").json()["estimated"] == quote["amount"]
    response = generate(api, project)
    assert (response.status_code, response.json()["code"]) == (402, "confirmation_required")
    api.patch(f"/api/mv/projects/{project.pk}", {"budget": "0.50"}, content_type="application/json")
    response = generate(api, project, confirm_cost=True)
    assert (response.status_code, response.json()["code"]) == (402, "budget_exceeded")
    assert not Job.objects.exists()
    api.patch(f"/api/mv/projects/{project.pk}", {"budget": None}, content_type="application/json")
    assert generate(api, project, confirm_cost=True).status_code == 202


def test_another_users_project_is_not_found(client, other_user, project):
    client.force_login(other_user)
    for rest in ("", "/quote", "/cancel"):
        assert generate(client, project, rest).status_code == 404


def test_generate_right_after_its_jobs_were_cancelled_starts_again(api, project):
    make_scenes(project, "1.5", "1.5")
    generate(api, project)
    cancelled = list(Job.objects.all())
    for job in cancelled:
        # Nobody has told the project yet.
        assert api.post(f"/api/jobs/{job.pk}/cancel").status_code == 200
    assert generate(api, project).json()["status"] == "generating"
    assert Job.objects.filter(state="queued").count() == len(cancelled) == 2
    work()
    project.refresh_from_db()
    assert (project.problem, bool(project.final_video_id)) == ("", True)


def test_long_project_needs_few_queries(user, project, django_assert_max_num_queries):
    make_scenes(project, *["0.03"] * 99, "0.03")
    with django_assert_max_num_queries(20):
        generate_all.generate_all_works(by=user, project=project)


SINGER = "Close-up of Mara in a red coat with dark hair, who sings on a rooftop at dusk."


@pytest.fixture
def performance(project):
    """Two scenes, the second a performance."""
    scenes = make_scenes(project, "1.5", "1.5", prompt=SINGER)
    Scene.objects.filter(pk=scenes[1].pk).update(lipsync=True)
    return scenes


def origins(project):
    return list(Scene.objects.filter(project=project).values_list("current_clip__origin", flat=True))


def test_performances_are_lip_synced_before_single_composition(api, project, performance):
    generate(api, project)
    work()
    assert kinds() == ["compose", "image", "image", "lipsync", "video", "video"]
    assert origins(project) == ["generated", "lip-synced"]
    first, last = Job.objects.get(kind="lipsync"), Job.objects.get(kind="compose")
    assert first.finished_at <= last.created_at
    # A user who reverts to the generated clip is left alone.
    assert api.post(f"/api/mv/projects/{project.pk}/scenes/2/revert").status_code == 200
    generate(api, project)
    work()
    assert (kinds().count("lipsync"), origins(project)) == (1, ["generated", "generated"])


def test_failed_lipsync_does_not_stop_video(api, project, performance):
    generate(api, project)
    work(kinds={"image", "video"})
    job = Job.objects.get(kind="lipsync")
    gone = {"asset_id": "00000000-0000-0000-0000-000000000000"}
    frozen = job.parameters["frozen"]
    frozen["inputs"]["audio"] |= gone
    Job.objects.filter(pk=job.pk).update(parameters={**job.parameters, "frozen": frozen})
    work()
    project.refresh_from_db()
    assert (project.problem, bool(project.final_video_id)) == ("", True)
    scene = api.get(f"/api/mv/projects/{project.pk}/scenes/2").json()
    assert scene["status"] == "error" and "deleted" in scene["error"]
    assert origins(project) == ["generated", "generated"]
    generate(api, project)
    work()
    assert (origins(project), kinds().count("compose")) == (["generated", "lip-synced"], 2)


def test_lipsync_that_cannot_be_prepared_does_not_stop_video(api, project, performance, settings):
    settings.SYNC_API_KEY = "sk-sync"
    project.providers = {"lipsync": "sync_so"}
    project.save()
    generate(api, project)
    settings.SYNC_API_KEY = ""
    work()
    project.refresh_from_db()
    assert (project.problem, bool(project.final_video_id), project.generating) == ("", True, False)
    scene = api.get(f"/api/mv/projects/{project.pk}/scenes/2").json()
    assert (scene["status"], origins(project)) == ("error", ["generated", "generated"])
    assert scene["error"].startswith("The clip was not lip-synced.") and "SYNC_API_KEY" in scene["error"]
    retry = f"/api/jobs/{scene['job']['id']}/retry"
    assert api.post(retry).json()["code"] == "not_configured"
    api.patch(f"/api/mv/projects/{project.pk}", {"providers": {}}, content_type="application/json")
    assert api.post(retry).status_code == 202
    work()
    assert origins(project) == ["generated", "lip-synced"]


def test_paid_lipsync_is_quoted_and_checked_before_purchase(api, project, performance, settings):
    settings.SYNC_API_KEY = "sk-sync"
    before = float(generate(api, project, "/quote").json()["amount"])
    project.providers = {"lipsync": "sync_so"}
    project.save()
    assert before == 0 < float(generate(api, project, "/quote").json()["amount"])
    assert generate(api, project, max_cost=0.01).json()["code"] == "budget_exceeded"
    Scene.objects.filter(project=project).update(prompt="Extreme wide shot of mountains, nobody there.")
    generate(api, project)
    work()
    job = Job.objects.get(kind="lipsync")
    assert job.state == "failed"
    assert "No face was found" in job.error and "Nothing was bought" in job.error
    assert Project.objects.get(pk=project.pk).final_video_id


def test_described_character_is_drawn_before_images(api, project):
    project_update(by=project.owner, project_id=project.pk, character_description="Mara, a singer in a red coat")
    make_scenes(project, "1.5", "1.5")
    generate(api, project)
    assert kinds() == ["character_reference"]
    work()
    project.refresh_from_db()
    assert project.character_reference_id and project.final_video_id
    references = {
        job.parameters["frozen"]["inputs"]["character_reference"]["asset_id"]
        for job in Job.objects.filter(kind="image")
    }
    assert references == {str(project.character_reference_id)}
    generate(api, project)
    assert kinds().count("character_reference") == 1
