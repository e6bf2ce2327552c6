"""Export and import a real project, and back up and restore an installation."""

import io
import zipfile

import pytest
from django.apps import apps
from django.core.management import CommandError, call_command
from django.db import connection

from apps.accounts.models import User
from apps.archive.rows import APPS
from apps.assets.models import Asset
from apps.assets.store.disk import local_path, media_folder_id
from apps.composition.handlers import HANDLERS as COMPOSING
from apps.composition.models import Composition
from apps.jobs.models import Job, JobEvent
from apps.production import followup
from apps.projects.models import Project
from apps.scenes.handlers import HANDLERS as GENERATING
from apps.scenes.models import Clip, Scene
from tests.factories import make_clip, make_project, make_scenes, make_song, store_asset
from tests.fakes import media
from workers.base import job_run

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def folders(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path / "media"
    settings.SCRATCH_ROOT = tmp_path / "scratch"
    settings.SEGMENT_CACHE_ROOT = tmp_path / "segments"


@pytest.fixture
def project(user):
    """A minimal project: a scene with a clip, and a finished video."""
    made = make_project(user, final_video=store_asset(user, media.video(0.5)))
    (scene,) = make_scenes(made, "0.5")
    make_clip(scene, asset=store_asset(user, media.video(0.4)))
    return made


@pytest.fixture
def finished(client, user):
    """A real project: two scenes with generated images and clips, composed over a song."""
    song = make_song(user, seconds=3.0, asset=store_asset(user, media.sound(3.0), kind="audio", suffix=".wav"))
    Asset.objects.filter(media_folder="test").delete()  # the factory's row, which has no file
    made = make_project(user, song=song, number_of_scenes=2, character_description="Mara, short silver hair")
    client.force_login(user)
    client.post(f"/api/mv/projects/{made.pk}/generate", {}, content_type="application/json")
    while job := Job.objects.filter(state="queued").last():
        job_run({**GENERATING, **COMPOSING}, job_id=str(job.pk), claim_from="queued")
        followup.job_ended(job.pk)
    made.refresh_from_db()
    assert made.final_video
    return made


@pytest.fixture
def another_installation(settings, tmp_path):
    """Call it to switch to an empty database and an empty media folder."""

    def move():
        tables = [model._meta.db_table for app in APPS for model in apps.get_app_config(app).get_models()]
        with connection.cursor() as cursor:
            cursor.execute(f"TRUNCATE {', '.join(tables)} RESTART IDENTITY CASCADE")
        settings.MEDIA_ROOT = tmp_path / "another" / "media"
        settings.SCRATCH_ROOT = tmp_path / "another" / "scratch"

    return move


def run(*arguments):
    out = io.StringIO()
    call_command(*map(str, arguments), stdout=out, no_color=True)
    return out.getvalue()


def facts():
    """Everything that must match on both sides."""
    media_bytes = {asset.key: local_path(asset.key).read_bytes() for asset in Asset.objects.all()}
    counts = [model.objects.count() for model in (Project, Scene, Clip, Composition, Job, JobEvent)]
    return media_bytes, counts, {clip.pk: clip.asset_id for clip in Clip.objects.all()}


def test_project_survives_export_and_import_byte_for_byte(finished, tmp_path, another_installation):
    run("export_project", finished.pk, tmp_path / "first.zip")
    before = facts()
    another_installation()
    newcomer = User.objects.create_user("newcomer")
    assert finished.title in run("import_project", tmp_path / "first.zip", "--owner", "newcomer")
    assert facts() == before
    assert {asset.owner for asset in Asset.objects.all()} == {newcomer}
    imported = Project.objects.get(pk=finished.pk)
    assert imported.final_video_id == finished.final_video_id
    run("export_project", finished.pk, tmp_path / "second.zip")
    assert (tmp_path / "second.zip").read_bytes() == (tmp_path / "first.zip").read_bytes()


def test_imported_video_is_served(project, tmp_path, another_installation, client):
    run("export_project", project.pk, tmp_path / "p.zip")
    another_installation()
    client.force_login(User.objects.create_user("newcomer"))
    run("import_project", tmp_path / "p.zip", "--owner", "newcomer")
    response = client.get(f"/api/mv/get_video/{project.final_video_id}", headers={"Range": "bytes=0-9"})
    assert response.status_code == 206


def test_existing_project_is_not_overwritten_by_import(project, tmp_path):
    run("export_project", project.pk, tmp_path / "p.zip")
    before = facts()
    with pytest.raises(CommandError, match="already exists here"):
        run("import_project", tmp_path / "p.zip", "--owner", "owner")
    assert facts() == before


def test_damaged_archive_changes_nothing(project, tmp_path, another_installation, settings):
    run("export_project", project.pk, tmp_path / "p.zip")
    with zipfile.ZipFile(tmp_path / "p.zip") as archive:
        place = next(entry for entry in archive.infolist() if entry.filename.endswith(".mp4")).header_offset
    content = bytearray((tmp_path / "p.zip").read_bytes())
    content[place + 500] ^= 1
    (tmp_path / "p.zip").write_bytes(content)
    another_installation()
    User.objects.create_user("newcomer")
    with pytest.raises(CommandError):
        run("import_project", tmp_path / "p.zip", "--owner", "newcomer")
    assert not Project.objects.exists() and not Asset.objects.exists()
    assert not [path for path in settings.MEDIA_ROOT.rglob("*") if path.is_file() and path.name != ".media-id"]


def test_archive_of_another_version_is_refused(project, tmp_path, another_installation):
    run("export_project", project.pk, tmp_path / "p.zip")
    another_installation()
    User.objects.create_user("newcomer")
    with connection.cursor() as cursor:
        cursor.execute("INSERT INTO django_migrations (app, name, applied) VALUES ('projects', '9999_later', now())")
    try:
        with pytest.raises(CommandError, match="another version"):
            run("import_project", tmp_path / "p.zip", "--owner", "newcomer")
    finally:
        with connection.cursor() as cursor:
            cursor.execute("DELETE FROM django_migrations WHERE name = '9999_later'")


def test_project_with_running_jobs_is_not_exported(user, tmp_path, client):
    project = make_project(user, number_of_scenes=2)
    client.force_login(user)
    client.post(f"/api/mv/projects/{project.pk}/scenes/generate", {}, content_type="application/json")
    assert Job.objects.filter(state="queued").exists()
    with pytest.raises(CommandError, match="still run"):
        run("export_project", project.pk, tmp_path / "p.zip")
    assert list(tmp_path.glob("p.zip*")) == []


def test_file_that_is_not_an_archive_is_refused(user, tmp_path):
    (tmp_path / "p.zip").write_bytes(b"not a zip")
    with pytest.raises(CommandError, match="can't be read"):
        run("import_project", tmp_path / "p.zip", "--owner", "owner")


def test_restore_brings_back_the_whole_backup(finished, tmp_path, another_installation, staff, other_user, client):
    client.force_login(other_user)
    before, users = facts(), set(User.objects.values_list("pk", "username", "password", "is_staff"))
    events = list(JobEvent.objects.values_list())
    run("backup", tmp_path / "all.zip")
    another_installation()
    User.objects.create_user("the-local-owner-of-a-first-start")
    assert "Restored" in run("restore", tmp_path / "all.zip")
    assert facts() == before
    assert set(User.objects.values_list("pk", "username", "password", "is_staff")) == users
    assert list(JobEvent.objects.values_list()) == events
    JobEvent.objects.create(job=Job.objects.first())
    run("backup", tmp_path / "again.zip")
    with zipfile.ZipFile(tmp_path / "again.zip") as again, zipfile.ZipFile(tmp_path / "all.zip") as first:
        assert len(again.read("rows.jsonl").splitlines()) == len(first.read("rows.jsonl").splitlines()) + 1


def test_lost_file_does_not_prevent_a_backup(project, tmp_path, another_installation, client):
    local_path(project.final_video.key).unlink()
    run("backup", tmp_path / "all.zip")
    another_installation()
    run("restore", tmp_path / "all.zip")
    client.force_login(User.objects.get())
    assert client.get(f"/api/mv/get_video/{project.final_video_id}").json()["code"] == "file_missing"
    assert Asset.objects.count() == len(list(Asset.objects.filter(media_folder=media_folder_id())))


def test_restore_into_a_non_empty_installation_is_refused(project, tmp_path):
    run("backup", tmp_path / "all.zip")
    before = facts()
    with pytest.raises(CommandError, match="not empty"):
        run("restore", tmp_path / "all.zip")
    assert facts() == before
