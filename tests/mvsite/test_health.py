import pytest
import redis
from django.conf import settings

from apps.core.heartbeat import BEAT, KEY_PREFIX, Heartbeat, heartbeat_publish, heartbeat_withdraw
from mvsite.health import QUEUES
from mvsite.version import commit


@pytest.fixture(autouse=True)
def nobody_alive():
    with redis.Redis.from_url(settings.REDIS_URL) as broker:
        for key in broker.scan_iter(match=KEY_PREFIX + "*"):
            broker.delete(key)
        yield
        for key in broker.scan_iter(match=KEY_PREFIX + "*"):
            broker.delete(key)


@pytest.fixture
def all_alive():
    for queue in QUEUES:
        heartbeat_publish(Heartbeat(name=f"{queue}@here", commit=commit(), queues=(queue,)))
    heartbeat_publish(Heartbeat(name=BEAT, commit=commit()))


def test_healthz_responds_to_any_host_without_a_database(client):
    response = client.get("/healthz", headers={"host": "10.1.2.3:8000"})
    assert response.json() == {"status": "ok", "commit": commit()}


@pytest.mark.django_db
def test_readyz_lists_what_is_missing(client, all_alive):
    heartbeat_withdraw("media@here")
    heartbeat_withdraw(BEAT)
    response = client.get("/readyz")
    assert response.status_code == 503
    assert response.json()["problems"] == [
        "No worker is running for the queue media.",
        "Beat isn't running, so providers aren't polled and lost jobs aren't recovered.",
    ]
    assert response.json()["checks"]["workers"] == {"io": 1, "media": 0, "housekeeping": 1}


@pytest.mark.django_db
def test_readyz_is_ok_if_everything_is_available(client, all_alive):
    response = client.get("/readyz")
    assert (response.status_code, response.json()["status"], response.json()["problems"]) == (200, "ok", [])
    assert response.json()["checks"]["ffmpeg"]
    assert response.json()["checks"]["disk_free_bytes"] > 0


@pytest.mark.django_db
def test_readyz_lists_workers_that_run_other_code(client, all_alive):
    heartbeat_publish(Heartbeat(name="media@there", commit="an older one", queues=("media",)))
    response = client.get("/readyz")
    assert response.status_code == 200
    assert response.json()["stale_workers"] == [{"name": "media@there", "commit": "an older one"}]


@pytest.mark.django_db
def test_readyz_survives_an_unreachable_broker(client, settings):
    settings.REDIS_URL = "redis://127.0.0.1:1/0"
    response = client.get("/readyz")
    assert response.status_code == 503
    assert "The broker (Redis) isn't responding." in response.json()["problems"]
    assert response.json()["checks"]["database"]
