"""Shared fixtures. The suite runs on a real PostgreSQL and Redis of its own, in a temporary folder.

Its database is migrated once and copied by each run (tests/database.py).
`DATABASE_URL` and `REDIS_URL`, where set, are used instead (`TEST_` is put before the database's name).
"""

import atexit
import os
import shutil
import socket
import sys
import tempfile
from pathlib import Path

# Everything below must be in the environment before Django reads its settings.
DATA_DIR = Path(tempfile.mkdtemp(prefix="mvsite-test-"))
os.environ["PYTHON_DOTENV_DISABLED"] = "true"  # a developer's .env must not reach the tests
os.environ["MV_DATA_DIR"] = str(DATA_DIR)
os.environ["DJANGO_SETTINGS_MODULE"] = "mvsite.settings"
os.environ["SECRET_KEY"] = "a fixed key, for tests only"
os.environ.setdefault("MV_SINGLE_USER", "false")
for name in ("STORAGE_BUCKET", "REPLICATE_API_TOKEN", "SYNC_API_KEY", "LLM_API_KEY", "LLM_MODEL", "COMFYUI_URL"):
    os.environ.pop(name, None)

# The tests start hundreds of processes. Where Python is told to keep no bytecode, as in most containers, each of them
# would compile its libraries anew, which takes longer than most tests.
if sys.dont_write_bytecode:
    sys.dont_write_bytecode, sys.pycache_prefix = False, str(DATA_DIR / "bytecode")
    os.environ["PYTHONPYCACHEPREFIX"] = sys.pycache_prefix
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)

import embedded  # noqa: E402
from tests.database import cluster_start, database_use  # noqa: E402


def _stop_services() -> None:
    embedded.postgres_stop(DATA_DIR)
    embedded.redis_stop(DATA_DIR)
    shutil.rmtree(DATA_DIR, ignore_errors=True)


# Not in a fixture: the settings are read below.
MIGRATED = not os.environ.get("DATABASE_URL") and cluster_start(DATA_DIR)
if not os.environ.get("REDIS_URL"):
    embedded.redis_start(DATA_DIR)
atexit.register(_stop_services)

# Here and not by pytest-django, which would read the settings before this file.
import django  # noqa: E402

django.setup()

import pytest  # noqa: E402

from engines.cores import usable_cores  # noqa: E402
from engines.media import formats  # noqa: E402
from tests.waiting import wait_for  # noqa: E402

LONGEST = ("browser", "processes")
BOTH_RUNS_TIMEOUT_SECONDS = 600  # `make test` runs a failed test again; its limit is for both runs together
MOST_WORKERS = 4  # each has a PostgreSQL, a Valkey, and at times a browser and workers of its own


def pytest_xdist_auto_num_workers(config):
    """Tests empty the broker and count its messages, so with an external broker they must run one after another."""
    return 0 if os.environ.get("REDIS_URL") else min(usable_cores(), MOST_WORKERS)


def pytest_xdist_setupnodes():
    """The workers inherit this process's environment, and pytest-django would read its settings before this file."""
    del os.environ["DJANGO_SETTINGS_MODULE"]


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config, items):
    """Put the longest tests first, so that no worker is left with one at the end."""
    items.sort(key=lambda item: not any(item.get_closest_marker(name) for name in LONGEST))
    if config.getoption("reruns", None):
        for item in items:
            if not item.get_closest_marker("timeout"):
                item.add_marker(pytest.mark.timeout(BOTH_RUNS_TIMEOUT_SECONDS))


if MIGRATED:

    @pytest.fixture(scope="session")
    def django_db_setup(django_test_environment):
        """Take the place of pytest-django's, which creates a database and migrates it."""
        database_use()


@pytest.fixture(autouse=True, scope="session")
def _quick_emptying():
    # Read late: they need Django.
    from django.test import TransactionTestCase

    from tests.emptying import tables_empty

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(TransactionTestCase, "_fixture_teardown", lambda _case: tables_empty())
        yield


@pytest.fixture(autouse=True)
def _quick_passwords(settings):
    """Deliberately slow hashing would take longer than the tests themselves."""
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


@pytest.fixture(autouse=True)
def documented_answers(monkeypatch):
    # Read late: it needs Django.
    from tests.documented import client_checked

    client_checked(monkeypatch)


@pytest.fixture
def small_pictures(monkeypatch):
    """Give 720p a sixteenth of its pixels: for tests of what is made when, which is the same at any size."""
    monkeypatch.setitem(formats._SHORT_SIDES, "720p", 180)


@pytest.fixture
def user(django_user_model):
    return django_user_model.objects.create_user("owner", password="a long passphrase")


@pytest.fixture
def other_user(django_user_model):
    return django_user_model.objects.create_user("somebody-else", password="a long passphrase")


@pytest.fixture
def staff(django_user_model):
    return django_user_model.objects.create_user("operator", password="a long passphrase", is_staff=True)


@pytest.fixture
def live_server(live_server, transactional_db):
    """pytest-django's server, whose last requests finish before the tables are emptied.

    A page that closes leaves requests behind; they would lock tables against the emptying, or write after it.
    """
    server = live_server.thread.httpd
    accept, close, lines = server.process_request, server.close_request, set()

    def accepted(request, address):
        lines.add(request)
        accept(request, address)

    def closed(request):
        close(request)
        lines.discard(request)

    server.process_request, server.close_request = accepted, closed
    yield live_server
    # Lines are accepted in their order: once a last one was seen out, those of the closed pages are in `lines`.
    with socket.create_connection(server.server_address, timeout=60) as last:
        last.shutdown(socket.SHUT_WR)
        last.recv(1)
    wait_for(lambda: not lines, seconds=60, what="the last requests to be served", step=0.02)
    server.process_request, server.close_request = accept, close
