"""Promise: keys never appear in logs, rows, task arguments, error pages or HTML."""

import os
from typing import Any

import pytest
from django.apps import apps
from django.core import serializers
from django.test import Client

from apps.core.redis_client import redis_client
from apps.jobs.states import State
from tests.fakes import media
from tests.jobs.remote.assets import stored_asset
from tests.jobs.remote.driving import drive, scenes_job, video_job
from tests.jobs.remote.test_unknown_outcomes import lipsync_job

pytestmark = pytest.mark.django_db(transaction=True)

MARK = "marked-key-8f2c1d"


def every_row():
    """Return all rows of all our tables as text."""
    ours = [model for model in apps.get_models() if model.__module__.startswith("apps.") and model._meta.managed]
    return "\n".join(serializers.serialize("json", model._default_manager.all()) for model in ours)


def every_message():
    """Return everything in Redis: task arguments, limits, presence."""
    client: Any = redis_client()
    found = []
    for key in client.scan_iter():
        kind = client.type(key).decode()
        readers = {"list": lambda key: client.lrange(key, 0, -1), "hash": client.hgetall, "string": client.get}
        found.append(repr((key, readers.get(kind, client.dump)(key))))
    return "\n".join(found)


def every_page(user, jobs):
    client = Client(raise_request_exception=False)
    client.force_login(user)
    paths = ["/", "/api/jobs", "/api/mv/projects", *(f"/api/jobs/{job.pk}" for job in jobs), "/nothing-here"]
    return "\n".join(client.get(path).content.decode(errors="replace") for path in paths)


@pytest.fixture
def marked(replicate, sync_so, chat, settings):
    """All services only accept marked keys, and repeat them in their errors."""
    replicate.token = settings.REPLICATE_API_TOKEN = f"r8_{MARK}"
    sync_so.key = settings.SYNC_API_KEY = f"sk-sync-{MARK}"
    chat.key = settings.LLM_API_KEY = f"sk-{MARK}"
    settings.REPLICATE_WEBHOOK_SECRET = settings.SYNC_WEBHOOK_SECRET = f"whsec_{MARK}"


def test_secret_keys_appear_nowhere(user, marked, replicate, sync_so, chat, tmp_path, caplog, capfd):
    caplog.set_level("DEBUG")
    reference = stored_asset(user, media.image(), kind="image", folder=tmp_path)
    jobs = [
        drive(video_job(user)),
        drive(video_job(user, character_reference_id=reference.pk)),
        drive(lipsync_job(user, tmp_path)),
        drive(scenes_job(user)),
    ]
    assert {job.state for job in jobs} == {State.SUCCEEDED}
    for fake, key, make in (
        (replicate, replicate.token, video_job),
        (chat, chat.key, scenes_job),
        (sync_so, sync_so.key, lambda by: lipsync_job(by, tmp_path)),
    ):
        leak = {"detail": f"token {key} is odd", "message": f"{key} is odd", "error": {"message": f"{key} is odd"}}
        for script in ({"status": 400, "body": leak}, {"status": 500, "body": leak}, {"status": 401, "body": leak}):
            fake.fail_next("POST .*(predictions|completions|generate)$", "status", **script)
            jobs.append(drive(make(user), turns=100))

    captured = capfd.readouterr()
    places = {
        "rows": every_row(),
        "messages": every_message(),
        "pages": every_page(user, jobs),
        "logs": caplog.text + captured.out + captured.err,
        "file names": "\n".join(name for _, folders, names in os.walk(tmp_path) for name in (*folders, *names)),
    }

    assert "sk-" not in places["messages"]
    assert len(places["rows"]) > 10_000  # it did look at something
    assert len(places["logs"]) > 10_000
    assert {name: MARK in text for name, text in places.items()} == dict.fromkeys(places, False)
