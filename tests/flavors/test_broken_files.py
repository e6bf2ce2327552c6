"""A flavor's file may contain anything: a broken one is skipped with line and reason, and the studio starts."""

import io
import os

import pytest
from django.core.management import CommandError, call_command

from apps.flavors.discovery import discover
from apps.flavors.files import FlavorProblem, parse_flavor_text
from apps.flavors.models import FlavorEdit
from apps.flavors.registry import FlavorRegistry, registry

FIXED = "providers:\n  replicate:\n    models:\n      m:\n        fixed:\n          seed: "

# The text, and the line and part of the reason.
TEXTS = {
    "February 30": (f"{FIXED}2026-02-30\n", 6, "2026-02-30"),
    "an hour 25": (f"{FIXED}2026-02-03 25:00:00\n", 6, "isn't a valid date"),
    "a word as a number": (f"{FIXED}!!int abc\n", 6, "abc"),
    "nothing as a number": (f"{FIXED}!!int ''\n", 6, "isn't a valid whole number"),
    "a word as a fraction": (f"{FIXED}!!float abc\n", 6, "abc"),
    "a word as a boolean": (f"{FIXED}!!bool maybe\n", 6, "maybe"),
    "a word as a time": (f"{FIXED}!!timestamp abc\n", 6, "abc"),
    "a text as a list": (f"{FIXED}!!seq abc\n", 6, "expected a sequence"),
    "bytes": (f"{FIXED}!!binary aGVsbG8=\n", 6, "binary is not supported"),
    "a set": (f"{FIXED}!!set {{a, b}}\n", 6, "set is not supported"),
    "an object": (f"{FIXED}!!python/object/apply:os.system [ls]\n", 6, "not supported"),
    "a custom tag": (f"{FIXED}!mine abc\n", 6, "not supported"),
    "10,000 digits": (f"{FIXED}{'9' * 10_000}\n", 6, "isn't a valid whole number"),
    "4,000 digits": (f"{FIXED}{'9' * 4_000}\n", 6, "too large"),
    "10,000 hexadecimal digits": (f"{FIXED}0x{'f' * 10_000}\n", 6, "too large"),
    "infinity": (f"{FIXED}.inf\n", 6, "too large"),
    "not a number": (f"{FIXED}.nan\n", 6, "too large"),
    "800 levels": (f"{FIXED}{'[' * 800}{']' * 800}\n", 6, "deep"),
    "100,000 levels": (f"{FIXED}{'[' * 100_000}\n", 6, "deep"),
    "800 levels of keys": ("".join(f"{' ' * depth}a:\n" for depth in range(500)), 40, "deep"),
    "a control character": ("provider: draft\nfps: '\x07'\n", 2, "#x0007"),
    "a NUL": ("provider: draft\n\nfps: '\0'\n", 3, "#x0000"),
    "an escaped NUL": (f'{FIXED}"\\0"\n', 6, "can't be stored"),
    "an escaped half surrogate": (f'{FIXED}"\\uD800"\n', 6, "can't be stored"),
    "beyond the last code point": (f'{FIXED}"\\UFFFFFFFF"\n', 6, "can't be read"),
    "an alias bomb": ("a: &a [1, 1]\nb: &b [*a, *a]\nc: [*b, *b]\n", 2, "aliases"),
    "a recursive alias": ("a: &a [*a]\n", 1, "aliases"),
    "a merge": ("a: &a {b: 1}\nc:\n  <<: *a\n", 3, "quoted|aliases"),
    "a duplicate key": ("provider: draft\nfps: '24'\nprovider: draft\n", 3, "twice"),
    "a list as a key": ("? [1, 2]\n: 3\n", 1, "plain text"),
    "two documents": ("fps: '24'\n---\nfps: '25'\n", 2, "document"),
    "a tab": ("providers:\n\tdraft: 1\n", 2, "cannot start any token"),
    "a bare text": ("draft\n", 1, "mapping"),
    "an enormous price": ("providers: {replicate: {models: {m: {price: {usd: '1e999999'}}}}}\n", 1, "usd|Field"),
    "an unknown YAML version": ("%YAML 9.9\n---\nfps: '24'\n", 1, "version"),
    "an overlong version": (f"%YAML 1.{'9' * 5000}\n---\nfps: '24'\n", 1, "can't be read"),
    "a megabyte": ("# \n" * 400_000, 1, "longer"),
}


@pytest.mark.parametrize("name", TEXTS)
def test_invalid_text_is_refused_with_its_line(configs, name):
    text, line, reason = TEXTS[name]
    (configs / "mine").mkdir()
    (configs / "mine" / "video_params.yaml").write_bytes(text.encode())
    found = discover(configs)
    (problem,) = found.problems["mine"]
    assert (problem.source, problem.line) == ("configs/mine/video_params.yaml", line)
    assert any(word in problem.reason for word in reason.split("|")), problem.reason
    assert len(str(problem)) < 500
    assert "cinematic" in found.files


def test_depth_limit_does_not_depend_on_the_callers_depth():
    """A request's call stack is deeper than at startup; the limit must not depend on that."""

    def deeper(levels):
        return deeper(levels - 1) if levels else parse_flavor_text(f"a: {'[' * 800}", source="edit")

    with pytest.raises(FlavorProblem, match="deep"):
        deeper(600)


BYTES = {
    "UTF-16": "fps: '24'\n".encode("utf-16"),
    "UTF-16 without a BOM": "fps: '24'\n".encode("utf-16-le"),
    "Latin-1": "provider: draft\nfps: 'é'\n".encode("latin-1"),
    "an image": b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR",
    "half a character": b"fps: '24'\n# \xe2\x82",
}


@pytest.mark.parametrize("name", BYTES)
def test_bytes_that_are_not_text_are_refused_with_their_line(configs, name):
    (configs / "cinematic" / "video_params.yaml").write_bytes(BYTES[name])
    (problem,) = discover(configs).problems["cinematic"]
    assert problem.line == {"Latin-1": 2, "half a character": 2}.get(name, 1)
    assert "UTF-8" in problem.reason or "not allowed" in problem.reason


def test_byte_order_mark_and_windows_line_endings_are_accepted(configs):
    (configs / "cinematic" / "video_params.yaml").write_bytes(b"\xef\xbb\xbffps: '25'\r\n")
    assert discover(configs).files["cinematic"]["video_params"].values == {"fps": "25"}


def a_folder(path):
    path.mkdir()


def a_broken_link(path):
    path.symlink_to("nowhere.yaml")


def a_link_to_itself(path):
    path.symlink_to(path)


def a_link_to_a_folder(path):
    path.symlink_to(path.parent)


def a_pipe(path):
    os.mkfifo(path)


def a_device(path):
    path.symlink_to("/dev/zero")


def a_huge_file(path):
    with path.open("wb") as file:
        file.truncate(10 * 1024**3)


THINGS = [a_folder, a_broken_link, a_link_to_itself, a_link_to_a_folder, a_pipe, a_device, a_huge_file]


@pytest.mark.parametrize("make", THINGS)
def test_anything_but_a_regular_file_is_skipped(configs, make):
    path = configs / "cinematic" / "compose_params.yaml"
    path.unlink(missing_ok=True)
    make(path)
    loaded = FlavorRegistry()
    loaded.load(configs)
    (problem,) = loaded.discovered.problems["cinematic"]
    assert problem.source == "configs/cinematic/compose_params.yaml"
    assert "cinematic" not in loaded.discovered.files and "example" in loaded.discovered.files


@pytest.mark.skipif(os.geteuid() == 0, reason="root reads everything")
def test_unreadable_files_and_folders_are_skipped(configs):
    (configs / "cinematic" / "compose_params.yaml").chmod(0)
    (configs / "example").chmod(0)
    problems = discover(configs).problems
    assert "Permission denied" in problems["cinematic"][0].reason
    assert "can't be opened" in problems["example"][0].reason
    (configs / "example").chmod(0o700)


def test_folders_with_invalid_names_are_reported_and_hidden_ones_ignored(configs):
    (configs / ".git").mkdir()
    (configs / "__pycache__").mkdir()
    (configs / "My Look").mkdir()
    (configs / os.fsdecode(b"\xff\xfe")).mkdir()
    (configs / "gone").symlink_to("nowhere")
    found = discover(configs)
    assert set(found.problems) == {"My Look", r"\udcff\udcfe"}
    assert all("lowercase letters" in problem.reason for (problem,) in found.problems.values())
    for name in found.problems:
        name.encode()


@pytest.mark.parametrize(
    "name", ["February 30", "a control character", "800 levels", "4,000 digits", "an escaped half surrogate"]
)
@pytest.mark.django_db
def test_same_text_as_an_edit_is_a_bad_request(client, staff, name):
    text, line, _ = TEXTS[name]
    client.force_login(staff)
    response = client.put(
        "/api/flavors/cinematic/video_params",
        {"text": text},
        content_type="application/json",
        headers={"Accept": "*/*"},
    )
    assert response.status_code == 400 and f"ine {line}" in response.json()["detail"]
    page = client.post("/flavors/cinematic/video_params", {"text": text, "version": "0"})
    assert page.status_code == 400 and f"Line {line}" in page.content.decode()
    preview = client.post("/flavors/cinematic/video_params", {"text": text, "version": "0", "preview": "1"})
    assert preview.status_code == 400
    admin = {"flavor": "mine", "config_type": "video_params", "text": text}
    staff.is_superuser = True
    staff.save()
    form = client.post("/admin/flavors/flavoredit/add/", admin)
    assert form.status_code == 200 and f"ine {line}" in form.content.decode()
    assert not FlavorEdit.objects.exists()


@pytest.mark.parametrize("text", ["seed: 2026-02-30\n", "gone_key: 1\n", "a: [\n", "a: '\x07'\n"])
@pytest.mark.django_db
def test_unreadable_stored_edit_is_reported_everywhere(admin_client, text):
    edit = FlavorEdit.objects.create(flavor="cinematic", config_type="video_params", text=text)
    registry.check_now()
    listed = {flavor["name"]: flavor for flavor in admin_client.get("/api/flavors").json()}
    assert listed["cinematic"]["usable"]
    (problem,) = listed["cinematic"]["problems"]
    assert "edit of cinematic/video_params:" in problem
    assert "edit of cinematic/video_params:" in admin_client.get("/flavors").content.decode()
    assert admin_client.get("/flavors/cinematic/video_params").status_code == 200
    assert "edit of cinematic/video_params:" in admin_client.get("/admin/flavors/flavoredit/").content.decode()
    change = admin_client.get(f"/admin/flavors/flavoredit/{edit.pk}/change/")
    assert "This edit is skipped" in change.content.decode()


@pytest.mark.django_db
def test_check_command_fails_but_other_commands_run(configs, settings):
    (configs / "cinematic" / "video_params.yaml").write_text("provider: draft\nfps: 2026-02-30\n")
    settings.CONFIGS_DIR = configs
    told = io.StringIO()
    with pytest.raises(CommandError, match="Skipped flavors: cinematic"):
        call_command("check", stderr=told, no_color=True)
    assert "configs/cinematic/video_params.yaml:2" in told.getvalue()
    call_command("migrate", plan=True, skip_checks=False, stdout=told, stderr=told)
