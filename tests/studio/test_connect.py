"""Connect: what is shown of providers and their keys, and that an entered key is used everywhere and found nowhere."""

import re
import time
import zipfile
from typing import cast

import pytest
from django.db import connection
from django.test import Client

from apps.archive.whole import backup_write
from apps.credentials import store
from apps.credentials.models import StoredValue
from apps.jobs.states import State
from apps.providers.registry import provider_get
from apps.providers.remote_http import HttpProvider
from tests.jobs.remote.conftest import make_fake, no_delays  # noqa: F401
from tests.jobs.remote.driving import drive, video_job
from tests.jobs.remote.test_secrets import every_message, every_page

pytestmark = pytest.mark.django_db(transaction=True)
KEY = "r8_entered-0123456789abcdef"


@pytest.fixture(autouse=True)
def _fresh():
    store._cache.forget()
    yield
    store._cache.forget()


@pytest.fixture
def alone(settings):
    """A single-user installation with its own database."""
    settings.SINGLE_USER = settings.EMBEDDED_DATABASE = True
    settings.REPLICATE_API_TOKEN = ""


@pytest.fixture
def replicate(make_fake, settings):  # noqa: F811
    fake = make_fake("replicate")
    fake.token, settings.REPLICATE_API_TOKEN = KEY, ""
    return fake


@pytest.fixture
def operator(staff, settings):
    client = Client(raise_request_exception=False, REMOTE_ADDR="10.0.0.9")
    client.force_login(staff)
    return client


def enter(client, provider="replicate", **values):
    return client.post(f"/connect/{provider}/enter", values or {"REPLICATE_API_TOKEN": KEY})


def database_dump():
    """Return every row of every table as PostgreSQL writes it into a dump."""
    with connection.cursor() as cursor:
        tables = connection.introspection.table_names(cursor)
        parts = []
        for table in tables:
            with cursor.copy(f'COPY "{table}" TO STDOUT') as rows:
                parts += [bytes(row) for row in rows]
    return b"".join(parts).decode()


def test_entered_key_is_used_by_jobs_and_appears_nowhere(
    alone, replicate, operator, user, settings, tmp_path, caplog, capfd
):
    caplog.set_level("DEBUG")
    settings.MV_DEBUG_MODE = True

    entered = enter(operator)
    done = drive(video_job(user))
    refused = {"detail": f"the key {KEY} is odd"}
    replicate.fail_next("POST .*predictions$", "status", status=400, body=refused)
    failed = drive(video_job(user))
    again = operator.get("/connect")
    backup_write(into=tmp_path / "backup.zip")

    assert entered.status_code == 200 and "The key works" in entered.content.decode()
    assert (done.state, failed.state) == (State.SUCCEEDED, State.FAILED)
    assert "entered here" in again.content.decode()
    captured = capfd.readouterr()
    with zipfile.ZipFile(tmp_path / "backup.zip") as archive:
        backup = "".join(archive.read(name).decode(errors="replace") for name in archive.namelist())
    places = {
        "answers": entered.content.decode() + again.content.decode(),
        "pages": every_page(user, [done, failed]),
        "dump": database_dump(),
        "messages": every_message(),
        "backup": backup,
        "logs": caplog.text + captured.out + captured.err,
    }
    assert StoredValue.objects.get().sealed in places["dump"]
    assert StoredValue.objects.get().sealed not in places["backup"]
    assert len(places["logs"]) > 1000 and "connection_entered" in places["logs"]
    assert {name: KEY in text for name, text in places.items()} == dict.fromkeys(places, False)


def test_another_process_uses_a_new_key_within_a_second_and_a_removed_one_no_longer(alone, operator, settings):
    provider = provider_get("replicate")
    assert not provider.configured()
    enter(operator)
    worker = store._Cache()
    assert worker.values() == {"REPLICATE_API_TOKEN": KEY}

    enter(operator, REPLICATE_API_TOKEN=f"{KEY}-newer")
    time.sleep(store.POLL_SECONDS)
    assert worker.values() == {"REPLICATE_API_TOKEN": f"{KEY}-newer"}
    operator.post("/connect/replicate/forget/REPLICATE_API_TOKEN")
    time.sleep(store.POLL_SECONDS)

    assert worker.values() == {}
    assert not provider.configured() and not StoredValue.objects.exists()


def test_the_environment_comes_first_and_its_key_never_goes_to_an_entered_address(alone, operator, settings):
    enter(operator, "chat", LLM_API_KEY=KEY, LLM_BASE_URL="http://127.0.0.1:9/v1", LLM_MODEL="writer")
    chat = cast(HttpProvider, provider_get("chat"))
    assert (chat.key, chat.base_url) == (KEY, "http://127.0.0.1:9/v1")

    settings.LLM_API_KEY = "sk-of-the-environment"

    assert (chat.key, chat.base_url) == ("sk-of-the-environment", "https://api.openai.com/v1")
    refused = enter(operator, "chat", LLM_BASE_URL="http://127.0.0.1:9/v1")
    assert refused.status_code == 400


def test_an_unreadable_value_counts_as_none(alone, operator, settings):
    enter(operator)
    settings.SECRET_KEY = "another installation"
    store._cache.forget()

    assert not provider_get("replicate").configured()


@pytest.mark.parametrize(
    "values",
    [
        {"REPLICATE_API_TOKEN": "r8_with\nX-Header: 1"},
        {"REPLICATE_API_TOKEN": "kq7zx"},
        {"REPLICATE_API_TOKEN": "k" * 501},
        {"REPLICATE_API_TOKEN": " "},
        {"REPLICATE_API_TOKEN": "schlüssel-123456"},
        {"REPLICATE_BASE_URL": "http://elsewhere.example"},
        {"DATABASE_URL": "postgres://elsewhere"},
    ],
)
def test_unusable_values_are_refused_without_repeating_them(alone, operator, values):
    response = enter(operator, **values)

    assert response.status_code == 400 and not StoredValue.objects.exists()
    ((_, value),) = values.items()
    assert value.strip() == "" or value not in response.content.decode()


def test_a_shared_installation_takes_no_keys_but_tests_them(replicate, operator, settings, user):
    settings.REPLICATE_API_TOKEN = KEY
    page = operator.get("/connect").content.decode()
    tested = operator.post("/connect/replicate/test", headers={"HX-Request": "true"}).content.decode()
    replicate.token = "another"
    wrong = operator.post("/connect/replicate/test").content.decode()

    assert "set in the environment" in page and "Save and test" not in page and KEY not in page
    assert "The key works, account" in tested and not tested.lstrip().startswith("<!DOCTYPE")
    assert "did not accept the key" in wrong and KEY not in wrong
    assert enter(operator).status_code == 400
    operator.force_login(user)
    assert "Test key" not in operator.get("/connect").content.decode()
    assert operator.post("/connect/replicate/test").status_code == 403


def test_each_provider_says_what_it_is_for_and_what_its_models_cost(operator, settings):
    page = operator.get("/connect").content.decode()

    assert "google/veo-3.1-fast" in page and "$0.10 per second" in re.sub(r"\s+", " ", page)
    assert "Writes the scenes" in page and "Unchecked" in page and "No cap" in page
    assert operator.get("/connect/nothing/test").status_code == 405
    assert operator.post("/connect/nothing/test").status_code == 400
