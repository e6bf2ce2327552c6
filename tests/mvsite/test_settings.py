import os
import re
import shutil
import socket
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from django.conf import settings

from apps.core.checks import check_public_url
from apps.jobs.kinds import SPECS, Queue
from embedded.addresses import own_names
from launcher.programs import workers
from mvsite import env
from mvsite.celery import app
from mvsite.health import QUEUES
from mvsite.version import commit

PROJECT = Path(__file__).resolve().parents[2]
READERS = re.compile(r"(?:env\.\w+|Text|Secret|Url|Number)\(\s*[\"']([A-Z_]+)[\"']")


def variables_read():
    sources = [path for name in ("mvsite", "apps", "workers") for path in (PROJECT / name).rglob("*.py")]
    return {name for path in sources for name in READERS.findall(path.read_text())}


def variables_explained():
    return set(re.findall(r"^#([A-Z_]+)=", (PROJECT / ".env.example").read_text(), re.MULTILINE))


def test_every_variable_is_documented_and_no_other():
    read_by_libraries = {"AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"}
    assert variables_explained() == variables_read() | read_by_libraries


def test_an_empty_yes_or_no_is_the_default(monkeypatch):
    monkeypatch.setenv("MV_SINGLE_USER", "")
    assert env.boolean("MV_SINGLE_USER", default=True) is True


def test_a_reachable_machine_accepts_its_own_addresses():
    show = "from django.conf import settings; print(settings.ALLOWED_HOSTS)"
    environment = {"DJANGO_SETTINGS_MODULE": "mvsite.settings", "MV_SINGLE_USER": "false"}
    hosts = own_names()
    assert {"127.0.0.1", socket.gethostname().lower()} <= set(hosts)
    shown = command("-c", show, HOST="0.0.0.0", **environment).stdout  # noqa: S104 - nothing is bound
    assert all(repr(host) in shown for host in hosts)
    assert repr(hosts[-1]) not in command("-c", show, HOST="127.0.0.1", **environment).stdout


def command(*arguments, **environment):
    return subprocess.run(
        [sys.executable, *arguments],
        cwd=PROJECT,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize(
    ("name", "value", "cure"),
    [
        ("PORT", "eighty", "Set it to a number such as 8000"),
        ("PORT", "80000", "Set it to 65535 or less"),
        ("MV_DEBUG_MODE", "perhaps", "Set it to true or false"),
        ("SYNC_BASE_URL", "ftp://x", "must start with http:// or https://"),
        ("MV_DATA_DIR", "/dev/null/data", "Set MV_DATA_DIR"),
        ("DATABASE_URL", "mysql://here/it", "must start with postgresql://"),
    ],
)
def test_an_invalid_value_stops_the_start_and_says_how_to_fix_it(name, value, cure):
    done = command("-m", "launcher.run", **{name: value})
    assert done.returncode == 1
    assert cure in done.stderr
    assert done.stderr.count("\n") == 1


def test_a_command_without_services_says_how_to_start_them(tmp_path):
    done = command("manage.py", "showmigrations", MV_DATA_DIR=str(tmp_path), DATABASE_URL="", REDIS_URL="")
    assert done.returncode == 1
    assert "start it with `make run`" in done.stderr
    assert done.stderr.count("\n") == 1


def test_every_task_module_is_loaded_by_the_workers():
    modules = {path.stem for path in (PROJECT / "workers").glob("*.py")} - {"__init__"}
    assert {f"workers.{name}" for name in modules} == set(settings.CELERY_IMPORTS)
    app.loader.import_default_modules()
    assert [name for name in app.tasks if not name.startswith("celery.")]


def test_a_process_starts_without_the_slow_parts_of_scipy():
    # SciPy loads a part when it is first used, unless a module says `from scipy.signal import …`: half a second each.
    code = "import sys, django; django.setup(); from mvsite.celery import app; app.loader.import_default_modules()\n"
    code += "print([name for name in sys.modules if name.startswith('scipy.') and not name.startswith('scipy._')])"
    loaded = command("-c", code).stdout.strip()
    slow = ("signal", "stats", "ndimage", "interpolate", "optimize", "sparse", "spatial", "special", "fft", "linalg")
    assert loaded.startswith("[") and not [part for part in slow if f"'scipy.{part}'" in loaded]


def test_the_supervisor_and_the_compose_file_serve_every_queue():
    compose = yaml.safe_load((PROJECT / "docker-compose.yml").read_text())["services"]
    for queue in QUEUES:
        assert compose[queue]["environment"]["REMAP_SIGTERM"] == "SIGQUIT"
    served = {program.command[program.command.index("-Q") + 1] for program in workers() if "-Q" in program.command}
    assert {
        compose[queue]["command"].split()[compose[queue]["command"].split().index("-Q") + 1] for queue in QUEUES
    } == served
    assert {queue for several in served for queue in several.split(",")} == set(Queue.values)


def test_the_compose_file_passes_on_every_setting():
    compose = yaml.safe_load((PROJECT / "docker-compose.yml").read_text())
    of_the_image = {"MV_DATA_DIR", "MV_STATIC_ROOT", "MV_COMMIT", "MV_SINGLE_USER"}
    of_tests = {name for name in variables_explained() if name.startswith("MV_JOB_")}
    assert variables_explained() - of_the_image - of_tests <= set(compose["services"]["web"]["environment"])


@pytest.mark.skipif(not shutil.which("git"), reason="needs git to ask for the commit")
def test_the_commit_is_the_checkouts():
    head = subprocess.run(["git", "rev-parse", "HEAD"], cwd=PROJECT, capture_output=True, text=True, check=False)
    if head.returncode != 0 or os.environ.get("MV_COMMIT"):
        pytest.skip("not a git checkout, or the environment says another")
    assert len(commit()) == 40


@pytest.mark.parametrize(("address", "said"), [("http://studio.example", True), ("https://studio.example", False)])
def test_a_public_address_in_plain_http_is_accepted_with_a_warning(settings, address, said):
    settings.PUBLIC_URL = address
    assert [warning.id for warning in check_public_url()] == ["core.W001"] * said


def test_a_running_task_is_not_delivered_a_second_time():
    longest = max(spec.time_limit_seconds for spec in SPECS.values())
    assert settings.CELERY_BROKER_TRANSPORT_OPTIONS["visibility_timeout"] > longest
