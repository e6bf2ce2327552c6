import threading
from typing import Any

import pytest
from django.core.management.base import CommandError
from django.db import connection

from apps.composition.handlers import HANDLERS as COMPOSING
from apps.core.errors import ConflictError, InputError
from apps.jobs.execution import Done
from apps.jobs.models import Job
from apps.production import followup
from apps.production.headless import VideoSpec, final_copy, project_ensure, project_make, song_ensure
from apps.production.management.commands.make_video import video_make
from apps.scenes.handlers import HANDLERS as GENERATING
from apps.songs.handlers import analysis_run
from tests.fakes import media
from tests.production.test_generate_all import media_folder  # noqa: F401 - a fixture
from workers.base import job_run

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def spec(tmp_path):
    song = tmp_path / "My song.wav"
    song.write_bytes(media.sound(2.0))
    return VideoSpec(song=song, idea="A door opens", scenes=1)


def work(_seconds=0.0):
    """One job, as a worker would."""
    job = Job.objects.filter(state="queued").last()
    if job is not None:
        handlers = {**GENERATING, **COMPOSING, "audio_analysis": analysis_run}
        job_run(handlers, job_id=str(job.pk), claim_from="queued")
        followup.job_ended(job.pk)


def test_song_and_idea_become_a_file(user, spec, tmp_path):
    song = song_ensure(by=user, path=spec.song)
    project, _ = project_ensure(by=user, song=song, spec=spec, new=False)
    shown: list[Any] = []
    project = project_make(by=user, project=project, show=shown.append, sleep=work)
    facts = final_copy(project, tmp_path / "out" / "video.mp4")
    assert (tmp_path / "out" / "video.mp4").stat().st_size == project.final_video.size_bytes
    assert facts["length"].startswith("2.000 s")
    assert [stage.name for stage in shown[-1]] == ["Song", "Scenes", "Images", "Clips", "Video"]
    assert all(stage.done for stage in shown[-1])
    shares = [[stage.share for stage in stages] for stages in shown]
    assert shares == sorted(shares)


def test_same_options_find_existing_project(user, spec):
    song = song_ensure(by=user, path=spec.song)
    assert song_ensure(by=user, path=spec.song) == song
    first, known = project_ensure(by=user, song=song, spec=spec, new=False)
    assert (known, project_ensure(by=user, song=song, spec=spec, new=False)) == (False, (first, True))
    assert project_ensure(by=user, song=song, spec=spec, new=True)[0] != first
    other = VideoSpec(song=spec.song, idea="A door closes", scenes=1)
    assert project_ensure(by=user, song=song, spec=other, new=False)[1] is False


@pytest.mark.parametrize("scenes", [0, 601])
def test_absurd_scene_count_is_rejected(user, spec, scenes):
    song = song_ensure(by=user, path=spec.song)
    absurd = VideoSpec(song=spec.song, idea="A door opens", scenes=scenes)
    with pytest.raises(InputError, match="1 to 600"):
        project_ensure(by=user, song=song, spec=absurd, new=False)


def test_non_song_file_is_reported(user, tmp_path):
    with pytest.raises(InputError, match="no file"):
        song_ensure(by=user, path=tmp_path / "nothing.mp3")
    text = tmp_path / "text.mp3"
    text.write_text("not a song")
    with pytest.raises(InputError):
        song_ensure(by=user, path=text)


def test_failure_is_reported_with_its_message(user, spec):
    song = song_ensure(by=user, path=spec.song)
    project, _ = project_ensure(by=user, song=song, spec=spec, new=False)

    def fail(_seconds):
        broken = {"frozen": {"capability": "scenes", "values": {"idea": "x"}}}
        Job.objects.filter(kind="scenes", state="queued").update(parameters=broken)
        work()

    with pytest.raises(ConflictError, match="scenes couldn't be written"):
        project_make(by=user, project=project, show=lambda _stages: None, sleep=fail)


def test_failed_command_names_pages_to_check(user, spec, settings, tmp_path):
    settings.STUDIO_URL = "http://127.0.0.1:8001"

    def fail(_seconds):
        Job.objects.filter(kind="scenes", state="queued").update(parameters={"frozen": {"capability": "scenes"}})
        work()

    over = threading.Event()

    def worker():
        while not over.wait(0.2):
            fail(0)
        connection.close()

    thread = threading.Thread(target=worker)
    thread.start()
    try:
        with pytest.raises(CommandError) as failed:
            video_make(owner=user, spec=spec, target=tmp_path / "out.mp4", new=False)
    finally:
        over.set()
        thread.join()
    job = Job.objects.get(kind="scenes")
    assert f"Details: http://127.0.0.1:8001/jobs/{job.pk}" in str(failed.value)
    assert f"Project: http://127.0.0.1:8001/edit/{job.project_id}" in str(failed.value)


def broken(run) -> Done:
    raise ZeroDivisionError


def test_internal_failure_names_job_for_log(user, spec, caplog):
    song = song_ensure(by=user, path=spec.song)
    job = Job.objects.get(kind="audio_analysis")
    job_run({"audio_analysis": broken}, job_id=str(job.pk), claim_from="queued")
    job.refresh_from_db()
    assert (job.code, song.owner) == ("internal_error", user)
    assert str(job.pk) in job.error
    told = [record.msg for record in caplog.records if "job_failed_unexpectedly" in str(record.msg)]
    assert told[0]["page"].endswith(f"/jobs/{job.pk}")
