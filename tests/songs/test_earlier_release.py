"""Jobs queued by the previous release: their JSON has no version."""

import pytest

from apps.jobs.models import Job
from apps.production.followup import job_ended
from apps.songs.models import AnalysisState, Song
from tests.server import Reply, serving
from tests.songs.files import song_bytes

pytestmark = pytest.mark.django_db(transaction=True)


def test_queued_analysis_succeeds(upload, work):
    song_id = upload().data["audio_id"]
    song = Song.objects.get(asset_id=song_id)
    Job.objects.update(parameters={"song_id": str(song.pk)})
    (job,) = work()
    assert job.state == "succeeded" and job.result["audio_id"] == song_id
    song.refresh_from_db()
    assert song.analysis_state == AnalysisState.DONE


def test_queued_import_succeeds(api, settings, work):
    with serving(Reply(body=song_bytes(), headers={"Content-Type": "audio/mpeg"})) as server:
        settings.ALLOWED_FETCH_HOSTS = [f"127.0.0.1:{server.server_port}"]
        url = f"{server.url}/music/Blue%20hour.mp3"
        api.post("/api/audio/youtube", {"url": url}, format="json")
        Job.objects.update(parameters={"url": url, "start_time": 1.5, "end_time": None, "title": "Old request"})
        fetched, _ = work()
    assert fetched.state == "succeeded" and fetched.result["title"] == "Old request"
    assert fetched.result["duration_seconds"] == pytest.approx(6.5, abs=0.1)


def test_cancelled_analysis_is_still_recorded_on_its_song(api, upload):
    upload()
    song = Song.objects.get()
    Job.objects.update(parameters={"song_id": str(song.pk)})
    api.post(f"/api/jobs/{Job.objects.get().pk}/cancel")
    job_ended(Job.objects.get().pk)
    song.refresh_from_db()
    assert song.analysis_state == AnalysisState.FAILED
