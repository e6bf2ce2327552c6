"""Forged or modified archives are refused with a clear message, without writing anything or using much memory."""

import hashlib
import io
import json
import shutil
import stat
import tracemalloc
import zipfile
from typing import Any
from uuid import uuid4

import pytest
from django.apps import apps
from django.core.management import CommandError, call_command
from django.db import connection

from apps.accounts.models import ApiToken, User
from apps.archive.rows import APPS
from apps.assets.models import Asset, StorageTotal
from apps.core.errors import ConflictError
from apps.jobs.models import Job, JobEvent, LedgerEntry
from apps.jobs.services import job_retry
from apps.projects.models import Project
from tests.factories import make_asset, make_clip, make_job, make_project, make_scenes, store_asset
from tests.fakes import media

pytestmark = pytest.mark.django_db(transaction=True)

MANIFEST, ROWS = "manifest.json", "rows.jsonl"


@pytest.fixture(autouse=True)
def folders(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path / "media"
    settings.SCRATCH_ROOT = tmp_path / "scratch"


KEPT: dict[str, bytes] = {}


@pytest.fixture
def exported(user, tmp_path, settings):
    """The entries of a project's archive, exported once; the studio then holds a `newcomer` and nothing else."""
    if not KEPT:
        call_command("export_project", str(rich_project(user).pk), str(tmp_path / "whole.zip"), stdout=io.StringIO())
        with zipfile.ZipFile(tmp_path / "whole.zip") as archive:
            KEPT.update({name: archive.read(name) for name in archive.namelist()})
        tables = [model._meta.db_table for app in APPS for model in apps.get_app_config(app).get_models()]
        with connection.cursor() as cursor:
            cursor.execute(f"TRUNCATE {', '.join(tables)} RESTART IDENTITY CASCADE")
        shutil.rmtree(settings.MEDIA_ROOT)
    User.objects.create_user("newcomer")
    return dict(KEPT)


def rich_project(user):
    """A project with a clip and a failed job that cost something."""
    project = make_project(user, final_video=store_asset(user, media.video(0.4)))
    (scene,) = make_scenes(project, "0.4")
    job = make_job(user, state="failed", project_id=project.pk, scene_id=scene.pk, error="No.", idempotency_key="mine")
    JobEvent.objects.create(job=job, to_state="failed")
    LedgerEntry.objects.create(job=job, attempt=1, kind="reserve", amount=1, scopes=["user:1"])
    LedgerEntry.objects.create(job=job, attempt=1, kind="settle", amount=1, scopes=["user:1"])
    make_clip(scene, asset=store_asset(user, media.video(0.3)), job=job)
    return project


@pytest.fixture
def packed(tmp_path):
    """Write entries as an archive with a matching manifest, unless `manifest` overrides it."""

    def pack(entries, *, manifest=None, fit=True):
        path = tmp_path / "p.zip"
        facts = json.loads(entries[MANIFEST])
        if fit:
            facts["entries"] = {
                name: {"sha256": hashlib.sha256(content).hexdigest(), "size_bytes": len(content)}
                for name, content in entries.items()
                if name != MANIFEST
            }
        facts |= manifest or {}
        with zipfile.ZipFile(path, "w") as archive:
            for name, content in {**entries, MANIFEST: json.dumps(facts).encode()}.items():
                archive.writestr(name, content)
        return path

    return pack


def rows_of(entries):
    return [json.loads(line) for line in entries[ROWS].splitlines()]


def with_rows(entries, rows):
    lines = (row if isinstance(row, str) else json.dumps(row) for row in rows)
    return {**entries, ROWS: "".join(f"{line}\n" for line in lines).encode()}


def changed(entries, model, **fields):
    """Return the entries with these fields changed in the first row of that model."""
    rows = rows_of(entries)
    next(row for row in rows if row["model"] == model)["fields"].update(fields)
    return with_rows(entries, rows)


def bring(path):
    call_command("import_project", str(path), "--owner", "newcomer", stdout=io.StringIO())


def refused(path, words="."):
    models = {model for app in APPS for model in apps.get_app_config(app).get_models()} - {StorageTotal}
    before = {model: model._base_manager.count() for model in models}
    with pytest.raises(CommandError, match=words) as caught:
        bring(path)
    assert {model: model._base_manager.count() for model in before} == before
    return str(caught.value)


@pytest.mark.parametrize("number", [0, 2, 99])
def test_scenes_not_numbered_from_one_are_refused(exported, packed, number):
    refused(packed(changed(exported, "scenes.scene", sequence=number)), words="numbered from 1|sequence")


def test_unchanged_archive_is_imported_and_its_jobs_cannot_run_again(exported, packed):
    bring(packed(exported))
    job = Job.objects.get()
    assert (job.idempotency_key, LedgerEntry.objects.first().scopes) == ("", [])
    with pytest.raises(ConflictError, match="imported project"):
        job_retry(by=User.objects.get(username="newcomer"), job_id=job.pk)


STRANGERS = {
    "a superuser": {"model": "accounts.user", "pk": 9, "fields": {"username": "evil", "is_superuser": True}},
    "a token": {"model": "accounts.apitoken", "fields": {"owner": 1, "name": "t", "digest": "0" * 64}},
    "a group": {"model": "auth.group", "pk": 1, "fields": {"name": "admins", "permissions": []}},
    "a flavor": {"model": "flavors.flavoredit", "fields": {"flavor": "default", "config_type": "parameters"}},
    "a session": {"model": "sessions.session", "pk": "x", "fields": {}},
    "an unknown model": {"model": "nothing.atall", "fields": {}},
    "a model that is a list": {"model": ["projects.project"], "fields": {}},
    "another spelling": {"model": "Accounts.User", "fields": {"username": "evil"}},
    "a list": ["accounts.user", 9],
    "a number": 7,
    "null": None,
    "a row without fields": {"model": "projects.project", "pk": str(uuid4())},
    "fields that are a list": {"model": "projects.project", "pk": str(uuid4()), "fields": []},
    "an extra key": {"model": "jobs.jobevent", "fields": {}, "extra": 1},
    "not JSON": "{",
    "an empty line": "",
    "half a surrogate": '{"model": "projects.project", "fields": {"title": "\\ud800"}}',
    "a zero byte": '{"model": "projects.project", "fields": {"title": "\\u0000"}}',
    "NaN": '{"model": "projects.project", "fields": {"seed": NaN}}',
    "infinity by size": '{"model": "projects.project", "fields": {"seed": 1e999}}',
    "10,000 digits": '{"model": "projects.project", "fields": {"seed": ' + "9" * 10_000 + "}}",
    "4,000 digits": '{"model": "projects.project", "fields": {"seed": ' + "9" * 4_000 + "}}",
    "100,000 brackets": "[" * 100_000,
    "60 levels": '{"model": "projects.project", "fields": {"a": ' + "[" * 60 + "]" * 60 + "}}",
}


@pytest.mark.parametrize("name", STRANGERS)
def test_row_of_a_forbidden_model_is_refused(exported, packed, name):
    message = refused(packed(with_rows(exported, [*rows_of(exported), STRANGERS[name]])), "was changed or damaged: row")
    assert len(message) < 1000
    assert not ApiToken.objects.exists() and not User.objects.filter(is_superuser=True).exists()


CHANGES: dict[str, tuple[str, dict[str, Any]]] = {
    "another owner": ("projects.project", {"owner": 1}),
    "an owner as a list": ("projects.project", {"owner": ["newcomer"]}),
    "an unknown field": ("projects.project", {"is_admin": True}),
    "a wrong type": ("projects.project", {"title": ["x"]}),
    "a number for a text": ("projects.project", {"title": 7}),
    "a boolean for a number": ("projects.project", {"seed": True}),
    "an overlong title": ("projects.project", {"title": "x" * 201}),
    "a negative seed": ("projects.project", {"seed": -1}),
    "an unknown choice": ("projects.project", {"aspect_ratio": "3:1"}),
    "null in a required field": ("projects.project", {"idea": None}),
    "providers as a list": ("projects.project", {"providers": []}),
    "a time without a zone": ("projects.project", {"created_at": "2026-01-01T00:00:00"}),
    "a time before year 1": ("projects.project", {"created_at": "0001-01-01T00:00:00+14:00"}),
    "a missing song": ("projects.project", {"song": str(uuid4())}),
    "an invalid id": ("scenes.scene", {"image": "../../etc/passwd"}),
    "an id that is a number": ("scenes.scene", {"job": 5}),
    "a scene's job outside the archive": ("scenes.scene", {"job": str(uuid4())}),
    "a queued job": ("jobs.job", {"state": "queued", "finished_at": None}),
    "a job that needs attention": ("jobs.job", {"state": "needs_attention", "finished_at": None}),
    "an amount of NaN": ("jobs.ledgerentry", {"amount": "NaN"}),
    "a reservation twice": ("jobs.ledgerentry", {"kind": "settle"}),
    "a key with parent folders": ("assets.asset", {"key": "mv/../../../etc/passwd"}),
    "an absolute key": ("assets.asset", {"key": "/etc/passwd"}),
    "another asset's folder": ("assets.asset", {"key": f"mv/jobs/{uuid4()}/video.mp4"}),
    "an HTML page": ("assets.asset", {"content_type": "text/html"}),
    "an SVG image": ("assets.asset", {"content_type": "image/svg+xml"}),
    "another checksum": ("assets.asset", {"sha256": "0" * 64}),
    "another size": ("assets.asset", {"size_bytes": 1}),
    "its own storage location": ("assets.asset", {"stored_in": "bucket"}),
}


@pytest.mark.parametrize("name", CHANGES)
def test_modified_row_is_refused(exported, packed, name):
    model, fields = CHANGES[name]
    refused(packed(changed(exported, model, **fields)), "was changed or damaged")


def test_modified_rows_with_the_original_manifest_are_refused(exported, packed):
    refused(packed(changed(exported, "projects.project", title="Another"), fit=False), "damaged|does not have the size")


def test_modified_rows_of_the_same_length_are_refused(exported, packed):
    entries = {**exported, ROWS: exported[ROWS].replace(b"A city", b"B city")}
    refused(packed(entries, fit=False), "doesn't match its checksum")


def test_importing_an_active_project_starts_nothing(exported, packed):
    entries = changed(exported, "projects.project", generating=True, generating_since="2026-01-01T00:00:00+00:00")
    bring(packed(entries))
    assert not Project.objects.get().generating


@pytest.mark.parametrize("spelling", [str, lambda value: value.hex, lambda value: f"{{{value}}}".upper()])
def test_json_cannot_refer_to_rows_of_other_users(exported, packed, other_user, spelling):
    secret = make_asset(other_user)
    refused(packed(changed(exported, "jobs.job", parameters={"video": [spelling(secret.pk)]})), "another user")


def test_rows_of_other_users_cannot_be_replaced(exported, packed, other_user):
    asset_id = next(row["pk"] for row in rows_of(exported) if row["model"] == "assets.asset")
    make_asset(other_user, id=asset_id)
    refused(packed(exported), "belongs to")


def test_duplicate_rows_second_project_and_own_numbers_are_refused(exported, packed):
    rows = rows_of(exported)
    project = next(row for row in rows if row["model"] == "projects.project")
    event = next(row for row in rows if row["model"] == "jobs.jobevent")
    refused(packed(with_rows(exported, [*rows, project])), "twice")
    refused(packed(with_rows(exported, [*rows, {**project, "pk": str(uuid4())}])), "exactly the project")
    refused(packed(with_rows(exported, [row for row in rows if row is not project])), "exactly the project")
    refused(packed(with_rows(exported, [*rows, {**event, "pk": 1}])), "sets its own row number")
    refused(packed(exported, manifest={"project_id": None}), "does not name a project")


def test_conflicting_rows_are_refused_at_commit(exported, packed):
    rows = rows_of(exported)
    scene = next(row for row in rows if row["model"] == "scenes.scene")
    twin = {**scene, "pk": str(uuid4()), "fields": {**scene["fields"], "current_clip": None}}
    refused(packed(with_rows(exported, [*rows, twin])), "numbered from 1")
    refused(packed(changed(exported, "projects.project", song_start="5", song_end="2")), "conflicts with")


def test_shared_job_keeps_its_own_history(exported, packed):
    newcomer = User.objects.get(username="newcomer")
    job_id = next(row["pk"] for row in rows_of(exported) if row["model"] == "jobs.job")
    make_job(newcomer, state="failed", id=job_id)
    bring(packed(exported))
    assert not JobEvent.objects.exists() and not LedgerEntry.objects.exists()


MANIFESTS: dict[str, tuple[str | bytes, str]] = {
    "a list": ("[]", "manifest.json is not a JSON object."),
    "not JSON": ("{", "manifest.json is not JSON."),
    "not UTF-8": (b"\xff\xfe{}", "manifest.json is not JSON."),
    "100,000 brackets": ("[" * 100_000, "manifest.json is not JSON."),
    "another format": (
        '{"format": "mvsite-archive-2", "kind": "project", "schema": {}, "entries": {}, "missing": []}',
        "manifest.json has something in 'format' that this release can't read.",
    ),
    "entries as a list": (
        '{"format": "mvsite-archive-1", "kind": "project", "schema": {}, "entries": [7]}',
        "manifest.json has something in 'entries' that this release can't read.",
    ),
    "nothing in it": ("{}", "manifest.json has no 'format'."),
    "empty": ("", "manifest.json is not JSON."),
}


@pytest.mark.parametrize("name", MANIFESTS)
def test_invalid_manifest_is_refused(exported, tmp_path, name):
    path = tmp_path / "p.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(ROWS, exported[ROWS])
        archive.writestr(MANIFEST, MANIFESTS[name][0])
    message = refused(path, "not an archive of this studio")
    assert message.endswith(MANIFESTS[name][1])


def test_wrong_value_in_a_row_is_described_in_plain_words(exported, packed):
    message = refused(packed(changed(exported, "projects.project", title=7)), "was changed or damaged")
    assert "has a number in 'title', which needs something else. Nothing" in message
    message = refused(packed(changed(exported, "projects.project", title="x" * 5000)), "was changed or damaged")
    assert "characters. Nothing" in message and "(it has" not in message


@pytest.mark.parametrize(
    "entry",
    [{"sha256": "", "size_bytes": 1}, {"sha256": "0" * 64, "size_bytes": "1"}, {}, [], None, {"size_bytes": -1}],
)
def test_manifest_entry_without_size_and_checksum_is_refused(exported, packed, entry):
    refused(packed(exported, manifest={"entries": {ROWS: entry}}), "not an archive of this studio")


@pytest.mark.parametrize(
    "name", ["../../evil", "/etc/cron.d/evil", "media/../evil", "evil.txt", "media/", "rows.jsonl/x"]
)
def test_unexpected_entry_is_refused(exported, packed, name):
    refused(packed({**exported, name: b"evil" * (not name.endswith("/"))}))
    refused(packed({**exported, name: b"evil"}, fit=False), "packed or changed by another program")


def test_extra_and_missing_files_are_refused(exported, packed):
    refused(packed({**exported, "media/mv/x/y.mp4": b"x"}), "no row names")
    media_name = next(name for name in exported if name.endswith(".mp4"))
    refused(packed({name: content for name, content in exported.items() if name != media_name}), "isn't in the archive")
    refused(packed({name: content for name, content in exported.items() if name != ROWS}), "does not contain")
    refused(packed({**exported, media_name: exported[media_name] + b"x"}), "isn't in the archive")


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_duplicate_link_and_encrypted_entries_are_refused(exported, packed):
    path = packed(exported)
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr(ROWS, b"other rows")
    refused(path, "twice")
    link = zipfile.ZipInfo(next(name for name in exported if name.endswith(".mp4")))
    link.external_attr = (stat.S_IFLNK | 0o777) << 16
    target = b"/etc/passwd"
    facts = {"sha256": hashlib.sha256(target).hexdigest(), "size_bytes": len(target)}
    manifest = json.loads(exported[MANIFEST])
    manifest["entries"][link.filename] = facts
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in {**exported, MANIFEST: json.dumps(manifest)}.items():
            archive.writestr(link if name == link.filename else name, target if name == link.filename else content)
    refused(path, "link or folder")
    content = bytearray(packed(exported).read_bytes())
    place = content.rindex(b"PK\x01\x02", 0, content.rindex(MANIFEST.encode()))
    content[place + 8] |= 1
    path.write_bytes(content)
    refused(path, "encrypted|can't be read")


@pytest.mark.parametrize("compression", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_compression_with_unbounded_memory_is_refused(exported, tmp_path, compression):
    with zipfile.ZipFile(tmp_path / "p.zip", "w", compression) as archive:
        for name, content in exported.items():
            archive.writestr(name, content)
    refused(tmp_path / "p.zip", "unsupported compression")


def test_archive_repacked_by_another_program_is_imported(exported, tmp_path):
    with zipfile.ZipFile(tmp_path / "p.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in exported.items():
            archive.writestr(name, content)
    bring(tmp_path / "p.zip")
    assert Project.objects.exists()


@pytest.mark.parametrize("name", [MANIFEST, ROWS])
def test_zip_bomb_is_refused_without_using_much_memory(exported, tmp_path, name):
    size = 200_000_000
    manifest = json.loads(exported[MANIFEST])
    manifest["entries"][ROWS] = {"sha256": "0" * 64, "size_bytes": size}
    entries = {**exported, MANIFEST: json.dumps(manifest).encode()} if name == ROWS else exported
    with zipfile.ZipFile(tmp_path / "p.zip", "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        for other, content in entries.items():
            if other != name:
                archive.writestr(other, content)
        archive.writestr(name, b" " * size)
    tracemalloc.start()
    refused(tmp_path / "p.zip", "larger than 4 MB" if name == MANIFEST else "its checksum|Free up disk space")
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 40_000_000


def test_endless_row_is_refused_without_using_much_memory(exported, packed):
    path = packed({**exported, ROWS: b" " * 60_000_000})
    tracemalloc.start()
    refused(path, "larger than 8 MB")
    assert tracemalloc.get_traced_memory()[1] < 40_000_000
    tracemalloc.stop()


def test_oversized_table_of_contents_is_refused(tmp_path):
    path = tmp_path / "p.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for number in range(150_000):
            archive.writestr(zipfile.ZipInfo(f"media/{number}"), b"")
    User.objects.create_user("newcomer")
    tracemalloc.start()
    refused(path, "table of contents")
    assert tracemalloc.get_traced_memory()[1] < 40_000_000
    tracemalloc.stop()


def test_archive_larger_than_the_free_disk_space_is_refused(exported, packed):
    size = 10**15
    path = packed(exported)
    content = path.read_bytes()
    manifest = json.loads(exported[MANIFEST])
    manifest["entries"]["media/mv/x/y.mp4"] = {"sha256": "0" * 64, "size_bytes": size}
    with zipfile.ZipFile(path, "w", allowZip64=True) as archive:
        for name, entry in {**exported, MANIFEST: json.dumps(manifest).encode()}.items():
            archive.writestr(name, entry)
        archive.writestr("media/mv/x/y.mp4", b"x")
        archive.getinfo("media/mv/x/y.mp4").file_size = size
    assert content != path.read_bytes()
    refused(path, "Free up disk space")


def test_path_that_is_not_a_file_is_refused(user, tmp_path):
    User.objects.create_user("newcomer")
    (tmp_path / "folder.zip").mkdir()
    (tmp_path / "gone.zip").symlink_to(tmp_path / "nowhere")
    for name in ("folder.zip", "gone.zip", "not-there.zip"):
        refused(tmp_path / name, "not a file")
    (tmp_path / "short.zip").write_bytes(b"PK\x05\x06" + b"\xff" * 30)
    refused(tmp_path / "short.zip", "can't be read as an archive")


def test_refused_archive_leaves_no_files(exported, packed, settings):
    names = [name for name in exported if name.endswith(".mp4")]
    entries = {**exported, names[-1]: b"not a video at all"}
    rows = rows_of(entries)
    content = entries[names[-1]]
    for row in rows:
        if row["model"] == "assets.asset" and f"media/{row['fields']['key']}" == names[-1]:
            row["fields"] |= {"sha256": hashlib.sha256(content).hexdigest(), "size_bytes": len(content)}
    refused(packed(with_rows(entries, rows)))
    assert not Asset.objects.exists()
    assert list(settings.MEDIA_ROOT.rglob("*.mp4")) == []
    assert list((settings.SCRATCH_ROOT / "archives").iterdir()) == []
